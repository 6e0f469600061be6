/* c2s: clients over TCP (RFC 6120): a listener's connections, each a conn (bytes), a parser (framing), a stream (negotiation) and, once
 * bound, the outlet of a session.
 *
 * A connection is accepted on any loop and moves to the home loop of its account when it binds. Per idle connection there is one small
 * object and nothing else. Threads: the loops. Tests: test/unit/link/c2s_test.c, test/wire/ */
#ifndef MEERKAT_LINK_C2S_H
#define MEERKAT_LINK_C2S_H

#include "link/service.h"

extern const struct service_kind c2s_kind;

#endif
