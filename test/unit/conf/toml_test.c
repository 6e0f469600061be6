#include "conf/toml.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"

static struct arena arena;

static int start(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static struct toml_node *parse(const char *text)
{
	struct toml_error error = {0};
	struct toml_node *root = toml_parse(&arena, str_from(text), &error);
	if (!root)
		print_error("%s\n%u:%u: %s\n", text, error.at.line, error.at.column, error.text);
	assert_non_null(root);
	return root;
}

static struct toml_node *find(struct toml_node *table, const char *key)
{
	struct toml_node *node = toml_find(table, str_from(key));
	assert_non_null(node);
	return node;
}

static void assert_place(struct toml_place at, uint32_t line, uint32_t column)
{
	assert_int_equal(at.line, line);
	assert_int_equal(at.column, column);
}

static void knows_where_things_stand(void **state)
{
	(void)state;
	struct toml_node *root = parse("a = 1\n[x.y]\n  b = \"two\"\nc = [10, 'x']\n[[z]]\n[[z]]\nd = {e = true}\n");
	assert_int_equal(root->count, 3);
	assert_place(find(root, "a")->key_at, 1, 1);
	assert_place(find(root, "a")->at, 1, 5);
	struct toml_node *y = find(find(root, "x"), "y");
	assert_place(find(root, "x")->key_at, 2, 2);
	assert_place(y->key_at, 2, 4);
	assert_place(find(y, "b")->key_at, 3, 3);
	assert_place(find(y, "b")->at, 3, 7);
	assert_place(find(y, "c")->items[1].at, 4, 10);
	struct toml_node *z = find(root, "z");
	assert_int_equal(z->count, 2);
	assert_place(z->items[0].at, 5, 1);
	assert_place(z->items[1].at, 6, 1);
	assert_place(find(find(&z->items[1], "d"), "e")->at, 7, 10);
}

static void keeps_the_order_of_the_file(void **state)
{
	(void)state;
	struct toml_node *root = parse("z = 1\nb = 2\na = 3\n");
	assert_true(str_is(root->items[0].key, "z"));
	assert_true(str_is(root->items[1].key, "b"));
	assert_true(str_is(root->items[2].key, "a"));
}

static void reads_integers(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {
		{"v = 0", 0},           {"v = +7", 7},        {"v = -7", -7},         {"v = 1_000", 1000},
		{"v = 0xff", 255},      {"v = 0o17", 15},     {"v = 0b101", 5},       {"v = 0xdead_beef", 3735928559},
		{"v = -0", 0},          {"v = 9223372036854775807", INT64_MAX},       {"v = -9223372036854775808", INT64_MIN},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct toml_node *v = find(parse(cases[i].text), "v");
		assert_int_equal(v->kind, TOML_KIND_INT);
		assert_true(v->integer == cases[i].value);
	}
}

static void reads_strings(void **state)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{"v = \"\"", ""},
		{"v = ''", ""},
		{"v = \"a\\tb\\n\\\"\\\\\"", "a\tb\n\"\\"},
		{"v = 'a\\tb'", "a\\tb"},
		{"v = \"\\u00e4\\U0001F600\"", "\xc3\xa4\xf0\x9f\x98\x80"},
		{"v = \"\"\"\nline\n\"quoted\" \\\n   joined\"\"\"", "line\n\"quoted\" joined"},
		{"v = '''\nraw \\n 'x'\n'''", "raw \\n 'x'\n"},
		{"v = \"\"\"\"a\"\"\"\"", "\"a\""},
		{"'v' = \"x\"", "x"},
		{"\"v\" = \"x\"", "x"},
		{"v = \"x\" # \"comment\"", "x"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct toml_node *v = find(parse(cases[i].text), "v");
		assert_int_equal(v->kind, TOML_KIND_STRING);
		assert_string_equal(v->text.data, cases[i].value);
		assert_int_equal(v->text.len, strlen(cases[i].value));
	}
}

static void reads_other_values(void **state)
{
	(void)state;
	assert_true(find(parse("v = true"), "v")->truth);
	assert_false(find(parse("v = false"), "v")->truth);
	assert_true(find(parse("v = 1.5e2"), "v")->real > 149 && find(parse("v = 1.5e2"), "v")->real < 151);
	assert_true(isinf(find(parse("v = -inf"), "v")->real));
	assert_true(isnan(find(parse("v = nan"), "v")->real));
	assert_string_equal(find(parse("v = 1979-05-27"), "v")->text.data, "1979-05-27");
	assert_string_equal(find(parse("v = 07:32:00.5"), "v")->text.data, "07:32:00.5");
	assert_string_equal(find(parse("v = 1979-05-27T07:32:00Z"), "v")->text.data, "1979-05-27T07:32:00Z");
	assert_int_equal(find(parse("v = 1979-05-27 07:32:00-07:00"), "v")->kind, TOML_KIND_DATE);
	assert_int_equal(find(parse("v = []"), "v")->count, 0);
	assert_int_equal(find(parse("v = [\n 1, # one\n 2,\n]"), "v")->count, 2);
	assert_int_equal(find(parse("v = {}"), "v")->count, 0);
	assert_int_equal(find(parse("v = [1, 'x', [true], {a = 1}]"), "v")->count, 4);
	assert_int_equal(find(find(parse("a.b.c = 1\na.b.d = 2\n"), "a"), "b")->count, 2);
	assert_int_equal(parse("")->count, 0);
	assert_int_equal(parse("# only a comment")->count, 0);
	assert_int_equal(parse("\xef\xbb\xbf" "a = 1")->count, 1);
	assert_int_equal(parse("a = 1\r\nb = 2\r\n")->count, 2);
	assert_int_equal(parse("[a.b]\n[a]\nc = 1\n")->count, 1);
	assert_int_equal(parse("1234 = 1\n-_ = 2\n\"\" = 3\n")->count, 3);
	assert_int_equal(find(parse("[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2\n"), "a")->count, 2);
}

