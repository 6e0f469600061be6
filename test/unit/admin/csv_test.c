#include "admin/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

enum { MOST = 3 };

/* All rows: "LINE:[FIELD][FIELD]", with "+N" for fields too many and "!" for bad quotes. */
static void show(const char *text, struct buf *out)
{
	struct csv c;
	struct str fields[MOST];
	struct arena a;
	arena_init(&a, 0);
	csv_init(&c, str_from(text));
	while (csv_next(&c, &a, fields, MOST)) {
		buf_printf(out, "%s%zu:", out->len > 0 ? " " : "", c.line);
		for (size_t i = 0; i < c.count && i < MOST; i++) {
			buf_printf(out, "[%.*s]", STR_ARGS(fields[i]));
			assert_int_equal(fields[i].data[fields[i].len], 0);
		}
		if (c.count > MOST)
			buf_printf(out, "+%zu", c.count - MOST);
		buf_append_text(out, c.is_good ? "" : "!");
	}
	arena_fini(&a);
}

static void reads_rows(void **state)
{
	static const struct {
		const char *text, *rows;
	} cases[] = {
		{"", ""},
		{"\n\r\n\n", ""},
		{"a", "1:[a]"},
		{"a,b,c", "1:[a][b][c]"},
		{"a,b,c\n", "1:[a][b][c]"},
		{"a,b\r\nc,d\r\n", "1:[a][b] 2:[c][d]"},
		{"a,b\n\n\nc,d", "1:[a][b] 4:[c][d]"},
		{",", "1:[][]"},
		{",,,", "1:[][][]+1"},
		{"a,b,c,d,e", "1:[a][b][c]+2"},
		{" a , b ", "1:[ a ][ b ]"},
		{"\"a\",\"b\"", "1:[a][b]"},
		{"\"a,b\",c", "1:[a,b][c]"},
		{"\"a\"\"b\",c", "1:[a\"b][c]"},
		{"\"\",\"\"\"\"", "1:[][\"]"},
		{"\"a\nb\",c\nd", "1:[a\nb][c] 3:[d]"},
		{"\"a\r\nb\"", "1:[a\r\nb]"},
		{"a\rb\n", "1:[a\rb]"},
		{"\xef\xbb\xbf" "a,b", "1:[a][b]"},
		{"\"a\"x,b\nc", "1:[ax][b]! 2:[c]"},
		{"a\"b,c\nd", "1:[a\"b][c]! 2:[d]"},
		{"\"a,b\nc,d", "1:[a,b\nc,d]!"},
		{"\"", "1:[]!"},
		{"==SCRAM==\\,x", "1:[==SCRAM==\\][x]"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf rows;
		buf_init(&rows);
		show(cases[i].text, &rows);
		if (!str_is(buf_str(&rows), cases[i].rows))
			print_error("%s\ngot %.*s\nexpected %s\n", cases[i].text, STR_ARGS(buf_str(&rows)), cases[i].rows);
		assert_true(str_is(buf_str(&rows), cases[i].rows));
		buf_fini(&rows);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads_rows)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
