/* http2: HTTP/2 over a connection (RFC 9113), with nghttp2: many requests at a time.
 *
 * What a client can make the server hold is bounded: streams, header lists, windows, answers that wait; and what it can make it do: frames that
 * ask for nothing (pings, settings, resets, priorities) use up its patience, after which it is sent away (RFC 9113 §10.5). Threads: the
 * loop's. Tests: test/unit/http/http2_test.c, test/fuzz/http2_fuzz.c */
#ifndef MEERKAT_HTTP_HTTP2_H
#define MEERKAT_HTTP_HTTP2_H

#include "http/http_conn.h"

/* The connection speaks HTTP/2 from now on; the first half of its preface has been taken. */
void http2_begin(struct http_conn *c);

/* See conn_handler.on_bytes. */
size_t http2_take(struct http_conn *c, struct str bytes);

/* The connection's timer. */
void http2_expire(struct http_conn *c);

/* It takes what is sent, if slowly: do its streams keep their deadlines? */
void http2_look(struct http_conn *c);

/* All output is with the kernel. */
void http2_drained(struct http_conn *c);

/* No new streams; ends when those that are there are answered. */
void http2_leave(struct http_conn *c);

/* The connection is gone; nothing to be done for HTTP/1. */
void http2_end(struct http_conn *c);

/* Sends what nghttp2 has, unless it is on the stack: then that is done afterwards. */
void http2_write(struct http2 *h);

/* The same in a moment: for whoever is called by a handler, which must not hear within that what became of its streams. */
void http2_write_soon(struct http2 *h);

#endif
