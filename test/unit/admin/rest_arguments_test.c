#include "admin/rest/rest_arguments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct operation_type level = {.name = "Height", .values = "low|high"};
static const struct operation_arg args[] = {
	{"user", OPERATION_JID, 0, NULL, "who"},
	{"count", OPERATION_INT, OPERATION_OPTIONAL, NULL, "how many"},
	{"loud", OPERATION_BOOL, OPERATION_OPTIONAL, NULL, "with noise"},
	{"level", OPERATION_ENUM, OPERATION_OPTIONAL, &level, "how high"},
	{"others", OPERATION_BARE_JID, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "whom"},
	{"body", OPERATION_STRING, 0, NULL, "a text"},
	{0},
};
static const struct operation thing = {.category = "some", .name = "thing", .args = args};

static const struct rest_part parts[] = {
	{.arg = "user", .place = REST_PATH, .name = "{name}@{domain}/{resource}"},
	{.arg = "count", .place = REST_QUERY, .name = "limit"},
	{.arg = "loud", .place = REST_BODY, .name = "noise"},
	{.arg = "level", .place = REST_BODY, .name = "height", .words = "down=LOW|up=HIGH"},
	{.arg = "others", .place = REST_BODY, .name = "others"},
	{.arg = "body", .place = REST_BODY, .name = "text"},
	{0},
};
static const struct rest_route route = {.method = HANDLER_PUT, .path = "/{name}/{domain}/{resource}", .parts = parts};
static const struct rest_match good_match = {
	.route = &route, .operation = &thing,
	.variables = {{STR("name"), STR("a")}, {STR("domain"), STR("b")}, {STR("resource"), STR("c")}}, .variable_count = 3,
};

static json_t *make(const struct rest_match *m, const char *query, const char *body, struct why *why)
{
	return rest_arguments_make(m, str_from(query), str_from(body), why);
}

static const struct {
	const char *query, *body, *made; /* made NULL: refused */
	const char *word;                /* of the refusal */
} cases[] = {
	{NULL, "{\"text\":\"x\"}", "{\"user\":\"a@b/c\",\"body\":\"x\"}", NULL},
	{"", "{\"text\":\"\"}", "{\"user\":\"a@b/c\",\"body\":\"\"}", NULL},
	{"limit=1%30", "{\"text\":\"x\"}", "{\"user\":\"a@b/c\",\"body\":\"x\",\"count\":\"10\"}", NULL},
	{NULL, "{\"text\":\"x\",\"noise\":true,\"height\":\"up\",\"others\":[\"d@e\"]}",
	 "{\"user\":\"a@b/c\",\"body\":\"x\",\"loud\":true,\"level\":\"HIGH\",\"others\":[\"d@e\"]}", NULL},
	{NULL, "{\"text\":\"x\",\"noise\":null}", "{\"user\":\"a@b/c\",\"body\":\"x\"}", NULL},
	{NULL, "{}", NULL, "member text is missing: a text"},
	{NULL, "{\"text\":null}", NULL, "text is missing"},
	{NULL, "{\"text\":1}", NULL, "expected a string"},
	{NULL, "{\"text\":\"x\",\"body\":\"x\"}", NULL, "does not know"},
	{NULL, "{\"text\":\"x\",\"noise\":\"true\"}", NULL, "true or false"},
	{NULL, "{\"text\":\"x\",\"height\":\"HIGH\"}", NULL, "expected down|up"},
	{NULL, "{\"text\":\"x\",\"height\":\"high\"}", NULL, "expected down|up"},
	{NULL, "{\"text\":\"x\",\"height\":\"\"}", NULL, "expected down|up"},
	{NULL, "{\"text\":\"x\",\"height\":1}", NULL, "expected down|up"},
	{NULL, "{\"text\":\"x\",\"others\":\"d@e\"}", NULL, "the member others"},
	{NULL, "{\"text\":\"x\",\"others\":[\"d@e/f\"]}", NULL, "the member others"},
	{NULL, "[]", NULL, "a JSON object"},
	{NULL, "{\"text\":\"x\",\"text\":\"x\"}", NULL, "twice"},
	{NULL, "", NULL, "JSON"},
	{"limit=", "{\"text\":\"x\"}", NULL, "an integer"},
	{"limit", "{\"text\":\"x\"}", NULL, "an integer"},
	{"limit=1&limit=1", "{\"text\":\"x\"}", NULL, "twice"},
	{"limit=1&", "{\"text\":\"x\"}", "{\"user\":\"a@b/c\",\"body\":\"x\",\"count\":\"1\"}", NULL},
	{"&limit=1", "{\"text\":\"x\"}", NULL, "no such parameter"},
	{"text=x", "{\"text\":\"x\"}", NULL, "no such parameter"},
	{"limit=%zz", "{\"text\":\"x\"}", NULL, "no such parameter"},
	{"limit=%ff", "{\"text\":\"x\"}", NULL, "an integer"},
};

static void test_requests(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct why why = {""};
		json_t *made = make(&good_match, cases[i].query, cases[i].body, &why);
		json_t *expected = cases[i].made ? json_loads(cases[i].made, 0, NULL) : NULL;

		assert_int_equal(made != NULL, expected != NULL);
		if (expected)
			assert_true(json_equal(made, expected));
		else
			assert_non_null(strstr(why.text, cases[i].word));
		json_decref(made);
		json_decref(expected);
	}
}

static void test_a_variable_cannot_pretend_to_be_another(void **state)
{
	static const char *const names[] = {"a@x/y", "a/y", "a@", "@", ""};
	struct rest_match m = good_match;
	struct why why = {""};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		m.variables[0].value = str_from(names[i]);
		assert_null(make(&m, NULL, "{\"text\":\"x\"}", &why));
		assert_non_null(strstr(why.text, "{name}@{domain}/{resource}"));
	}
	m.variables[0].value = STR("a");
	m.variables[2].value = STR("c/d@e");
	json_t *made = make(&m, NULL, "{\"text\":\"x\"}", &why);
	assert_string_equal(json_string_value(json_object_get(made, "user")), "a@b/c/d@e");
	json_decref(made);
}

static void test_what_is_needed_here(void **state)
{
	static const struct rest_part needed[] = {{.arg = "loud", .place = REST_BODY, .name = "noise", .is_needed = true}, {0}};
	const struct rest_route strict = {.method = HANDLER_PUT, .path = "/", .parts = needed};
	const struct rest_match m = {.route = &strict, .operation = &thing};
	struct why why = {""};

	(void)state;
	assert_null(make(&m, NULL, "{}", &why));
	assert_non_null(strstr(why.text, "noise is missing"));
}

static void test_words(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_string_equal(rest_arguments_words(&parts[3], &a), "down|up");
	assert_null(rest_arguments_words(&parts[0], &a));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_a_variable_cannot_pretend_to_be_another),
		cmocka_unit_test(test_what_is_needed_here),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
