/* writer: XML text out: escaped, closed in order.
 *
 * Appends to a buf. Element names, attribute names and namespaces are ours (literals); values are escaped here and nowhere else.
 * Threads: one at a time. Test: test/unit/xmpp/writer_test.c */
#ifndef MEERKAT_XMPP_WRITER_H
#define MEERKAT_XMPP_WRITER_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"
#include "xmpp/xerror.h"

enum { WRITER_DEPTH_MAX = 16 };

struct writer {
	struct buf *out;
	const char *open[WRITER_DEPTH_MAX]; /* names of the open elements */
	uint8_t depth;
	bool tag_is_open; /* attributes may still be added */
};

void writer_init(struct writer *w, struct buf *out);

/* ns NULL: inherit. Every open needs its close (check). */
void writer_open(struct writer *w, const char *name, const char *ns);
void writer_attribute(struct writer *w, const char *name, struct str value);
void writer_attribute_text(struct writer *w, const char *name, const char *value);
void writer_attribute_int(struct writer *w, const char *name, int64_t value);
void writer_attribute_jid(struct writer *w, const char *name, struct jid value);
void writer_text(struct writer *w, struct str text);
void writer_close(struct writer *w);

/* <name xmlns='ns'/> and <name xmlns='ns'>text</name> */
void writer_empty(struct writer *w, const char *name, const char *ns);
void writer_leaf(struct writer *w, const char *name, const char *ns, struct str text);

/* Bytes that are XML already (checked by the parser or written by a writer). */
void writer_raw(struct writer *w, struct str xml);

/* A copy of a stanza's element (root or deeper) that means the same on its own: namespaces it inherits are declared on it. */
void writer_node(struct writer *w, const struct stanza *s, const struct node *n);

/* The stanza with new addresses: head with from and to (unset: left out), the other attributes as received, then the bytes as received.
 * It is for a stream whose default namespace is `stream_ns` (NS_CLIENT, NS_SERVER, ...): the stanza's own content namespace becomes that one.
 * `explicit_ns`: the namespace is written on the stanza (WebSocket, BOSH, inside <forwarded/>). */
void writer_stanza(struct buf *out, const struct stanza *s, struct jid from, struct jid to, const char *stream_ns, bool explicit_ns);

/* An error answer to a stanza (RFC 6120 §8.3): same kind and id, type error, addresses as given; text may be empty. */
void writer_stanza_error(struct buf *out, const struct stanza *s, struct jid from, struct jid to, enum stanza_error e, struct str text);

/* <iq type='result' id=...>; the caller writes the payload and closes. The id is taken from the request as it was written. */
void writer_iq_result(struct writer *w, const struct stanza *request, struct jid from, struct jid to);

/* Text for an attribute or content, escaped. */
void writer_escape(struct buf *out, struct str text);

#endif
