/* s2s_stanza: what a stanza of another server has to be, and its way on (RFC 6120 §8.1).
 *
 * Internal to link/s2s. Threads: the loop of the stream. Test: test/federation/ */
#ifndef MEERKAT_LINK_S2S_STANZA_H
#define MEERKAT_LINK_S2S_STANZA_H

#include "route/source.h"
#include "xmpp/stanza.h"
#include "xmpp/xerror.h"

/* Prepares its addresses, both of which it needs. NONE, or how the stream ends. */
enum stream_error s2s_stanza_address(struct stanza *s);

/* To the router; the stanza is taken over. Its addresses are prepared, and checked. */
void s2s_stanza_route(struct source *source, struct stanza *s);

#endif
