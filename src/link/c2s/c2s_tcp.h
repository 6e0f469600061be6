/* c2s_tcp: clients over TCP (RFC 6120 §3, §5): a connection that carries a c2s_peer.
 *
 * Threads: the loop of the connection. Tests: test/wire/ */
#ifndef MEERKAT_LINK_C2S_TCP_H
#define MEERKAT_LINK_C2S_TCP_H

#include "link/c2s/c2s_carrier.h"

extern const struct c2s_carrier c2s_tcp_carrier;

/* A connection was accepted here; it is let in, or closed at once. */
void c2s_tcp_accept(struct service_place *place, int fd, struct ip address);

#endif
