/* conn_give: a connection changes its owner: what was of one object becomes part of another, on the same loop.
 *
 * For protocols that turn into another one (WebSocket out of HTTP). Threads: the loop's. Test: test/unit/http/http_conn_test.c */
#ifndef MEERKAT_NET_CONN_GIVE_H
#define MEERKAT_NET_CONN_GIVE_H

#include "net/conn.h"

/* Everything of `from` - socket, TLS, output, input that was not taken - is in `to` from now on, which needs no initialisation, and reading goes
 * on if it was paused. h->on_moved(to) is called from within, and then to on_bytes comes what was kept; a connection that has ended already
 * only gets its on_closed. `from` is an empty struct afterwards. Not from within a callback of `from`. */
void conn_give(struct conn *from, struct conn *to, const struct conn_handler *h);

#endif
