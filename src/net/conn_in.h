/* conn_in: the input of a connection: from the socket through TLS to the owner, and what the owner did not take; conn's own.
 *
 * Threads: the loop's. Test: test/unit/net/conn_test.c */
#ifndef MEERKAT_NET_CONN_IN_H
#define MEERKAT_NET_CONN_IN_H

#include "net/conn.h"

/* The on_ready of a connection's source. */
void conn_in_on_ready(struct loop_source *s, uint32_t epoll_events);

/* Bytes as they come from the socket. The connection may have moved away afterwards. */
void conn_in_take(struct conn *c, struct str bytes);

/* What the owner did not take before, if it wants it now. Likewise. */
void conn_in_take_kept(struct conn *c);

#endif
