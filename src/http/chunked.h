/* chunked: a body that comes in chunks (RFC 9112 §7.1), read strictly and piece by piece.
 *
 * Extensions and trailers are skipped, both bounded; a bare LF, a CR without LF, or more than eight digits of a size are refused. The caller
 * counts what comes out. Threads: any. Tests: test/unit/http/head_test.c, test/fuzz/http1_fuzz.c */
#ifndef MEERKAT_HTTP_CHUNKED_H
#define MEERKAT_HTTP_CHUNKED_H

#include <stdint.h>

#include "base/str.h"

enum { CHUNKED_LINE_BYTES = 512, CHUNKED_TRAILER_BYTES = 8192 };

struct chunked {
	uint8_t state; /* enum chunked_state; zero to begin with */
	uint64_t left; /* of the chunk */
	uint32_t line; /* bytes of the line of a size, of the trailer */
};

enum chunked_result { CHUNKED_MORE, CHUNKED_DATA, CHUNKED_DONE, CHUNKED_BAD };

/* Takes from the beginning of `bytes`, which is moved on: CHUNKED_DATA: a piece of the body, in bytes as given; CHUNKED_MORE: all is taken;
 * CHUNKED_DONE: what is left does not belong to the body. */
enum chunked_result chunked_take(struct chunked *c, struct str *bytes, struct str *piece_out);

#endif
