#include "http/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "support/http_bed.h"

static const struct pages_file files[] = {
	{STR("/a.js"), STR("text/javascript; charset=utf-8"), STR("\"1\""), STR("plain"), STR("packed")},
	{STR("/index.html"), STR("text/html; charset=utf-8"), STR("\"2\""), STR("<html>"), {0}},
	{STR("/sub/b.png"), STR("image/png"), STR("\"3\""), STR("png"), {0}},
};
static const struct pages_set set = {"test", files, 3};

static void handle(void *instance, struct exchange *x)
{
	(void)instance;
	pages_answer(&set, x, x->query.data ? "default-src 'none'" : NULL);
}

static const struct handler handler = {.name = "pages", .methods = HANDLER_GET, .has_subpaths = true, .handle = handle};

static char *ask(struct http_bed *bed, const char *path, const char *headers)
{
	struct buf text;
	char *got;

	buf_init(&text);
	buf_printf(&text, "GET %s HTTP/1.1\r\nHost: h\r\n%s\r\n", path, headers);
	got = http_bed_ask(bed, buf_str(&text), NULL);
	buf_fini(&text);
	return got;
}

static void serves(void **state)
{
	static const struct {
		const char *path, *headers, *has;
	} cases[] = {
		{"/p/", "", "\r\n\r\n<html>"},
		{"/p/", "", "content-security-policy: default-src 'self'; frame-ancestors 'none'"},
		{"/p/?x", "", "content-security-policy: default-src 'none'\r\n"},
		{"/p/", "", "x-content-type-options: nosniff\r\n"},
		{"/p", "", "HTTP/1.1 308"},
		{"/p", "", "\r\nlocation: /p/\r\n"},
		{"/p/index.html", "", "\r\netag: \"2\"\r\n"},
		{"/p/a.js", "", "\r\n\r\nplain"},
		{"/p/a.js", "", "\r\nvary: accept-encoding\r\n"},
		{"/p/a.js", "Accept-Encoding: gzip\r\n", "content-encoding: gzip\r\n"},
		{"/p/a.js", "Accept-Encoding: gzip\r\n", "\r\n\r\npacked"},
		{"/p/a.js", "If-None-Match: \"0\", W/\"1\"\r\n", "HTTP/1.1 304"},
		{"/p/a.js", "If-None-Match: *\r\n", "HTTP/1.1 304"},
		{"/p/a.js", "If-None-Match: \"2\"\r\n", "HTTP/1.1 200"},
		{"/p/sub/b.png", "", "content-type: image/png\r\n"},
		{"/p/sub", "", "HTTP/1.1 404"},
		{"/p/sub/../../../etc/passwd", "", "HTTP/1.1 400"},
	};
	struct http_bed bed;
	struct why why;
	struct handler_site site = {.host = STR("_"), .path = STR("/p")};

	(void)state;
	http_bed_init(&bed);
	http_bed_begin(&bed);
	assert_true(hosting_add(bed.hosting, &handler, &site, false, &why));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *got = ask(&bed, cases[i].path, cases[i].headers);

		if (!strstr(got, cases[i].has))
			print_error("%s %s\n%s\n", cases[i].path, cases[i].has, got);
		assert_non_null(strstr(got, cases[i].has));
		free(got);
	}
	http_bed_fini(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(serves)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
