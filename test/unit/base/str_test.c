#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

static void compares(void **state)
{
	(void)state;
	assert_true(str_equal(STR("abc"), STR("abc")));
	assert_false(str_equal(STR("abc"), STR("abd")));
	assert_true(str_equal(STR_NONE, STR("")));
	assert_true(str_is(STR("abc"), "abc"));
	assert_true(str_equal_ignoring_case(STR("aBc@["), STR("AbC@[")));
	assert_false(str_equal_ignoring_case(STR("@"), STR("`")));
	assert_false(str_equal_ignoring_case(STR("ab"), STR("abc")));
	assert_true(str_starts_with(STR("abc"), STR("ab")));
	assert_true(str_starts_with(STR("abc"), STR_NONE));
	assert_false(str_starts_with(STR("a"), STR("ab")));
	assert_true(str_ends_with(STR("abc"), STR("bc")));
	assert_true(str_ends_with(STR_NONE, STR_NONE));
	assert_false(str_ends_with(STR("c"), STR("bc")));
	assert_true(str_compare(STR("a"), STR("b")) < 0);
	assert_true(str_compare(STR("b"), STR("a")) > 0);
	assert_true(str_compare(STR("a"), STR("ab")) < 0);
	assert_true(str_compare(STR("\xc3"), STR("a")) > 0);
	assert_int_equal(str_compare(STR(""), STR_NONE), 0);
}

static void finds_and_splits(void **state)
{
	struct str rest;

	(void)state;
	assert_int_equal(str_find_char(STR("a=b=c"), '='), 1);
	assert_int_equal(str_find_char(STR("abc"), '='), -1);
	assert_int_equal(str_find_char(STR_NONE, '='), -1);

	assert_true(str_is(str_split(STR("a=b=c"), '=', &rest), "a"));
	assert_true(str_is(rest, "b=c"));
	assert_true(str_is(str_split(rest, '=', &rest), "b"));
	assert_true(str_is(str_split(rest, '=', &rest), "c"));
	assert_null(rest.data);
	assert_true(str_is(str_split(STR("a="), '=', &rest), "a"));
	assert_non_null(rest.data);
	assert_int_equal(rest.len, 0);
}

static void trims(void **state)
{
	(void)state;
	assert_true(str_is(str_trim(STR(" \t\r\na b\n ")), "a b"));
	assert_true(str_is(str_trim(STR(" \n ")), ""));
	assert_int_equal(str_trim(STR_NONE).len, 0);
}

static void reads_integers(void **state)
{
	static const struct {
		const char *text;
		int64_t min, max;
		bool ok;
		int64_t value;
	} cases[] = {
		{"0", 0, 10, true, 0},
		{"10", 0, 10, true, 10},
		{"11", 0, 10, false, 0},
		{"-5", -5, 10, true, -5},
		{"-6", -5, 10, false, 0},
		{"007", 0, 10, true, 7},
		{"", 0, 10, false, 0},
		{"-", -10, 10, false, 0},
		{"+1", 0, 10, false, 0},
		{" 1", 0, 10, false, 0},
		{"1 ", 0, 10, false, 0},
		{"1a", 0, 10, false, 0},
		{"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
		{"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
		{"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
		{"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
		{"99999999999999999999999", INT64_MIN, INT64_MAX, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t value = 42;
		bool ok = str_to_int(str_from(cases[i].text), cases[i].min, cases[i].max, &value);

		assert_int_equal(ok, cases[i].ok);
		assert_int_equal(value, ok ? cases[i].value : 42);
	}
}

static void duplicates(void **state)
{
	char *copy = str_dup(str_make("abcd", 2)), *empty = str_dup(STR_NONE);

	(void)state;
	assert_string_equal(copy, "ab");
	assert_string_equal(empty, "");
	free(copy);
	free(empty);
}

static void hashes(void **state)
{
	char text[64] = {0};
	uint64_t seen[64];

	(void)state;
	assert_true(str_hash(STR("a@b")) == str_hash(str_make("a@bc", 3)));
	assert_true(str_hash(STR_NONE) == str_hash(STR("")));
	/* Runs of zeros differ in length only. */
	for (size_t len = 0; len < sizeof(text); len++) {
		seen[len] = str_hash(str_make(text, len));
		for (size_t i = 0; i < len; i++)
			assert_true(seen[i] != seen[len]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compares),       cmocka_unit_test(finds_and_splits), cmocka_unit_test(trims),
		cmocka_unit_test(reads_integers), cmocka_unit_test(duplicates),       cmocka_unit_test(hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
