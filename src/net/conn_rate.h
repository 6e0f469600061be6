/* conn_rate: a connection that may send only so fast: reading pauses until the rate is kept; conn's own.
 *
 * Bytes count as they come from the socket, TLS records and all, but not those of a handshake. What is too fast stays in the kernel, and
 * then with the peer: nothing is lost. A pause lasts until a tenth of a second's bytes, at least one, may come; so a slow rate is a steady one.
 * Threads: the loop's. Test: test/unit/net/conn_rate_test.c */
#ifndef MEERKAT_NET_CONN_RATE_H
#define MEERKAT_NET_CONN_RATE_H

#include "net/conn.h"

struct conn_rate;

/* How many bytes may be read now of a connection that has a rate; 0: it pauses from now on. */
size_t conn_rate_room(struct conn *c);

/* So many were read. */
void conn_rate_took(struct conn *c, size_t len);

/* The pause, if there is one, does not go on by itself. */
void conn_rate_stop(struct conn_rate *r);
void conn_rate_free(struct conn_rate **r);

#endif
