/* conn_side: what few connections have, or only for a while, so that the others are small; conn's own.
 *
 * Made when it is first needed and given back as soon as there is nothing in it; a connection with TLS keeps it. Threads: the loop's.
 * Test: test/unit/net/conn_test.c */
#ifndef MEERKAT_NET_CONN_SIDE_H
#define MEERKAT_NET_CONN_SIDE_H

#include <stdbool.h>

#include "net/conn.h"

struct conn_side {
	struct conn *conn;
	struct timer timer;      /* until TLS gives its buffers back; after conn_close the linger time */
	struct conn_queue plain; /* output that TLS is still to encrypt */
	struct buf kept;         /* input not yet taken */
	struct conn_rate *rate;  /* NULL: as fast as it comes */
	struct loop *move_to;    /* where it goes after the current on_bytes */
};

/* Made if it is not there. */
struct conn_side *conn_side_get(struct conn *c);

/* Nothing waits any more: no timer, no move. */
void conn_side_stop(struct conn *c);

/* Gives back what nobody needs. */
void conn_side_tidy(struct conn *c);
void conn_side_free(struct conn *c);

/* Input that was kept becomes the caller's (buf_fini); the connection keeps none. */
struct buf conn_side_take_kept(struct conn *c);
void conn_side_drop_kept(struct conn *c);

static inline bool conn_side_has_kept(const struct conn *c)
{
	return c->side && c->side->kept.len;
}

static inline bool conn_side_moves(const struct conn *c)
{
	return c->side && c->side->move_to;
}

#endif
