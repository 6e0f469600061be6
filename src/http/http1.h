/* http1: HTTP/1.1 and 1.0 over a connection (RFC 9112): requests one after the other, each answered before the next is read.
 *
 * A malformed request is answered once and ends the connection, because nobody knows where the next one would begin. Threads: the loop's.
 * Tests: test/unit/http/http_conn_test.c, test/fuzz/http1_fuzz.c */
#ifndef MEERKAT_HTTP_HTTP1_H
#define MEERKAT_HTTP_HTTP1_H

#include "http/http_conn.h"

/* Takes bytes; returns how many, see conn_handler.on_bytes. */
size_t http1_take(struct http_conn *c, struct str bytes);

/* A deadline has passed. */
void http1_expire(struct http_conn *c);

/* All output is with the kernel. */
void http1_drained(struct http_conn *c);

/* No further request; ends when the one that is here is answered. */
void http1_leave(struct http_conn *c);

/* The connection is gone. */
void http1_end(struct http_conn *c);

/* Nothing of a request is here. */
bool http1_is_idle(const struct http_conn *c);

/* The request is whole, or refused; the answer is being made. */
bool http1_is_answering(const struct http_conn *c);

#endif
