#include "base/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int make_arena(void **state)
{
	static struct arena a;

	arena_init(&a, 0);
	*state = &a;
	return 0;
}

static int end_arena(void **state)
{
	arena_fini(*state);
	return 0;
}

/* RFC 4648 section 10, and bytes that use the last two digits. */
static void goes_both_ways_in_base64(void **state)
{
	static const struct {
		const char *plain, *encoded;
	} cases[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
		{"\xfb\xff\xbf", "+/+/"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str plain = str_from(cases[i].plain), encoded = str_from(cases[i].encoded), out = STR_NONE;

		assert_string_equal(codec_base64(*state, plain.data, plain.len).data, encoded.data);
		assert_true(codec_base64_decode(*state, encoded, &out));
		assert_true(str_equal(out, plain));
		assert_non_null(out.data);
	}
}

static void keeps_every_byte(void **state)
{
	unsigned char bytes[256];
	struct str out;

	for (int i = 0; i < 256; i++)
		bytes[i] = (unsigned char)i;
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		assert_true(codec_base64_decode(*state, codec_base64(*state, bytes, len), &out));
		assert_int_equal(out.len, len);
		assert_memory_equal(out.data, bytes, len);
	}
}

static void is_strict_about_base64(void **state)
{
	static const char *const wrong[] = {
		"Z",    "Zg",       "Zg=",      "Zg===", "====", "=",    "Z===", "Zg==Zg==", "Zm9v\n",  " Zm9",
		"Zm9*", "Zm 9vYmE", "Zm9vYmF=", "Zh==",  "Zm9=", "Z=g=", "=Zg=", "Zm9v====", "Zm9-", "Zm9_",
	};
	struct str out;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(codec_base64_decode(*state, str_from(wrong[i]), &out));
	assert_false(codec_base64_decode(*state, str_make("Zm\0v", 4), &out));
}

static void writes_hex(void **state)
{
	char out[9];

	(void)state;
	codec_hex(out, "\x00\x7f\xff\xa5", 4);
	assert_string_equal(out, "007fffa5");
	codec_hex(out, "", 0);
	assert_string_equal(out, "");
}

static void knows_utf8(void **state)
{
	static const struct {
		const char *text;
		bool is_valid;
	} cases[] = {
		{"", true},
		{"plain text that is longer than a word", true},
		{"\x7f", true},
		{"\xc2\x80", true},
		{"\xdf\xbf", true},
		{"\xe0\xa0\x80", true},
		{"\xed\x9f\xbf", true},
		{"\xee\x80\x80", true},
		{"\xef\xbf\xbf", true},
		{"\xf0\x90\x80\x80", true},
		{"\xf4\x8f\xbf\xbf", true},
		{"12345678\xe2\x82\xac" "12345678\xe2\x82\xac", true},
		{"\x80", false},
		{"\xbf", false},
		{"\xc0\x80", false},
		{"\xc1\xbf", false},
		{"\xc2", false},
		{"\xc2\x41", false},
		{"\xe0\x9f\xbf", false},
		{"\xe2\x82", false},
		{"\xe2\x82\x41", false},
		{"\xed\xa0\x80", false},
		{"\xed\xbf\xbf", false},
		{"\xf0\x8f\xbf\xbf", false},
		{"\xf0\x90\x80", false},
		{"\xf4\x90\x80\x80", false},
		{"\xf5\x80\x80\x80", false},
		{"\xff", false},
		{"12345678\xc3", false},
		{"1234567\xc3(12345678", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(codec_utf8_is_valid(str_from(cases[i].text)), cases[i].is_valid);
	assert_true(codec_utf8_is_valid(str_make("\0", 1)));
}

static void draws_random_bytes(void **state)
{
	unsigned char a[300] = {0}, b[300] = {0};
	char text[41];

	(void)state;
	codec_random(a, sizeof(a));
	codec_random(b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	codec_random_text(text, 40);
	assert_int_equal(strlen(text), 40);
	assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz234567"), 40);
	codec_random_text(text, 0);
	assert_string_equal(text, "");
}

static void handles_secrets(void **state)
{
	char secret[] = "secret";

	(void)state;
	assert_true(codec_equal_in_constant_time("abc", "abc", 3));
	assert_false(codec_equal_in_constant_time("abc", "abd", 3));
	assert_false(codec_equal_in_constant_time("abc", "xbc", 3));
	assert_true(codec_equal_in_constant_time("a", "b", 0));
	codec_wipe(secret, sizeof(secret));
	assert_memory_equal(secret, "\0\0\0\0\0\0", sizeof(secret));
	codec_wipe(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_both_ways_in_base64), cmocka_unit_test(keeps_every_byte),
		cmocka_unit_test(is_strict_about_base64),   cmocka_unit_test(writes_hex),
		cmocka_unit_test(knows_utf8),               cmocka_unit_test(draws_random_bytes),
		cmocka_unit_test(handles_secrets),
	};

	return cmocka_run_group_tests(tests, make_arena, end_arena);
}