static void refuses_what_is_not_toml(void **state)
{
	static const char *const cases[] = {
		"a", "a =", "= 1", "a = 1 b = 2", "a = 1\na = 2", "[a]\n[a]", "[a", "[[a]", "[a]]", "[]", "[a.]", "a. = 1", ".a = 1",
		"a = [1", "a = [1,,2]", "a = [,]", "a = {b = 1", "a = {b = 1,}", "a = {b = 1\n}", "a = \"x", "a = 'x", "a = \"\"\"x",
		"a = \"\n\"", "a = \"\\q\"", "a = \"\\u12\"", "a = \"\\ud800\"", "a = 01", "a = 1_", "a = _1", "a = 1__0", "a = 0x", "a = 0b2",
		"a = +0x1", "a = 1.", "a = .5", "a = 1e", "a = 9223372036854775808", "a = tru", "a = True", "a = 1979-13-01", "a = 25:00:00",
		"a = 1979-05-27T", "a = \xff", "\xff = 1", "a = \"\x01\"", "a = 1 # \x01", "a\x00", "[a]\nb = 1\n[a.b]\n", "a = {}\n[a.b]\n",
		"a = []\n[[a]]\n", "[[a]]\n[a]\n", "[a]\n[[a]]\n", "a.b = 1\na = 2\n", "a = {b = 1}\na.c = 2\n", "a = inf1", "a = nan_",
		"a = 'x\ny'", "\"a\nb\" = 1", "a = 1979-02-30", "a = \"\"\"\"\"\"\"\"\"", "a\n= 1", "[a\n]", "a = [1 2]", "key with space = 1",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct toml_error error = {0};
		struct toml_node *root = toml_parse(&arena, str_from(cases[i]), &error);
		if (root)
			print_error("accepted: %s\n", cases[i]);
		assert_null(root);
		assert_true(error.at.line >= 1 && error.at.column >= 1);
		assert_true(strlen(error.text) > 0);
	}
}

static void says_where_and_what(void **state)
{
	static const struct {
		const char *text;
		uint32_t line, column;
		const char *error;
	} cases[] = {
		{"a = 1\nb = \n", 2, 5, "syntax error: a value is missing; there is the end of the line"},
		{"a = \"\xc3\xa4\" \xc3\xa4\n", 1, 9, "syntax error: a character that may stand in strings and comments only"},
		{"a = 1\n[# b]\nc = 2\n", 2, 1, "syntax error on this line; a section is written as [name]"},
		{"a = 1\nb 2\n", 2, 3, "syntax error: expected \"=\" behind the key, got '2'"},
		{"a = \"x\n", 1, 5, "syntax error: the string that begins here does not end on its line"},
		{"a = 1\nb = \"\xc3\xa4\x01\"\n", 2, 7,
		 "syntax error: the control character U+0001 may not stand in the file"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct toml_error error = {0};
		assert_null(toml_parse(&arena, str_from(cases[i].text), &error));
		assert_string_equal(error.text, cases[i].error);
		assert_place(error.at, cases[i].line, cases[i].column);
	}
}

static void assert_refused(struct buf *text, const char *part)
{
	struct toml_error error = {0};
	assert_null(toml_parse(&arena, buf_str(text), &error));
	assert_non_null(strstr(error.text, part));
	buf_fini(text);
}

static void bounds_size_and_nesting(void **state)
{
	struct buf text;
	(void)state;
	buf_init(&text);
	while (text.len <= TOML_MAX_BYTES)
		buf_append_text(&text, "# 3456789012345678901234567890123456789012345678901234567890\n");
	assert_refused(&text, "bytes");

	buf_init(&text);
	buf_append_text(&text, "a = ");
	for (int i = 0; i < 100000; i++)
		buf_append_char(&text, '[');
	assert_refused(&text, "depth");

	buf_init(&text);
	for (int i = 0; i < 100000; i++)
		buf_append_text(&text, "a.");
	buf_append_text(&text, "a = 1");
	assert_refused(&text, "parts");

	buf_init(&text);
	buf_append_text(&text, "a = ");
	for (int i = 0; i < 20; i++)
		buf_append_text(&text, "{a.a.a = ");
	assert_refused(&text, "");

	/* Dots in strings, comments and numbers are no nesting. */
	parse("a = \"...................................................................\" # ......................................\n"
	      "b = '''\n........................................\n'''\nc = [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, "
	      "1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(knows_where_things_stand, start, end),
		cmocka_unit_test_setup_teardown(keeps_the_order_of_the_file, start, end),
		cmocka_unit_test_setup_teardown(reads_integers, start, end),
		cmocka_unit_test_setup_teardown(reads_strings, start, end),
		cmocka_unit_test_setup_teardown(reads_other_values, start, end),
		cmocka_unit_test_setup_teardown(refuses_what_is_not_toml, start, end),
		cmocka_unit_test_setup_teardown(says_where_and_what, start, end),
		cmocka_unit_test_setup_teardown(bounds_size_and_nesting, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
