#include "admin/operations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admin/arguments.h"
#include "ext/all.h"

static const struct operation_type level = {.name = "Height", .values = "low|high"};

static const struct operation_arg contact_fields[] = {
	{"jid", OPERATION_BARE_JID, 0, NULL, "whom"},
	{"groups", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "where"},
	{0},
};
static const struct operation_type contact = {.name = "ContactInput", .inputs = contact_fields};

static const struct operation_arg some_args[] = {
	{"name", OPERATION_STRING, false, NULL, "a name"},
	{"count", OPERATION_INT, true, NULL, "how many"},
	{"loud", OPERATION_BOOL, true, NULL, "with noise"},
	{"user", OPERATION_BARE_JID, true, NULL, "an account"},
	{"session", OPERATION_JID, true, NULL, "a session"},
	{"domain", OPERATION_DOMAIN, true, NULL, "a domain"},
	{"level", OPERATION_ENUM, true, &level, "how high"},
	{"names", OPERATION_STRING, OPERATION_OPTIONAL | OPERATION_LIST, NULL, "some names"},
	{"contacts", OPERATION_INPUT, OPERATION_OPTIONAL | OPERATION_LIST, &contact, "some contacts"},
	{"account", OPERATION_USER, OPERATION_OPTIONAL, NULL, "an account"},
	{"full", OPERATION_FULL_JID, OPERATION_OPTIONAL, NULL, "a session"},
	{"local", OPERATION_USER_NAME, OPERATION_OPTIONAL, NULL, "half an address"},
	{"text", OPERATION_TEXT, OPERATION_OPTIONAL, NULL, "some words"},
	{"number", OPERATION_NUMBER, OPERATION_OPTIONAL, NULL, "how many"},
	{"index", OPERATION_INDEX, OPERATION_OPTIONAL, NULL, "from where"},
	{"time", OPERATION_TIME, OPERATION_OPTIONAL, NULL, "since when"},
	{"other", OPERATION_JID, OPERATION_OPTIONAL | OPERATION_ANY_DOMAIN, NULL, "whoever"},
	{0},
};
static const struct operation some_operation = {.category = "some", .name = "thing", .args = some_args};

