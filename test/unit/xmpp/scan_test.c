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
				assert_ptr_equal(scan_either(text, end), stops || c == '>' || c == '\'' || c == '"' ? there : end);
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

static bool is_allowed(uint32_t code)
{
	return (code < 0xd800 || code > 0xdfff) && code != 0xfffe && code != 0xffff && code < 0x110000;
}

/* All code points at all places of a step, in company: allowed is what XML says, and what is wrong is found where it is. */
static void passes_over_allowed_characters(void **state)
{
	(void)state;
	for (uint32_t code = 0x80; code < 0x110010; code += code < 0x11000 || code > 0x10ffd0 ? 1 : 97) {
		size_t before = 3 + 2 * (code % 11);
		char text[64], *at = text + before;
		size_t len;

		memset(text, 'y', sizeof(text));
		for (size_t i = 3; i < before; i += 2)
			memcpy(text + i, "\xd0\x9f", 2);
		len = encode(at, code);
		memcpy(at + len, "\xc3\xa9", 2);
		memcpy(at + len + 20, "\xf0\x9f\x98\x80<", 5);
		if (code < 0x110000)
			assert_int_equal(scan_is_char(code), is_allowed(code));
		assert_ptr_equal(scan_wide(text + 3, at + len + 25), is_allowed(code) ? at + len + 24 : at);
		assert_ptr_equal(scan_wide(text + 3, at + len + 22), is_allowed(code) ? at + len + 20 : at);
		assert_ptr_equal(scan_wide(text + 3, at + len), is_allowed(code) ? at + len : at);
		assert_ptr_equal(scan_wide(text + 3, at + len - 1), at);
	}
}

/* Where the obvious loop stops. */
static const char *stop_of(const char *p, const char *end)
{
	while (p < end) {
		uint32_t code;
		int len = 1;

		if ((uint8_t)*p >= 0x80)
			len = scan_char(p, end, &code);
		else if (scan_is(*p, SCAN_STOPS_TEXT | SCAN_STOPS_VALUE))
			break;
		if (len <= 0 || (len > 1 && !is_allowed(code)))
			break;
		p += len;
	}
	return p;
}

/* Two and four bytes of any kind in the middle of a long text: the same as one by one. */
static void finds_every_wrong_byte(void **state)
{
	/* one of each sort there is */
	static const uint8_t sorts[] = {0x1f, 'a',  '<',  0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbd, 0xbe, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
					0xe0, 0xe1, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff};
	enum { SORTS = sizeof(sorts) };
	char text[64];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text + 40, "\xc3\xa9", 2);
	for (size_t at = 3; at < 24; at += 5) {
		for (int pair = 0; pair < 65536; pair++) {
			text[at] = (char)(pair >> 8);
			text[at + 1] = (char)pair;
			assert_ptr_equal(scan_wide(text + 3, text + sizeof(text)), stop_of(text + 3, text + sizeof(text)));
		}
		text[at] = text[at + 1] = 'x';
	}
	for (int four = 0; four < SORTS * SORTS * SORTS * SORTS; four++) {
		size_t at = 3 + (size_t)four % 17;

		for (int i = 0, rest = four; i < 4; i++, rest /= SORTS)
			text[at + (size_t)i] = (char)sorts[rest % SORTS];
		assert_ptr_equal(scan_wide(text + 3, text + sizeof(text)), stop_of(text + 3, text + sizeof(text)));
		memset(text + at, 'x', 4);
	}
}

static void finds_ends_of_names(void **state)
{
	char text[40];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++)
		for (int c = 0; c < 256; c++) {
			bool is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'
				       || c == '.';

			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			assert_ptr_equal(scan_name(text, text + sizeof(text)), text + (is_name ? sizeof(text) : at));
		}
}

static void compares_bytes(void **state)
{
	char text[64];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t n = 0; n <= 20; n++)
		for (size_t at = 0; at < 21; at++) {
			text[30 + at] = 'y';
			assert_int_equal(scan_same(text, text + 30, n, text + sizeof(text)), at >= n);
			assert_int_equal(scan_same(text, text + 30, n, text + 30 + n), at >= n);
			text[30 + at] = 'x';
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
		cmocka_unit_test(finds_every_wrong_byte),
		cmocka_unit_test(finds_ends_of_names),
		cmocka_unit_test(compares_bytes),
		cmocka_unit_test(knows_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
