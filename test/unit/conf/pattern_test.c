#include "conf/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void matches_globs(void **state)
{
	static const struct {
		const char *glob, *text;
		bool matches;
	} cases[] = {
		{"", "", true},          {"", "a", false},          {"*", "", true},         {"*", "abc", true},     {"**", "a", true},
		{"a?c", "abc", true},    {"a?c", "ac", false},      {"?", "\xc3\xa4", true}, {"??", "\xc3\xa4", false}, {"a*c", "abbc", true},
		{"a*c", "abbcd", false}, {"*ab*ab", "abxabab", true}, {"admin-*", "admin-1", true}, {"admin-*", "xadmin-1", false},
		{"a.c", "abc", false},   {"[a]", "a", false},       {"[a]", "[a]", true},    {"*?", "\xc3\xa4", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(pattern_glob_matches(str_from(cases[i].glob), str_from(cases[i].text)), cases[i].matches);
}

/* Patterns with many stars take no longer than the product of the lengths. */
static void globs_stay_fast(void **state)
{
	char glob[201], text[1024];
	(void)state;
	for (size_t i = 0; i < 200; i++)
		glob[i] = i % 2 ? '*' : 'a';
	memset(text, 'a', sizeof(text));
	assert_true(pattern_glob_matches(str_make(glob, 200), str_make(text, sizeof(text))));
	glob[200] = 'b';
	assert_false(pattern_glob_matches(str_make(glob, 201), str_make(text, sizeof(text))));
}

static void matches_expressions(void **state)
{
	static const struct {
		const char *expression, *text;
		bool matches;
	} cases[] = {
		{"b", "abc", true},           {"^b", "abc", false},       {"c$", "abc", true},        {"^a.c$", "abc", true},
		{"^(a|b)+$", "abab", true},   {"^(?:a|b)+$", "abc", false}, {"^\\d+$", "0123", true},  {"^\\d+$", "12x", false},
		{"^\\D$", "x", true},         {"^\\w+$", "a_1", true},    {"^\\W$", "-", true},       {"^[\\d.]+$", "1.2", true},
		{"^[\\w]+$", "a_1", true},    {"\\.", "abc", false},      {"\\.", "a.c", true},       {"^[]x]+$", "]x", true},
		{"^[^]x]+$", "]x", false},    {"^a{2,3}$", "aaa", true},  {"^a{2,3}$", "aaaa", false}, {"^$", "", true},
		{"^\\S\\s\\S$", "a b", true}, {"^[\\.]$", ".", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		regex_t r;
		struct why why = {""};
		assert_int_equal(pattern_open(&r, str_from(cases[i].expression), &why), ERR_NONE);
		assert_int_equal(pattern_matches(&r, str_from(cases[i].text)), cases[i].matches);
		pattern_close(&r);
	}
}

/* The text is not terminated: what follows it must not be seen. */
static void sees_only_the_text(void **state)
{
	regex_t r;
	(void)state;
	assert_int_equal(pattern_open(&r, STR("^ab$"), NULL), ERR_NONE);
	assert_true(pattern_matches(&r, str_make("abc", 2)));
	assert_false(pattern_matches(&r, str_make("abc", 3)));
	assert_false(pattern_matches(&r, STR_NONE));
	pattern_close(&r);
}

static void refuses_expressions(void **state)
{
	static const char *const cases[] = {
		"(", "a\\", "(?i)a", "(?=a)", "[a", "\\p", "\\1", "(a)\\1", "[a\\]b]", "a{1000}{1000}", "(((a{99}){99}){99})", "a{70000}",
		"((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))",
	};
	char longest[PATTERN_MAX_BYTES + 1];
	struct why why;
	regex_t r;
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		why.text[0] = 0;
		assert_int_equal(pattern_open(&r, str_from(cases[i]), &why), ERR_INVALID);
		assert_true(strlen(why.text) > 0);
	}
	memset(longest, 'a', sizeof(longest));
	assert_int_equal(pattern_open(&r, str_make(longest, sizeof(longest)), &why), ERR_INVALID);
	assert_int_equal(pattern_open(&r, str_make("a\0b", 3), &why), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_globs),
		cmocka_unit_test(globs_stay_fast),
		cmocka_unit_test(matches_expressions),
		cmocka_unit_test(sees_only_the_text),
		cmocka_unit_test(refuses_expressions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
