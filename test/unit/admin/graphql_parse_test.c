#include "admin/graphql/graphql_parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

/* A text and where it fails; line 0: it does not. */
static const struct {
	const char *text;
	uint32_t line, column;
} cases[] = {
	{"{a}", 0, 0},
	{"query{a}", 0, 0},
	{"query Q($a: [Int!]! = [1 2], $b: S = {c: \"d\"} @e) @f { a }", 0, 0},
	{"mutation { a(b: 1, c: -2.5e3 d: $e f: null g: true h: RED i: [] j: {}) }", 0, 0},
	{"subscription{a{b{c}}}", 0, 0},
	{"{ a: b ...f ...on T {c} ... @include(if: true) {d} ... {e} } fragment f on T { g }", 0, 0},
	{"\xef\xbb\xbf{a #comment }\n\r\n,b,\tc}", 0, 0},
	{"{ on fragment query null true }", 0, 0},
	{"{ a(b: \"\\u00e4 \\ud83d\\ude00 \\n\") }", 0, 0},
	{"{ a(b: \"\"\"block \"quoted\" \\\"\"\" \n end\"\"\") }", 0, 0},
	{"", 1, 1},
	{"   \n ", 2, 2},
	{"{", 1, 2},
	{"{}", 1, 2},
	{"{a", 1, 3},
	{"{a}}", 1, 4},
	{"{a(}", 1, 4},
	{"{a()}", 1, 4},
	{"{a(b)}", 1, 5},
	{"{a(b:)}", 1, 6},
	{"query ($a Int){a}", 1, 11},
	{"query (){a}", 1, 8},
	{"query ($a: Int = $b){a}", 1, 18},
	{"query ($a: [Int){a}", 1, 16},
	{"fragment on on T {a}", 1, 10},
	{"fragment f T {a}", 1, 12},
	{"{ ...on }", 1, 9},
	{"{ a(b: 01) }", 1, 8},
	{"{ a(b: 1.) }", 1, 10},
	{"{ a(b: -) }", 1, 9},
	{"{ a(b: 1a) }", 1, 9},
	{"{ a(b: 1e) }", 1, 10},
	{"{ a(b: \"x\n\") }", 1, 10},
	{"{ a(b: \"\\q\") }", 1, 10},
	{"{ a(b: \"\\ud83d\") }", 1, 15},
	{"{ a(b: \"\\ud83d\\u0041\") }", 1, 21},
	{"{ a(b: \"\"\"x) }", 1, 15},
	{"{ a ? }", 1, 5},
	{"{ a . b }", 1, 5},
	{"type T { a: Int }", 1, 1},
	{"\"\"\"x\"\"\" type T { a: Int }", 1, 1},
	{"{ a @ }", 1, 7},
	{"\xff", 1, 1},
	{"query Q Q {a}", 1, 9},
	{"nonsense {a}", 1, 1},
};

static void test_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena a;
		struct why why = {""};
		struct graphql_place at;

		arena_init(&a, 0);
		const struct graphql_document *d = graphql_parse(str_from(cases[i].text), &a, &at, &why);

		if (!!d != (cases[i].line == 0))
			fail_msg("%s: %s", cases[i].text, d ? "is accepted" : why.text);
		if (!d && (at.line != cases[i].line || at.column != cases[i].column))
			fail_msg("%s: at %u:%u, not %u:%u (%s)", cases[i].text, at.line, at.column, cases[i].line, cases[i].column, why.text);
		if (!d)
			assert_true(strlen(why.text) > 0);
		arena_fini(&a);
	}
}

/* A string as it is written, and what it means. */
static const struct {
	const char *written, *meant;
} strings[] = {
	{"\"\"", ""},
	{"\"a\\\"b\\\\\\/\\b\\f\\n\\r\\t\"", "a\"b\\/\b\f\n\r\t"},
	{"\"\\u00e4\\u{1f600}\\ud83d\\ude00\"", "\xc3\xa4\xf0\x9f\x98\x80\xf0\x9f\x98\x80"},
	{"\"\"\"\"\"\"", ""},
	{"\"\"\"a\"\"\"", "a"},
	{"\"\"\"\n    Hello,\n      World!\n\n    Yours,\n      GraphQL.\n  \"\"\"", "Hello,\n  World!\n\nYours,\n  GraphQL."},
	{"\"\"\"  first\n    second\r\n  third\r  fourth\"\"\"", "  first\n  second\nthird\nfourth"},
	{"\"\"\"\\n \\\"\"\" \"\"\"", "\\n \"\"\" "},
};

static void test_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
		struct arena a;
		struct buf text;
		struct why why = {""};
		struct graphql_place at;

		arena_init(&a, 0);
		buf_init(&text);
		buf_printf(&text, "{a(b:%s)}", strings[i].written);
		const struct graphql_document *d = graphql_parse(buf_str(&text), &a, &at, &why);

		assert_non_null(d);
		struct str meant = d->operations->selections->arguments->text;

		if (!str_is(meant, strings[i].meant))
			fail_msg("%s is \"%.*s\"", strings[i].written, STR_ARGS(meant));
		buf_fini(&text);
		arena_fini(&a);
	}
}

static bool is_accepted(const struct buf *text)
{
	struct arena a;
	struct why why = {""};
	struct graphql_place at;

	arena_init(&a, 0);
	bool is_good = graphql_parse(buf_str(text), &a, &at, &why) != NULL;

	arena_fini(&a);
	return is_good;
}

static bool repeated(const char *before, const char *part, int count, const char *after, const char *end_part)
{
	struct buf text;

	buf_init(&text);
	buf_append_text(&text, before);
	for (int i = 0; i < count; i++)
		buf_append_text(&text, part);
	buf_append_text(&text, after);
	for (int i = 0; i < count; i++)
		buf_append_text(&text, end_part);
	bool is_good = is_accepted(&text);

	buf_fini(&text);
	return is_good;
}

static void test_limits(void **state)
{
	(void)state;
	assert_true(repeated("", "{a", GRAPHQL_DEPTH_MAX, "", "}"));
	assert_false(repeated("", "{a", GRAPHQL_DEPTH_MAX + 1, "", "}"));
	assert_false(repeated("", "{a", 100000, "", "}"));
	assert_false(repeated("{a(b:", "[", 100000, "", ""));
	assert_false(repeated("{a(b:", "{c:", 100000, "1", "}"));
	assert_false(repeated("query($a:", "[", 100000, "I", "]"));
	assert_true(repeated("{", "a ", GRAPHQL_TOKENS_MAX - 3, "}", ""));
	assert_false(repeated("{", "a ", GRAPHQL_TOKENS_MAX, "}", ""));
	assert_true(repeated("{a}", "fragment f on T{a}", GRAPHQL_FRAGMENTS_MAX, "", ""));
	assert_false(repeated("{a}", "fragment f on T{a}", GRAPHQL_FRAGMENTS_MAX + 1, "", ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
