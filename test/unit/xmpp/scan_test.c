#include "xmpp/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Every byte at every place of runs around the width of a step, against the obvious loop. */
static void finds_every_stop(void **state)
{
	(void)state;
	for (size_t len = 1; len <= 70; len += len < 36 ? 1 : 17) {
		char *text = malloc(len);

		memset(text, 'x', len);
		for (size_t at = 0; at < len; at += len < 20 ? 1 : 5)
			for (int c = 0; c < 256; c++) {
				bool stops = c < 0x20 || c >= 0x80 || c == '<' || c == '&';
				const char *end = text + len, *there = text + at;

				text[at] = (char)c;
				assert_ptr_equal(scan_text(text, end), stops || c == '>' ? there : end);
				assert_ptr_equal(scan_value(text, end, '\''), stops || c == '\'' ? there : end);
				assert_ptr_equal(scan_value(text, end, '"'), stops || c == '"' ? there : end);
				text[at] = 'x';
			}
		free(text);
	}
}

static void reads_characters(void **state)
{
	static const struct {
		const char *bytes;
		int answer;
		uint32_t code;
	} cases[] = {
		{"\xc2\x80", 2, 0x80},       {"\xdf\xbf", 2, 0x7ff},      {"\xe0\xa0\x80", 3, 0x800},
		{"\xed\x9f\xbf", 3, 0xd7ff}, {"\xee\x80\x80", 3, 0xe000}, {"\xef\xbf\xbf", 3, 0xffff},
		{"\xf0\x90\x80\x80", 4, 0x10000}, {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
		{"\xc2", 0, 0},  {"\xe0\xa0", 0, 0}, {"\xf0\x90\x80", 0, 0}, {"\x80", -1, 0}, {"\xc0\x80", -1, 0},
		{"\xc1\xbf", -1, 0}, {"\xf5\x80\x80\x80", -1, 0}, {"\xff", -1, 0}, {"\xe0\x9f\xbf", -2, 0},
		{"\xed\xa0\x80", -2, 0}, {"\xf0\x8f\xbf\xbf", -2, 0}, {"\xf4\x90\x80\x80", -2, 0}, {"\xe1\x80<", -3, 0},
		{"\xf1\x80\x80<", -4, 0}, {"\xf1<", -2, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *bytes = cases[i].bytes;
		uint32_t code = 0;

		assert_int_equal(scan_char(bytes, bytes + strlen(bytes), &code), cases[i].answer);
		assert_int_equal(code, cases[i].code);
	}
}

static size_t encode(char *out, uint32_t code)
{
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

/* All code points, alone and in company: allowed is what XML says. */
static void passes_over_allowed_characters(void **state)
{
	(void)state;
	for (uint32_t code = 0x80; code < 0x110000; code += code < 0x11000 || code > 0x10fff0 ? 1 : 97) {
		bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
		bool is_allowed = !is_surrogate && code != 0xfffe && code != 0xffff;
		char text[16];
		size_t len = encode(text, code);

		assert_int_equal(scan_is_char(code), is_allowed);
		assert_ptr_equal(scan_wide_text(text, text + len), text + (is_allowed ? len : 0));
		assert_ptr_equal(scan_wide_text(text, text + len - 1), text);
		memcpy(text + len, "\xc3\xa9y<", 4);
		assert_ptr_equal(scan_wide_text(text, text + len + 4), text + (is_allowed ? len + 2 : 0));
	}
}

static void knows_names(void **state)
{
	static const uint32_t starts[] = {0xc0, 0xd6, 0xd8, 0x131, 0x386, 0x1f00, 0x3007, 0x4e00, 0x9fa5, 0xac00, 0xd7a3};
	static const uint32_t inner[] = {0xb7, 0x300, 0x345, 0x660, 0x309a};
	/* Some of them the fifth edition of XML takes; a receiver that goes by the fourth would lose its stream by them. */
	static const uint32_t never[] = {0x80, 0xd7, 0xf7, 0x132, 0x37e, 0x200b, 0x200c, 0x203f, 0x3000, 0xd7a4, 0xfeff, 0xfffe, 0x10000};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		assert_true(scan_is_name_start(starts[i]) && scan_is_name(starts[i]));
	for (size_t i = 0; i < sizeof(inner) / sizeof(inner[0]); i++)
		assert_true(!scan_is_name_start(inner[i]) && scan_is_name(inner[i]));
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		assert_true(!scan_is_name_start(never[i]) && !scan_is_name(never[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_every_stop),
		cmocka_unit_test(reads_characters),
		cmocka_unit_test(passes_over_allowed_characters),
		cmocka_unit_test(knows_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
