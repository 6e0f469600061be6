/* conn: one stream connection on a loop: bytes in, bytes out, TLS in between, and nothing held while it is idle.
 *
 * Speaks of completions: these bytes arrived in this lent buffer; all output is gone; it is over. The struct is embedded in its owner's
 * object. Output is collected and written once per turn. A peer that does not read is cut off at output_limit_bytes.
 * A connection can move to another loop with what was not yet taken of its input.
 * Threads: the loop's, except as said at conn_move. Test: test/unit/net/conn_test.c */
#ifndef MEERKAT_NET_CONN_H
#define MEERKAT_NET_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"
#include "base/list.h"
#include "base/str.h"
#include "base/timer.h"
#include "net/loop.h"
#include "net/tls.h"

struct conn;
struct tls_outgoing_wish;

/* Immutable bytes that several connections send; counted, atomically. */
struct conn_bytes {
	_Atomic uint32_t refs;
	uint32_t len;
	char data[];
};

struct conn_bytes *conn_bytes_new(struct str bytes);
void conn_bytes_unref(struct conn_bytes **b);

struct conn_handler {
	/* Bytes arrived (decrypted). Returns how many were taken. Fewer than given: the rest is kept (copied) and nothing more is read
	 * until conn_resume. Taking fewer without conn_pause, conn_move or a close having been asked for is a failed check. */
	size_t (*on_bytes)(struct conn *c, struct str bytes);
	/* The TLS handshake is done. May be NULL. */
	void (*on_secure)(struct conn *c);
	/* It has arrived on the loop it was moved to. What was kept of the input is given to on_bytes after that. */
	void (*on_moved)(struct conn *c);
	/* What conn_await_written asked for: all output is with the kernel. Not called any more once the connection closes. May be NULL. */
	void (*on_written)(struct conn *c);
	/* It is over; called once, from the end of a loop turn and never from within another conn_ call. The owner frees its object;
	 * the conn holds nothing any more. reason: ERR_CLOSED the peer closed or we did, ERR_LIMIT it did not read, ERR_TIMEOUT,
	 * ERR_INVALID TLS failed (tls_error(c->tls) says how), ERR_SYSTEM. */
	void (*on_closed)(struct conn *c, enum err reason);
};

/* How many bytes may wait for the peers of all connections together; at first without end. Counted in steps of 64 KiB a connection. Any
 * thread. */
void conn_set_budget(int64_t bytes);

struct conn_queue {
	struct conn_chunk *first, *last; /* NULL: none */
};

struct conn {
	struct loop_source source;
	struct loop *loop;
	const struct conn_handler *handler;
	struct tls *tls;         /* NULL: plain */
	struct conn_queue wire;  /* output as it goes to the socket */
	struct conn_side *side;  /* what few have; NULL mostly */
	struct list link;        /* in loop->dirty or loop->due */
	size_t out_bytes;
	uint32_t output_limit_bytes; /* 0: none */
	uint32_t hibernate_ms;
	struct ip peer;
	uint16_t flags; /* enum conn_flag, conn_inner.h */
	uint8_t reason; /* enum err for on_closed */
	bool awaits_written;
};

/* Takes over a connected, non-blocking socket. TCP_NODELAY is set here. Reading starts with the next turn. */
void conn_init(struct conn *c, struct loop *l, int fd, struct ip peer, const struct conn_handler *h);

/* Becomes the server side of TLS, now. Plaintext not yet taken is thrown away (STARTTLS injection), except what `kept_is_tls` says is
 * already ciphertext (direct TLS behind a PROXY header). Output that was sent before goes out in the clear first. */
void conn_start_tls(struct conn *c, struct tls_context *context, bool kept_is_tls);

/* Becomes the client side, now; the context is one of tls_outgoing.h. The handshake begins with the end of this turn. What came in the clear
 * and is not yet taken is thrown away. */
void conn_start_tls_outgoing(struct conn *c, struct tls_context *context, const struct tls_outgoing_wish *wish);

/* Copies the bytes to the output. After conn_close: ignored. What would make more than output_limit_bytes wait for the peer ends the
 * connection, unless nothing else waits: one stanza may be larger than the limit. So does what all connections together have no room for. */
void conn_send(struct conn *c, struct str bytes);
/* Shares them (a reference is taken). */
void conn_send_shared(struct conn *c, struct conn_bytes *bytes);

/* on_written is to be called once, when all output is with the kernel; not from within. */
void conn_await_written(struct conn *c);

/* No more reading until conn_resume; what is already in the kernel stays there. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

/* Reads at most so many bytes a second from now on, with one second's at once after a rest; 0: as fast as they come. Independent of
 * conn_pause; it goes along when the connection moves. */
void conn_set_rate(struct conn *c, int64_t bytes_per_second);

/* After the current on_bytes (or now, outside of one) the connection leaves this loop with its kept input and its output, and arrives
 * on `to`: on_moved runs there. Until then nobody may touch it. Timers that belong to its owner must be stopped before. */
void conn_move(struct conn *c, struct loop *to);

/* Writes what is to be written, says goodbye (TLS, FIN), waits for the peer's end at most linger_ms, then on_closed. Input is ignored from
 * now on. */
void conn_close(struct conn *c, uint32_t linger_ms);

/* Ends it without writing; on_closed follows. */
void conn_abort(struct conn *c, enum err reason);

bool conn_is_closing(const struct conn *c);
/* The socket took less than there was: the rest waits, and whatever is sent behind it. */
bool conn_is_blocked(const struct conn *c);

/* Milliseconds after the last byte until TLS gives its buffers back (0: always at once; OPTION_INFINITY: never). Nothing else is held between
 * stanzas in any case (docs/decisions/0012). */
void conn_set_hibernate(struct conn *c, int64_t after_ms);

/* For the loop, at the end of a turn: callbacks that are due; then one write for each connection that has output. */
void conn_run_due(struct loop *l);
void conn_write_dirty(struct loop *l);

#endif
