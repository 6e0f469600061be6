/* describe: a stanza as one line of text that says what it means: expanded names, values without escapes, joined text.
 *
 * {jabber:client}message to='a@b' ({jabber:client}body ('hi')). Declarations are left out. For comparing in tests. Threads: any. */
#ifndef MEERKAT_SUPPORT_DESCRIBE_H
#define MEERKAT_SUPPORT_DESCRIBE_H

#include "base/buf.h"
#include "xmpp/stanza.h"

/* Nesting is bounded by DESCRIBE_DEPTH_MAX (check). */
enum { DESCRIBE_DEPTH_MAX = 1024 };

void describe_stanza(struct buf *out, const struct stanza *s);

/* The pieces, so that another parser's events can be written the same. */
void describe_name(struct buf *out, struct str ns, struct str name);
void describe_value(struct buf *out, struct str value);

#endif
