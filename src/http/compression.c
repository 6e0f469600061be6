#include "http/compression.h"

#include <stdlib.h>
#include <zlib.h>

#include "base/check.h"
#include "base/mem.h"

enum {
	GZIP_WINDOW_BITS = 15 + 16, /* 16: with the header of gzip */
	SMALL_WINDOW_BITS = 12 + 16,
	MEMORY_LEVEL = 8,
	SMALL_MEMORY_LEVEL = 5, /* a stream lives long, and there may be many */
	LEVEL = 4,              /* more costs twice the time for a few per cent */
	STEP_BYTES = 16384,
};

struct compression {
	z_stream z;
};

/* "gzip;q=0" is a no. */
static bool is_refused(struct str parameters)
{
	struct str q = str_trim(parameters);

	if (q.len < 3 || (q.data[0] | 0x20) != 'q' || q.data[1] != '=')
		return false;
	for (size_t i = 2; i < q.len; i++)
		if (q.data[i] != '0' && q.data[i] != '.')
			return false;
	return true;
}

bool compression_is_welcome(struct str accept_encoding)
{
	for (struct str rest = accept_encoding; rest.data;) {
		struct str parameters = STR_NONE;
		struct str coding = str_trim(str_split(str_split(rest, ',', &rest), ';', &parameters));

		if (str_equal_ignoring_case(coding, STR("gzip")) || str_is(coding, "*"))
			return !is_refused(parameters);
	}
	return false;
}

bool compression_suits(struct str type)
{
	static const char *const good[] = {"text/",
					   "application/json",
					   "application/javascript",
					   "application/xml",
					   "application/graphql-response+json",
					   "application/xrd+xml",
					   "application/jrd+json",
					   "application/manifest+json",
					   "image/svg+xml"};

	/* Events are for now. */
	if (str_starts_with(type, STR("text/event-stream")))
		return false;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (str_starts_with(type, str_from(good[i])))
			return true;
	return false;
}

static void begin(z_stream *z, int window_bits, int memory_level)
{
	*z = (z_stream){0};
	check(deflateInit2(z, LEVEL, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY) == Z_OK);
}

static void run(z_stream *z, struct str piece, int flush, struct buf *out)
{
	z->next_in = (unsigned char *)(uintptr_t)piece.data;
	z->avail_in = (unsigned)piece.len;
	do {
		z->next_out = (unsigned char *)buf_reserve(out, STEP_BYTES);
		z->avail_out = STEP_BYTES;
		int result = deflate(z, flush);

		check(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
		buf_claim(out, STEP_BYTES - z->avail_out);
	} while (z->avail_out == 0);
	check(z->avail_in == 0);
}

struct compression *compression_new(void)
{
	struct compression *c = mem_new(sizeof(*c));

	begin(&c->z, SMALL_WINDOW_BITS, SMALL_MEMORY_LEVEL);
	return c;
}

void compression_free(struct compression **c)
{
	struct compression *gone = *c;

	*c = NULL;
	if (!gone)
		return;
	deflateEnd(&gone->z);
	free(gone);
}

void compression_take(struct compression *c, struct str piece, bool is_last, struct buf *out)
{
	run(&c->z, piece, is_last ? Z_FINISH : Z_SYNC_FLUSH, out);
}

void compression_whole(struct str body, struct buf *out)
{
	z_stream z;

	begin(&z, GZIP_WINDOW_BITS, MEMORY_LEVEL);
	run(&z, body, Z_FINISH, out);
	deflateEnd(&z);
}
