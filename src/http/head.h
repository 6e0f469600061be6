/* head: the request line and headers of HTTP/1 (RFC 9112), read strictly.
 *
 * What two readers could understand differently is refused: a bare CR or LF, a folded line, a space before the colon, several lengths, a
 * length beside chunks, NUL. Limits act while the bytes arrive. The scan finds the end, the parse takes it apart. Why not a library:
 * docs/decisions/0013.
 * Threads: any. Tests: test/unit/http/head_test.c, test/fuzz/http1_fuzz.c */
#ifndef MEERKAT_HTTP_HEAD_H
#define MEERKAT_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "http/exchange.h"

enum {
	HEAD_LINE_BYTES = 8000,  /* of the request line: 414 */
	HEAD_NAME_BYTES = 64,    /* of a header's name: 431 */
	HEAD_VALUE_BYTES = 4096, /* of its value: 431 */
	HEAD_BYTES = 32768,      /* of all headers: 431 */
};

/* How far the end of a head has been looked for; zero to begin with. */
struct head_scan {
	size_t seen, line; /* bytes looked at; where the current line begins */
	bool has_request_line;
};

/* `bytes`: all that there is from the first byte of the head on, each time at least as many. 0: the end has not come yet; 1: it has, and
 * *end_out bytes are the head; otherwise the status of the answer that ends the connection. */
int head_scan(struct head_scan *s, struct str bytes, size_t *end_out);

struct head {
	struct str method, target;       /* as written */
	uint8_t version;                 /* 10 or 11 */
	struct exchange_header *headers; /* in the arena, names in lower case */
	size_t header_count;
	struct str host;        /* STR_NONE: no Host header */
	int64_t content_length; /* -1: none */
	bool is_chunked;
	bool keeps_connection;
	bool expects_continue;
};

/* The whole head, with the empty line. Texts are in `bytes` and the arena. 0, or the status of the answer. */
int head_parse(struct str bytes, struct arena *a, struct head *out);

/* Characters of names (RFC 9110 §5.6.2). */
bool head_is_token(struct str s);
/* No control characters but tabs. */
bool head_is_value(struct str s);

/* Is the word one of those in a comma-separated list, whatever the case? */
bool head_list_has(struct str list, struct str word);

#endif
