/* c2s_input: bytes that a carrier has for its peer: through the parser into the stream, within the limits.
 *
 * Threads: the loop of the peer's place. Tests: test/wire/, test/robust/ */
#ifndef MEERKAT_LINK_C2S_INPUT_H
#define MEERKAT_LINK_C2S_INPUT_H

#include "link/c2s/c2s_peer.h"

/* Returns how many were taken. Fewer than given: the stream has to wait, was secured, moves or ends; the rest is given again after
 * link->resume, or when the peer has arrived. */
size_t c2s_input_take(struct c2s_peer *p, struct str bytes);

#endif