/* What is given, what comes out (NULL: refused), and a word of the refusal. */
static const struct {
	const char *given, *checked, *word;
} cases[] = {
	{"{\"name\":\"x\"}", "{\"name\":\"x\"}", NULL},
	{"{\"name\":\"x\",\"count\":null}", "{\"name\":\"x\"}", NULL},
	{"{\"name\":\"\"}", "{\"name\":\"\"}", NULL},
	{"{\"name\":\"x\",\"count\":\"17\"}", "{\"name\":\"x\",\"count\":17}", NULL},
	{"{\"name\":\"x\",\"count\":-3}", "{\"name\":\"x\",\"count\":-3}", NULL},
	{"{\"name\":\"x\",\"loud\":\"true\"}", "{\"name\":\"x\",\"loud\":true}", NULL},
	{"{\"name\":\"x\",\"user\":\"Alice@LOCALHOST\"}", "{\"name\":\"x\",\"user\":\"alice@localhost\"}", NULL},
	{"{\"name\":\"x\",\"session\":\"a@b/C d\"}", "{\"name\":\"x\",\"session\":\"a@b/C d\"}", NULL},
	{"{\"name\":\"x\",\"domain\":\"LOCALHOST\"}", "{\"name\":\"x\",\"domain\":\"localhost\"}", NULL},
	{"{\"name\":\"x\",\"level\":\"HIGH\"}", "{\"name\":\"x\",\"level\":\"high\"}", NULL},
	{"{\"name\":\"x\",\"names\":[\"a\",\"b,c\"]}", "{\"name\":\"x\",\"names\":[\"a\",\"b,c\"]}", NULL},
	{"{\"name\":\"x\",\"names\":\"a, b\"}", "{\"name\":\"x\",\"names\":[\"a\",\"b\"]}", NULL},
	{"{\"name\":\"x\",\"contacts\":[{\"jid\":\"A@b\"}]}", "{\"name\":\"x\",\"contacts\":[{\"jid\":\"a@b\"}]}", NULL},
	{"{\"name\":\"x\",\"contacts\":\"[{\\\"jid\\\":\\\"a@b\\\",\\\"groups\\\":[\\\"g\\\"]}]\"}",
	 "{\"name\":\"x\",\"contacts\":[{\"jid\":\"a@b\",\"groups\":[\"g\"]}]}", NULL},
	{"{\"name\":\"x\",\"account\":\"A@b/c\"}", "{\"name\":\"x\",\"account\":\"a@b\"}", NULL},
	{"{\"name\":\"x\",\"full\":\"A@b/c\"}", "{\"name\":\"x\",\"full\":\"a@b/c\"}", NULL},
	{"{\"name\":\"x\",\"local\":\"Alice\"}", "{\"name\":\"x\",\"local\":\"alice\"}", NULL},
	{"{\"name\":\"x\",\"number\":1,\"index\":\"0\"}", "{\"name\":\"x\",\"number\":1,\"index\":0}", NULL},
	{"{\"name\":\"x\",\"time\":\"1970-01-01T00:00:01Z\"}", "{\"name\":\"x\",\"time\":1000}", NULL},
	{"{\"name\":\"x\",\"full\":\"a@b\"}", NULL, "user@domain/resource"},
	{"{\"name\":\"x\",\"local\":\"a@b\"}", NULL, "before the @"},
	{"{\"name\":\"x\",\"local\":\"\"}", NULL, "before the @"},
	{"{\"name\":\"x\",\"text\":\"\"}", NULL, "not empty"},
	{"{\"name\":\"x\",\"number\":0}", NULL, "above zero"},
	{"{\"name\":\"x\",\"index\":\"-1\"}", NULL, "zero or above"},
	{"{\"name\":\"x\",\"time\":\"yesterday\"}", NULL, "a date"},
	{"{}", NULL, "--name"},
	{"{\"name\":\"x\",\"names\":[1]}", NULL, "--names"},
	{"{\"name\":\"x\",\"contacts\":{\"jid\":\"a@b\"}}", NULL, "--contacts"},
	{"{\"name\":\"x\",\"contacts\":[{\"jid\":\"@\"}]}", NULL, "--contacts"},
	{"{\"name\":\"x\",\"contacts\":[{\"jid\":\"a@b\",\"age\":1}]}", NULL, "--contacts"},
	{"{\"name\":\"x\",\"contacts\":\"[{\"}", NULL, "--contacts"},
	{"{\"name\":1}", NULL, "--name"},
	{"{\"name\":\"x\",\"unknown\":1}", NULL, "--unknown"},
	{"{\"name\":\"x\",\"count\":\"many\"}", NULL, "an integer"},
	{"{\"name\":\"x\",\"count\":1.5}", NULL, "an integer"},
	{"{\"name\":\"x\",\"loud\":\"yes\"}", NULL, "true or false"},
	{"{\"name\":\"x\",\"user\":\"localhost\"}", NULL, "user@domain"},
	{"{\"name\":\"x\",\"user\":\"a@b/c\"}", NULL, "user@domain"},
	{"{\"name\":\"x\",\"user\":\"@\"}", NULL, "user@domain"},
	{"{\"name\":\"x\",\"domain\":\"a@b\"}", NULL, "a domain"},
	{"{\"name\":\"x\",\"level\":\"middle\"}", NULL, "low|high"},
	{"{\"name\":\"x\",\"level\":\"\"}", NULL, "low|high"},
};

static void test_arguments_are_checked_and_made_canonical(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct why why = {""};
		json_t *given = json_loads(cases[i].given, 0, NULL);
		json_t *expected = cases[i].checked ? json_loads(cases[i].checked, 0, NULL) : NULL;
		json_t *checked = arguments_check(&some_operation, given, &why);
		if (expected)
			assert_true(json_equal(checked, expected));
		else
			assert_null(checked);
		if (cases[i].word)
			assert_non_null(strstr(why.text, cases[i].word));
		json_decref(given);
		json_decref(expected);
		json_decref(checked);
	}
}

static void test_an_operation_without_arguments_takes_none(void **state)
{
	static const struct operation plain = {.category = "some", .name = "plain"};
	struct why why = {""};
	(void)state;
	json_t *none = arguments_check(&plain, NULL, &why);
	assert_int_equal(json_object_size(none), 0);
	json_decref(none);
	json_t *given = json_pack("{s:i}", "x", 1);
	assert_null(arguments_check(&plain, given, &why));
	json_decref(given);
}

