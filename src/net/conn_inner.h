/* conn_inner: what the files of conn share: its flags, and the steps of its life that both ways of the bytes can take.
 *
 * Internal to conn, conn_in and conn_rate. Threads: the loop's. Test: test/unit/net/conn_test.c */
#ifndef MEERKAT_NET_CONN_INNER_H
#define MEERKAT_NET_CONN_INNER_H

#include "net/conn.h"
#include "net/conn_side.h"

enum conn_flag {
	IS_PAUSED = 1 << 0,
	IS_CLOSING = 1 << 1,  /* conn_close was called */
	IS_ENDED = 1 << 2,    /* on_closed is due */
	IS_BLOCKED = 1 << 3,  /* output waits until the socket takes more */
	IN_INPUT = 1 << 4,    /* input is worked on, callers below still need the connection */
	IN_BYTES = 1 << 5,    /* on_bytes is on the stack */
	IS_RESUMED = 1 << 6,  /* ... in which it was paused and resumed */
	IS_NEW_TLS = 1 << 7,  /* ... in which TLS was started */
	REST_IS_TLS = 1 << 8, /* ... and what it did not take is ciphertext */
	IS_SECURE = 1 << 9,   /* on_secure was called */
	NO_LINGER = 1 << 10,
	SAID_CLOSE = 1 << 11, /* close_notify is in the output */
	SENT_FIN = 1 << 12,
	IS_SLOWED = 1 << 13, /* reading pauses to keep the rate, conn_rate.h */
};

static inline bool conn_inner_has(const struct conn *c, unsigned flags)
{
	return (c->flags & flags) != 0;
}

static inline void conn_inner_set(struct conn *c, unsigned flags, bool to)
{
	c->flags = (uint16_t)(to ? c->flags | flags : c->flags & ~flags);
}

static inline bool conn_inner_has_output(const struct conn *c)
{
	return c->wire.first || (c->side && c->side->plain.first);
}

static inline bool conn_inner_wants_input(const struct conn *c)
{
	return !conn_inner_has(c, IS_PAUSED | IS_SLOWED) || conn_inner_has(c, IS_CLOSING);
}

/* on_closed is due, with this reason; the first one counts. */
void conn_inner_end(struct conn *c, enum err reason);

/* The peer has said all: a last answer, and the end. */
void conn_inner_peer_ended(struct conn *c);

/* conn_run_due comes to it at the end of the turn. */
void conn_inner_make_due(struct conn *c);

/* Its output is to be written at the end of the turn, unless the socket will say when. */
void conn_inner_mark_dirty(struct conn *c);

/* Whether the loop looks for input. */
void conn_inner_watch(struct conn *c, bool reads);

/* A pause takes effect here only when something comes: most are over before, and cost no system call. */
void conn_inner_update_watch(struct conn *c);

/* The connection goes to where conn_move said; from now on it is the other loop's. */
void conn_inner_leave(struct conn *c);

/* Something has gone in or out: the time until it hibernates begins anew. */
void conn_inner_expect_silence(struct conn *c);

#endif
