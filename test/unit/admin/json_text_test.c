#include "admin/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	struct str text;
	const char *word; /* of the refusal; NULL: it is good */
} cases[] = {
	{STR("{}"), NULL},
	{STR(" [1, -2.5e3, true, null, \"\\u00e9\\\"[[\"] "), NULL},
	{STR("{\"a\":{\"a\":[]}}"), NULL},
	{STR(""), "line 1"},
	{{NULL, 0}, "line 1"},
	{STR("{\n\"a\" 1}"), "line 2"},
	{STR("{\"a\":1,\"a\":2}"), "twice"},
	{STR("{} x"), "well-formed"},
	{STR("{}{}"), "well-formed"},
	{STR("1"), "well-formed"},
	{STR("\"text\""), "well-formed"},
	{STR("[01]"), "well-formed"},
	{STR("[1e999]"), "well-formed"},
	{STR("[99999999999999999999]"), "well-formed"},
	{STR("[NaN]"), "well-formed"},
	{STR("{'a':1}"), "well-formed"},
	{STR("[1,]"), "well-formed"},
	{STR("[\"\\u0000\"]"), "well-formed"},
	{STR("[\"\\ud800\"]"), "well-formed"},
	{STR("[\"\xff\"]"), "well-formed"},
	{STR("[\"a\0b\"]"), "well-formed"},
	{STR("\xef\xbb\xbf{}"), "well-formed"},
	{STR("[\"open"), "well-formed"},
	{STR("[\"\\"), "well-formed"},
	{STR("]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"), "well-formed"},
};

static void test_strictness(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct why why = {""};
		json_t *value = json_text_read(cases[i].text, &why);

		assert_int_equal(value != NULL, cases[i].word == NULL);
		if (cases[i].word)
			assert_non_null(strstr(why.text, cases[i].word));
		json_decref(value);
		value = json_text_read(cases[i].text, NULL);
		assert_int_equal(value != NULL, cases[i].word == NULL);
		json_decref(value);
	}
}

static json_t *nested(size_t levels, struct why *why)
{
	char text[4 * JSON_TEXT_DEPTH_MAX];

	memset(text, '[', levels);
	memset(text + levels, ']', levels);
	return json_text_read(str_make(text, 2 * levels), why);
}

static void test_depth(void **state)
{
	struct why why = {""};
	json_t *value = nested(JSON_TEXT_DEPTH_MAX, &why);

	(void)state;
	assert_non_null(value);
	json_decref(value);
	assert_null(nested(JSON_TEXT_DEPTH_MAX + 1, &why));
	assert_non_null(strstr(why.text, "levels"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_strictness), cmocka_unit_test(test_depth)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
