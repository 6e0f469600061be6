#include "admin/rest/rest_reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct operation_type level = {.name = "Height", .values = "low|high"};
static const struct operation_field thing_fields[] = {
	{"jid", &operation_type_jid, "who"}, {"level", &level, "how high"}, {"other", &operation_type_string, "more"}, {0}};
static const struct operation_type thing = {.name = "Thing", .fields = thing_fields}, things = {.item = &thing};
static const struct operation list = {.category = "some", .name = "list", .type = &things};
static const struct operation one = {.category = "some", .name = "one", .type = &thing};

#define DATA(operation, value) "{\"data\":{\"some\":{\"" operation "\":" value "}}}"
#define ERROR(code) "{\"errors\":[{\"message\":\"no\",\"extensions\":{\"code\":\"" code "\"}}]}"
#define THINGS "[{\"jid\":\"a@b\",\"level\":\"HIGH\",\"other\":\"X\"}]"
#define METRICS "[{\"name\":\"a\",\"value\":1,\"labels\":\"\"},{\"name\":\"ab\",\"value\":2},{\"name\":\"a\",\"value\":3,\"labels\":\"x=\\\"y\\\"\"}]"

static const struct {
	enum rest_shape shape;
	const char *members, *metric, *reply;
	int status;
	const char *body;
} cases[] = {
	{REST_NOTHING, NULL, NULL, DATA("list", THINGS), 200, NULL},
	{REST_WHOLE, NULL, NULL, DATA("list", THINGS), 200, THINGS},
	{REST_EACH, "jid", NULL, DATA("list", THINGS), 200, "[\"a@b\"]"},
	{REST_OBJECTS, "jid level none", NULL, DATA("list", THINGS), 200, "[{\"jid\":\"a@b\",\"level\":\"high\",\"none\":null}]"},
	{REST_OBJECTS, "jid", NULL, DATA("list", "[]"), 200, "[]"},
	{REST_LEFT, "rest", NULL, DATA("list", "[\"done\",null,\"done\"]"), 200, "{\"rest\":[\"c@d\"]}"},
	{REST_METRIC_NAMES, NULL, NULL, DATA("list", METRICS), 200,
	 "{\"host_types\":[\"h\"],\"metrics\":[\"a\",\"ab\",\"a{x=\\\"y\\\"}\"],\"global\":[\"a\",\"ab\",\"a{x=\\\"y\\\"}\"]}"},
	{REST_METRIC_VALUES, NULL, NULL, DATA("list", METRICS), 200,
	 "{\"metrics\":{\"a\":{\"value\":1},\"ab\":{\"value\":2},\"a{x=\\\"y\\\"}\":{\"value\":3}}}"},
	{REST_METRIC, NULL, "ab", DATA("list", METRICS), 200, "{\"metric\":{\"value\":2}}"},
	{REST_METRIC, NULL, "a{x=\"y\"}", DATA("list", METRICS), 200, "{\"metric\":{\"value\":3}}"},
	{REST_METRIC, NULL, "b", DATA("list", METRICS), 404, "\"nothing of this name is counted\""},
	{REST_WHOLE, NULL, NULL, ERROR("user_not_found"), 499, "\"no\""},
	{REST_WHOLE, NULL, NULL, ERROR("domain_not_found"), 499, "\"no\""},
	{REST_WHOLE, NULL, NULL, ERROR("no_session"), 499, "\"no\""},
	{REST_WHOLE, NULL, NULL, ERROR("internal"), 500, "\"no\""},
	{REST_WHOLE, NULL, NULL, ERROR("not_permitted"), 403, "\"no\""},
	{REST_WHOLE, NULL, NULL, ERROR("user_exists"), 403, "\"no\""},
	{REST_WHOLE, NULL, NULL, ERROR("bad_something"), 400, "\"no\""},
};

static void test_shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rest_route route = {.category = "some", .operation = "list", .shape = cases[i].shape, .members = cases[i].members,
					   .status = 200, .absent_status = 499};
		struct rest_match m = {.route = &route, .operation = &list, .variables = {{STR("metric"), str_from(cases[i].metric)}}};
		json_t *reply = json_loads(cases[i].reply, 0, NULL), *hosts = json_pack("[s]", "h");
		json_t *args = json_pack("{s:[s,s,s]}", "contacts", "a@b", "c@d", "e@f");
		json_t *expected = cases[i].body ? json_loads(cases[i].body, JSON_DECODE_ANY, NULL) : NULL;
		struct rest_reply made = rest_reply_make(&m, reply, args, hosts);

		assert_int_equal(made.status, cases[i].status);
		assert_int_equal(made.body != NULL, expected != NULL);
		if (expected)
			assert_true(json_equal(made.body, expected));
		json_decref(made.body);
		json_decref(expected);
		json_decref(reply);
		json_decref(hosts);
		json_decref(args);
	}
}

static void test_what_was_made_has_a_place(void **state)
{
	struct rest_route route = {.category = "some", .operation = "one", .shape = REST_MEMBER, .members = "other", .status = 201};
	struct rest_match m = {.route = &route, .operation = &one};
	json_t *reply = json_loads(DATA("one", "{\"jid\":\"a b@c\",\"other\":\"X\"}"), 0, NULL);
	struct rest_reply made = rest_reply_make(&m, reply, NULL, NULL);

	(void)state;
	assert_int_equal(made.status, 201);
	assert_string_equal(json_string_value(made.body), "X");
	assert_true(str_is(made.local, "a b"));
	json_decref(made.body);
	json_decref(reply);
}

static void test_escapes(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out);
	rest_reply_escape(STR("a/b c\xc3\xa9%?#@-"), false, &out);
	assert_true(str_is(buf_str(&out), "a%2Fb%20c%C3%A9%25%3F%23@-"));
	buf_clear(&out);
	rest_reply_escape(STR("/a/b c"), true, &out);
	assert_true(str_is(buf_str(&out), "/a/b%20c"));
	buf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes), cmocka_unit_test(test_what_was_made_has_a_place), cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
