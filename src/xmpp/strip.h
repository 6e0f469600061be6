/* strip: a stanza without some of its children: what a peer may not claim is taken out before others see it.
 *
 * Threads: any, pure. Test: test/unit/xmpp/strip_test.c */
#ifndef MEERKAT_XMPP_STRIP_H
#define MEERKAT_XMPP_STRIP_H

#include <stdbool.h>

#include "xmpp/stanza.h"

typedef bool strip_test(const struct stanza *s, const struct node *child, const void *context);

/* NULL if no child of the stanza is unwanted; otherwise a new one without them (counted, yours), and all else as it was. Its size and
 * the time it takes are in proportion to the stanza. */
struct stanza *strip_children(const struct stanza *s, strip_test *is_unwanted, const void *context);

#endif
