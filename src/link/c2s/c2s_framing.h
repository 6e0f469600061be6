/* c2s_framing: streams without tags around them (RFC 7395 §3, XEP-0206): each element declares its namespaces.
 *
 * Threads: the loop of the peer's place. Tests: test/wire/25-web/ */
#ifndef MEERKAT_LINK_C2S_FRAMING_H
#define MEERKAT_LINK_C2S_FRAMING_H

#include "link/c2s/c2s_peer.h"

/* Is this <close/> over a carrier that has one? */
bool c2s_framing_is_close(const struct c2s_peer *p, const struct stanza *element);

/* One element as it can be sent by itself: a stanza that was written for a stream gets the namespace of one. Into out, or as it is. */
struct str c2s_framing_declare(struct str xml, struct buf *out);

#endif
