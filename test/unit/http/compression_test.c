#include "http/compression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <zlib.h>

static void unpack(struct str packed, char *out, size_t room)
{
	z_stream z = {.next_in = (unsigned char *)(uintptr_t)packed.data, .avail_in = (unsigned)packed.len,
		      .next_out = (unsigned char *)out, .avail_out = (unsigned)room};

	assert_int_equal(inflateInit2(&z, 31), Z_OK);
	int result = inflate(&z, Z_SYNC_FLUSH);

	assert_true(result == Z_STREAM_END || result == Z_OK);
	out[room - z.avail_out] = '\0';
	inflateEnd(&z);
}

static void packs(void **state)
{
	struct compression *c = compression_new();
	struct buf out;
	char text[64];

	(void)state;
	buf_init(&out);
	compression_take(c, STR("one "), false, &out);
	unpack(buf_str(&out), text, sizeof(text));
	assert_string_equal(text, "one ");
	compression_take(c, STR("two"), true, &out);
	unpack(buf_str(&out), text, sizeof(text));
	assert_string_equal(text, "one two");
	compression_free(&c);
	buf_clear(&out);
	compression_whole(STR("whole"), &out);
	unpack(buf_str(&out), text, sizeof(text));
	assert_string_equal(text, "whole");
	buf_fini(&out);
}

static void knows_who_wants_it(void **state)
{
	(void)state;
	assert_true(compression_is_welcome(STR("gzip")));
	assert_true(compression_is_welcome(STR("deflate, GZIP;q=0.5, br")));
	assert_true(compression_is_welcome(STR("*")));
	assert_false(compression_is_welcome(STR("gzip;q=0")));
	assert_false(compression_is_welcome(STR("gzip; q=0.000")));
	assert_false(compression_is_welcome(STR("br")));
	assert_false(compression_is_welcome(STR_NONE));
}

static void knows_what_is_worth_it(void **state)
{
	(void)state;
	assert_true(compression_suits(STR("text/html; charset=utf-8")));
	assert_true(compression_suits(STR("application/json")));
	assert_false(compression_suits(STR("image/png")));
	assert_false(compression_suits(STR("text/event-stream")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packs),
		cmocka_unit_test(knows_who_wants_it),
		cmocka_unit_test(knows_what_is_worth_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
