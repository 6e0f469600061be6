/* http_conn: one connection to an HTTP listener: what joins bytes, deadlines and a version of HTTP.
 *
 * It begins with HTTP/1 (http1); the preface of HTTP/2 turns it into the other (http2). One request of HTTP/1 is worked on at a time: what is
 * pipelined behind it waits in the kernel, so that a client cannot make the server hold more than a read. Deadlines: hosting_rules. Idle, it
 * is this struct and nothing else. Threads: the loop's. Tests: test/unit/http/http_conn_test.c, test/robust/hostile_http.py */
#ifndef MEERKAT_HTTP_HTTP_CONN_H
#define MEERKAT_HTTP_HTTP_CONN_H

#include "base/list.h"
#include "base/timer.h"
#include "http/chunked.h"
#include "http/head.h"
#include "http/hosting.h"
#include "http/transaction.h"
#include "net/conn.h"

struct http2;

/* What a listener has on a loop; copied. */
struct http_conn_place {
	struct loop *loop;
	struct list *conns;             /* those that are here */
	void *context;                  /* exchange.place of its requests */
	void (*on_gone)(void *context); /* a connection, or a seat, is gone: once each; any thread */
};

enum http1_state { HTTP1_HEAD, HTTP1_LENGTH, HTTP1_CHUNKS, HTTP1_ANSWER };

/* HTTP/1's part. */
struct http1 {
	uint8_t state;     /* enum http1_state */
	uint8_t empty_bytes; /* of empty lines before the head */
	bool closes;       /* after the answer */
	bool is_in_bytes;  /* http1_take is on the stack */
	bool is_streaming; /* the answer's body is in chunks */
	bool is_done;      /* at least one request was answered */
	struct buf head;   /* a part of one */
	struct head_scan scan;
	struct chunked chunked;
	uint64_t left; /* of a body whose length is known */
	struct transaction *current;
};

struct http_conn {
	struct conn conn;
	struct timer timer;
	struct list link; /* in place.conns */
	struct http_conn_place place;
	struct hosting *hosting; /* counted */
	struct http1 one;
	struct http2 *two;        /* NULL: HTTP/1 */
	uint64_t queued, left_at; /* bytes that were given to conn; of these, how many had left at the look before */
	bool is_refused;          /* over max_connections: the first request gets 503 */
	bool is_finishing;        /* closes when its output is out */
	bool watches_reader;      /* what the timer is for */
	bool is_ending;           /* the listener ends: the timer ends it */
	struct conn *heir;        /* whose it becomes */
	const struct conn_handler *heir_handler;
};

/* Takes over an accepted socket. `is_refused`: it only gets a 503. */
void http_conn_accept(const struct http_conn_place *place, struct hosting *hosting, int fd, struct ip peer,
		      bool is_refused);

/* Ends all in the list: idle ones at once, the others when their answers are out or after two seconds. */
void http_conn_end_all(struct list *conns);

/* ---- for the versions ---- */

/* A deadline; replaces the one before. */
void http_conn_await(struct http_conn *c, uint32_t ms);
/* While an answer is made: only that the client reads what is sent. */
void http_conn_watch_reader(struct http_conn *c);

/* Counted for http_conn_watch_reader. */
void http_conn_send(struct http_conn *c, struct str bytes);

/* Writes what there is, then closes; the client's last words are read away, so that it sees the answer. */
void http_conn_finish(struct http_conn *c);

/* exchange_hand_over */
struct exchange_seat *http_conn_leave_to(struct http_conn *c, struct conn *to, const struct conn_handler *h);

#endif
