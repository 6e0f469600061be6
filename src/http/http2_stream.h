/* http2_stream: one request of HTTP/2 and its answer: a transaction, and what of the answer is not yet sent.
 *
 * Internal to http. Threads: the loop's. Test: test/unit/http/http2_test.c */
#ifndef MEERKAT_HTTP_HTTP2_STREAM_H
#define MEERKAT_HTTP_HTTP2_STREAM_H

#include <nghttp2/nghttp2.h>

#include "http/http_conn.h"

/* Of all answers of a connection that wait for its windows; beyond, new requests are refused (the client may send them again). */
enum { HTTP2_UNSENT_BYTES = 1024 * 1024 };

struct http2 {
	struct http_conn *conn;
	nghttp2_session *session;
	struct list streams;
	size_t unsent_bytes;
	int64_t patience;   /* frames that ask for nothing that it may still send */
	uint64_t looked_ms; /* when patience was given for time */
	struct timer soon;  /* http2_write_soon */
	bool is_busy;       /* nghttp2 is on the stack */
	bool is_watched;    /* the connection's timer is that of streams */
	bool is_over;       /* nothing more is read or sent */
	bool is_sent_away;  /* GOAWAY for good */
};

struct http2_stream {
	struct http2 *owner;
	struct list link;
	struct transaction *transaction; /* NULL: answered */
	int32_t id;
	/* The head, as it comes; in the transaction's arena. */
	struct exchange_header *headers;
	size_t header_count, header_cap, header_bytes;
	struct str method, path, authority, host;
	int64_t content_length; /* -1: not said */
	int status;             /* what was found to be wrong: that of the answer */
	bool is_reading;        /* the body comes */
	bool drops_body;         /* the answer is there before it: it ends the stream */
	/* The answer. */
	struct buf out;       /* not yet sent */
	struct str constant;  /* the same, but of somebody else */
	size_t out_sent;      /* of out */
	bool is_complete;     /* nothing more will come */
	bool is_deferred;     /* nghttp2 waits for more */
	bool is_cut;          /* it does not read: it is being reset */
	uint64_t progress_ms; /* when something of it moved */
};

struct http2_stream *http2_stream_new(struct http2 *h, int32_t id);
/* It is closed: its transaction is cancelled if there still is one. */
void http2_stream_free(struct http2_stream **s);
void http2_stream_free_all(struct http2 *h);

void http2_stream_take_header(struct http2_stream *s, struct str name, struct str value);
/* The head is there. `is_whole`: and no body comes. */
void http2_stream_take_head(struct http2_stream *s, bool is_whole);
void http2_stream_take_body(struct http2_stream *s, struct str piece);
/* The body is there. */
void http2_stream_run(struct http2_stream *s);

/* Deadlines: of bodies that do not come, and of answers that are not read. */
void http2_stream_look(struct http2 *h);

/* To those that stream. */
void http2_stream_tell_drained(struct http2 *h);
void http2_stream_tell_ending(struct http2 *h);

#endif
