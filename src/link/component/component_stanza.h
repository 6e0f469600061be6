/* component_stanza: stanzas of a component that is let in: in, to the router; out, from it.
 *
 * Internal to link/component. Threads: the loop of the connection. Tests: test/wire/65-components */
#ifndef MEERKAT_LINK_COMPONENT_STANZA_H
#define MEERKAT_LINK_COMPONENT_STANZA_H

#include "link/component/component_peer.h"

/* For annex_ops: not-allowed where the listener's access rule denies the sender. */
enum stanza_error component_stanza_send(struct annex_link *l, const struct stanza *s, struct jid from, struct jid to);

/* All that it was sent has left. */
void component_stanza_forget_unsent(struct component_peer *p);

/* Its domain is nobody's any more: senders of what has not left are told. */
void component_stanza_return_unsent(struct component_peer *p);

/* An element came in; becomes the router's. */
void component_stanza_take(struct component_peer *p, struct stanza *element);

#endif
