#include "http/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/buf.h"
#include "http/chunked.h"
#include "http/status.h"

/* Scans a text that grows by `step` bytes a time, then parses. 0: good. */
static int read_head(struct str text, size_t step, struct arena *a, struct head *out)
{
	struct head_scan scan = {0};
	size_t end = 0;
	int status = 0;

	for (size_t len = step < text.len ? step : text.len; status == 0; len = len + step < text.len ? len + step : text.len) {
		status = head_scan(&scan, str_make(text.data, len), &end);
		if (len == text.len)
			break;
	}
	if (status == 1)
		return head_parse(str_make(text.data, end), a, out);
	return status ? status : -1;
}

static int status_of(struct str text)
{
	int statuses[3];
	size_t steps[] = {1, 7, SIZE_MAX / 2};

	for (int i = 0; i < 3; i++) {
		struct arena a;
		struct head h;

		arena_init(&a, 0);
		statuses[i] = read_head(text, steps[i], &a, &h);
		arena_fini(&a);
	}
	assert_int_equal(statuses[0], statuses[1]);
	assert_int_equal(statuses[0], statuses[2]);
	return statuses[0];
}

#define GET "GET / HTTP/1.1\r\nHost: h\r\n"

static const struct {
	const char *text;
	int status;
} heads[] = {
	{GET "\r\n", 0},
	{"GET / HTTP/1.0\r\n\r\n", 0},
	{GET "A: \t b c \t\r\n\r\n", 0},
	{GET "A:\r\n\r\n", 0},
	{GET "Content-Length: 0\r\n\r\n", 0},
	{GET "Transfer-Encoding: Chunked\r\n\r\n", 0},
	{"GET / HTTP/1.1\r\n\r\n", 400},
	{"GET / HTTP/2.0\r\n\r\n", 505},
	{"GET / HTTP/1.2\r\n\r\n", 505},
	{"GET / HTTP/0.9\r\n\r\n", 505},
	{"GET /\r\n\r\n", 400},
	{"GET / HTTP/1.1 \r\n\r\n", 400},
	{"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
	{" GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
	{"GET / http/1.1\r\nHost: h\r\n\r\n", 400},
	{"GET / HTTP/1.1\nHost: h\n\n", 400},
	{"GET / HTTP/1.1\r\nHost: h\n\r\n", 400},
	{"GET / HTTP/1.1\rHost: h\r\n\r\n", 400},
	{GET "A: b\rc\r\n\r\n", 400},
	{GET "A : b\r\n\r\n", 400},
	{GET "A\t: b\r\n\r\n", 400},
	{GET " folded\r\n\r\n", 400},
	{GET "A: b\r\n\tfolded\r\n\r\n", 400},
	{GET ": b\r\n\r\n", 400},
	{GET "A\r\n\r\n", 400},
	{GET "A(: b\r\n\r\n", 400},
	{GET "A: \x01\r\n\r\n", 400},
	{GET "A: \x7f\r\n\r\n", 400},
	{GET "Host: h\r\n\r\n", 400},
	{GET "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
	{GET "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
	{GET "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{GET "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
	{GET "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{GET "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
	{GET "Transfer-Encoding: xchunked\r\n\r\n", 501},
	{GET "Transfer-Encoding: chunked, identity\r\n\r\n", 501},
	{"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{GET "Content-Length: -1\r\n\r\n", 400},
	{GET "Content-Length: +1\r\n\r\n", 400},
	{GET "Content-Length: 0x1\r\n\r\n", 400},
	{GET "Content-Length: 1, 1\r\n\r\n", 400},
	{GET "Content-Length: \r\n\r\n", 400},
	{GET "Content-Length: 1 1\r\n\r\n", 400},
	{GET "Content-Length: 99999999999999999999\r\n\r\n", 413},
	{GET "Expect: 200-ok\r\n\r\n", 417},
	{GET "Expect: 100-continue\r\n\r\n", 0},
	{GET "A: b", -1},
};

static void says_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		int status = status_of(str_from(heads[i].text));

		if (status != heads[i].status)
			print_error("%s\n", heads[i].text);
		assert_int_equal(status, heads[i].status);
	}
	assert_int_equal(status_of(STR(GET "A: b\0c\r\n\r\n")), 400);
	assert_int_equal(status_of(STR("GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n")), 0); /* the target is looked at later */
}

static void repeat(struct buf *b, const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_append_text(b, text);
}

/* T-HTTP-06 */
static void limits_lines_and_headers(void **state)
{
	struct {
		const char *before, *repeated, *after;
		size_t count;
		int status;
	} cases[] = {
		{"GET /", "a", " HTTP/1.1\r\nHost: h\r\n\r\n", 7980, 0},
		{"GET /", "a", " HTTP/1.1\r\nHost: h\r\n\r\n", 8000, 414},
		{"GET /", "a", "", 100000, 414},
		{"A", "", "", 8003, -1},
		{GET "A: ", "b", "\r\n\r\n", 4096, 0},
		{GET "A: ", "b", "\r\n\r\n", 4097, 431},
		{GET "A: ", "b", "", 100000, 431},
		{GET, "A: b\r\n", "\r\n", 99, 0},
		{GET, "A: b\r\n", "\r\n", 100, 431},
		{GET, "A: b\r\n", "", 100000, 431},
		{GET, "a", ": b\r\n\r\n", 64, 0},
		{GET, "a", ": b\r\n\r\n", 65, 431},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf text;

		buf_init(&text);
		buf_append_text(&text, cases[i].before);
		repeat(&text, cases[i].repeated, cases[i].count);
		buf_append_text(&text, cases[i].after);
		int status = status_of(buf_str(&text));

		if (status != cases[i].status)
			print_error("case %zu\n", i);
		assert_int_equal(status, cases[i].status);
		buf_fini(&text);
	}
}

static void takes_apart(void **state)
{
	struct arena a;
	struct head h;

	(void)state;
	arena_init(&a, 0);
	struct str text = STR("POST /x HTTP/1.1\r\nHOST:  Ex:1 \r\nContent-Length: 12\r\nConnection: a, Close\r\nX-Y: \r\n\r\nrest");

	assert_int_equal(read_head(text, 3, &a, &h), 0);
	assert_true(str_is(h.method, "POST") && str_is(h.target, "/x") && str_is(h.host, "Ex:1"));
	assert_int_equal(h.version, 11);
	assert_int_equal(h.content_length, 12);
	assert_int_equal(h.header_count, 4);
	assert_true(str_is(h.headers[0].name, "host") && str_is(h.headers[3].name, "x-y") && h.headers[3].value.len == 0);
	assert_false(h.keeps_connection || h.is_chunked || h.expects_continue);
	assert_int_equal(read_head(STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 3, &a, &h), 0);
	assert_true(h.keeps_connection);
	arena_fini(&a);
}

static void looks_into_lists(void **state)
{
	(void)state;
	assert_true(head_list_has(STR("keep-alive, Upgrade"), STR("upgrade")));
	assert_false(head_list_has(STR("upgraded"), STR("upgrade")));
	assert_false(head_list_has(STR_NONE, STR("upgrade")));
}

/* What comes out of chunks that arrive in steps; NULL: refused, or not at its end. The rest is appended after '|'. */
static const char *dechunk(const char *text, size_t step)
{
	static char out[256];
	struct chunked c = {0};
	enum chunked_result result = CHUNKED_MORE;
	size_t len = 0;

	for (size_t at = 0, all = strlen(text); at < all && result != CHUNKED_BAD && result != CHUNKED_DONE;) {
		struct str bytes = str_make(text + at, step < all - at ? step : all - at), piece, before = bytes;

		result = chunked_take(&c, &bytes, &piece);
		at += before.len - bytes.len;
		if (result == CHUNKED_DATA) {
			memcpy(out + len, piece.data, piece.len);
			len += piece.len;
		}
		if (result == CHUNKED_DONE)
			len += (size_t)snprintf(out + len, sizeof(out) - len, "|%s", text + at);
	}
	out[len] = '\0';
	return result == CHUNKED_DONE ? out : NULL;
}

static void reads_chunks(void **state)
{
	static const char *const cases[][2] = {
		{"5\r\nhello\r\n0\r\n\r\n", "hello|"},
		{"5\r\nhello\r\nA;x=\"y\"\r\n0123456789\r\n00\r\nT: v\r\n\r\nnext", "hello0123456789|next"},
		{"0\r\n\r\n", "|"},
		{"1 \r\na\r\n0\r\n\r\n", "a|"},
		{"5\r\nhell", NULL},
		{"5\nhello\r\n0\r\n\r\n", NULL},
		{"5\r\nhello0\r\n\r\n", NULL},
		{"5\r\nhello\n0\r\n\r\n", NULL},
		{"x\r\n", NULL},
		{"\r\n", NULL},
		{"-1\r\n", NULL},
		{"0x5\r\nhello\r\n0\r\n\r\n", NULL},
		{"123456789\r\n", NULL},
		{"5;a\001\r\nhello\r\n0\r\n\r\n", NULL},
		{"5\rXhello\r\n0\r\n\r\n", NULL},
		{"0\r\nT: v\n\r\n", NULL},
		{"0\r\n T: v\r\n\r\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (size_t step = 1; step < 40; step += 6) {
			const char *got = dechunk(cases[i][0], step);

			if (!got != !cases[i][1])
				print_error("%s\n", cases[i][0]);
			assert_int_equal(!got, !cases[i][1]);
			if (got)
				assert_string_equal(got, cases[i][1]);
		}
}

static void limits_lines_of_chunks(void **state)
{
	static const char *const endless[] = {"1;", "0\r\nT: "};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct chunked c = {0};
		struct str bytes = str_from(endless[i]), piece;
		size_t count = 0;

		assert_int_equal(chunked_take(&c, &bytes, &piece), CHUNKED_MORE);
		for (enum chunked_result r = CHUNKED_MORE; r == CHUNKED_MORE; count++) {
			bytes = STR("x");
			r = chunked_take(&c, &bytes, &piece);
		}
		assert_in_range(count, 500, CHUNKED_TRAILER_BYTES + 1);
	}
}

static void has_words(void **state)
{
	(void)state;
	assert_string_equal(status_text(404), "Not Found");
	assert_string_equal(status_text(999), "Unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_is_wrong),     cmocka_unit_test(limits_lines_and_headers), cmocka_unit_test(takes_apart),
		cmocka_unit_test(looks_into_lists),       cmocka_unit_test(reads_chunks),
		cmocka_unit_test(limits_lines_of_chunks), cmocka_unit_test(has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
