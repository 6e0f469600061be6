/* conn_out: the output of a connection: chunks that wait, and one gathered write of them; conn's own, but for the first.
 *
 * Threads: the loop's. Test: test/unit/net/conn_test.c */
#ifndef MEERKAT_NET_CONN_OUT_H
#define MEERKAT_NET_CONN_OUT_H

#include <stdbool.h>

#include "net/conn.h"

/* Output for c's peer that waits elsewhere than in c (HTTP/2 has windows) counts for conn_set_budget, too; it was `before` bytes
 * and is `after`. False: there is no room for what came to it; counted in any case. */
bool conn_out_note_waiting(const struct conn *c, size_t before, size_t after);

/* By its own limit and by the budget of all. */
bool conn_out_has_room(const struct conn *c, size_t len);

/* To `plain` if there is TLS, otherwise to `wire`. */
void conn_out_append(struct conn *c, struct str bytes);
void conn_out_append_shared(struct conn *c, struct conn_bytes *bytes);

/* Ciphertext: goes before everything that is not encrypted yet. */
void conn_out_append_wire(struct conn *c, struct str bytes);

/* Writes until all is gone, or all but what waits for the TLS handshake; *blocked_out says that the socket took no more. */
enum err conn_out_write(struct conn *c, bool *blocked_out);

/* If somebody waits for it and all is written: makes the connection due, where conn_out_run_written says so. */
void conn_out_tell_written(struct conn *c);
void conn_out_run_written(struct conn *c);

/* For the loop, at its end. */
void conn_out_free_spares(struct loop *l);

/* Forgets what waits in a queue. */
void conn_out_drop(struct conn *c, struct conn_queue *q);

#endif
