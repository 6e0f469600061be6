/* answer: the beginning of an answer in HTTP/1 (RFC 9112 §4), and what every answer says. Threads: any. Test: test/unit/http/http_conn_test.c */
#ifndef MEERKAT_HTTP_ANSWER_H
#define MEERKAT_HTTP_ANSWER_H

#include "base/buf.h"
#include "http/transaction.h"

/* The time of now, "Sun, 06 Nov 1994 08:49:37 GMT"; valid until the thread asks again. */
struct str answer_date(void);

struct answer_frame {
	int64_t body_len;               /* -1: not said */
	bool is_chunked, closes, keeps; /* keeps: says keep-alive, to a client of HTTP/1.0 */
};

/* Status line, headers, empty line. */
void answer_append_head(struct buf *out, const struct transaction *t, int status, struct answer_frame frame);

#endif
