/* c2s_stanza: an open stream: stanzas in, to the router; stanzas out, from the session.
 *
 * Internal to link/c2s. Threads: the loop of the connection. Tests: test/wire/ */
#ifndef MEERKAT_LINK_C2S_STANZA_H
#define MEERKAT_LINK_C2S_STANZA_H

#include "link/c2s/c2s_peer.h"

/* The way out for its session. */
extern const struct outlet_ops c2s_stanza_outlet;

/* An element came in; becomes the router's. */
void c2s_stanza_take(struct stream *s, struct stanza *element);

#endif