static void test_a_domain_administrator_stays_within_the_domain(void **state)
{
	(void)state;
	struct operation_call c = {.operation = &some_operation};
	c.args = json_pack("{s:s, s:s, s:s}", "name", "x", "user", "a@one", "domain", "one");
	assert_true(arguments_are_within(&c, STR("one")));
	assert_false(arguments_are_within(&c, STR("two")));
	json_object_set_new(c.args, "session", json_string("b@two/r"));
	assert_false(arguments_are_within(&c, STR("one")));
	json_object_del(c.args, "session");
	json_object_set_new(c.args, "other", json_string("b@two"));
	assert_true(arguments_are_within(&c, STR("one")));
	json_object_set_new(c.args, "contacts", json_pack("[{s:s},{s:s}]", "jid", "c@one", "jid", "c@two"));
	assert_false(arguments_are_within(&c, STR("one")));
	/* Who names nothing means everything. */
	json_object_clear(c.args);
	assert_false(arguments_are_within(&c, STR("one")));
	json_object_set_new(c.args, "other", json_string("b@one"));
	assert_false(arguments_are_within(&c, STR("one")));
	json_decref(c.args);
}

static void test_users_call_for_themselves(void **state)
{
	static const struct operation_arg args[] = {
		{"user", OPERATION_BARE_JID, OPERATION_OWN, NULL, "whose"},
		{"contact", OPERATION_BARE_JID, 0, NULL, "whom"},
		{0},
	};
	static const struct operation own = {.category = "some", .name = "own", .args = args};
	json_t *given = json_pack("{s:s, s:s}", "user", "eve@b", "contact", "c@b");
	json_t *asked = arguments_with_caller(&own, given, STR("alice@b"));

	(void)state;
	assert_string_equal(json_string_value(json_object_get(asked, "user")), "alice@b");
	assert_string_equal(json_string_value(json_object_get(asked, "contact")), "c@b");
	assert_string_equal(json_string_value(json_object_get(given, "user")), "eve@b");
	json_decref(asked);
	json_decref(given);
}

static void test_every_operation_can_be_found_and_explains_itself(void **state)
{
	(void)state;
	operations_init(all_modules, NULL);
	size_t count = 0;
	for (const struct operation *const *o = operations_all(); *o; o++, count++) {
		const struct operation *found = operations_find(str_from((*o)->category), str_from((*o)->name));
		assert_true(found == *o || (*o)->permission == OPERATION_FOR_USER_ONLY);
		assert_true(operations_has_category(str_from((*o)->category)));
		assert_true(strlen((*o)->help) > 0);
		assert_true(strlen(operations_category_help(str_from((*o)->category))) > 0);
		for (const struct operation_arg *a = (*o)->args; a && a->name; a++)
			assert_true(strlen(a->help) > 0 && (a->type != OPERATION_ENUM || a->of->values));
		assert_non_null((*o)->type);
	}
	assert_true(count >= 17);
	assert_null(operations_find(STR("account"), STR("nothing")));
	assert_false(operations_has_category(STR("nothing")));
}

static void remember(void *context, json_t *reply)
{
	*(json_t **)context = reply;
}

static void test_who_may_not_is_told_so(void **state)
{
	(void)state;
	json_t *reply = NULL;
	operations_init(NULL, NULL);
	struct operations_request request = {.operation = operations_find(STR("server"), STR("stop")), .role = OPERATIONS_USER,
					     .on_reply = remember, .context = &reply};
	operations_start(NULL, &request);
	json_t *error = json_array_get(json_object_get(reply, "errors"), 0);
	assert_string_equal(json_string_value(json_object_get(json_object_get(error, "extensions"), "code")), "not_permitted");
	json_decref(reply);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments_are_checked_and_made_canonical),
		cmocka_unit_test(test_an_operation_without_arguments_takes_none),
		cmocka_unit_test(test_a_domain_administrator_stays_within_the_domain),
		cmocka_unit_test(test_users_call_for_themselves),
		cmocka_unit_test(test_every_operation_can_be_found_and_explains_itself),
		cmocka_unit_test(test_who_may_not_is_told_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
