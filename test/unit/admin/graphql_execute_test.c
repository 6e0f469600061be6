#include "admin/graphql/graphql_execute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "support/bed.h"

enum { LOOPS = 2 };

/* ---- operations of a module that is not there ---- */

static void run_echo(struct operation_call *c)
{
	operation_reply(c, json_pack("{s:s, s:s, s:i, s:[s,s], s:s}", "user", json_string_value(json_object_get(c->args, "user")),
				     "word", json_string_value(json_object_get(c->args, "word")), "number", 7, "words", "a", "b", "colour", "red"));
}

static void run_fail(struct operation_call *c)
{
	operation_fail(c, "not_today", "it does not work");
}

static const struct operation_type colour = {.name = "Colour", .values = "red|green"};
static const struct operation_field echo_fields[] = {
	{"user", &operation_type_jid, "who"},	 {"word", &operation_type_string, "what"},  {"number", &operation_type_int, "how many"},
	{"words", &operation_type_strings, "all"}, {"colour", &colour, "which"}, {0},
};
static const struct operation_type echo = {.name = "Echo", .fields = echo_fields};
static const struct operation_arg echo_args[] = {
	{"user", OPERATION_USER, OPERATION_OWN, NULL, "who"},
	{"word", OPERATION_STRING, 0, NULL, "what"},
	{"colour", OPERATION_ENUM, OPERATION_OPTIONAL, &colour, "which"},
	{0},
};
static const struct operation operations[] = {
	{"account", "echo", "says it again", echo_args, OPERATION_AT_USER, OPERATION_FOR_USER, false, run_echo, &echo},
	{"account", "change", "does it", echo_args, OPERATION_AT_USER, OPERATION_FOR_USER, true, run_echo, &echo},
	{"account", "fail", "does not work", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false, run_fail, &echo},
	{0},
};
static const struct module_def module = {.name = "mod_echo", .operations = operations};

/* ---- the bed ---- */

static struct {
	struct bed bed;
	struct graphql_schema *admin, *user;
	json_t *reply;
	bool is_valid, is_read_only;
} test;

static int set_up(void **state)
{
	static const struct module_def *const modules[] = {&module, NULL};

	(void)state;
	log_set_level(LOG_NONE);
	bed_open(&test.bed, LOOPS, modules, NULL);
	operations_init(modules, NULL);
	test.admin = graphql_schema_new(OPERATIONS_ADMIN);
	test.user = graphql_schema_new(OPERATIONS_USER);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	graphql_schema_free(&test.admin);
	graphql_schema_free(&test.user);
	bed_close(&test.bed);
	return 0;
}

static void on_done(void *context, bool is_valid, json_t *reply)
{
	(void)context;
	test.is_valid = is_valid;
	test.reply = reply;
}

static void execute(struct graphql_request request)
{
	request.realm = &test.bed.realm;
	request.home = &test.bed.mailboxes[0];
	test.reply = NULL;
	graphql_execute(&request, test.is_read_only, on_done, NULL);
	bed_settle(&test.bed);
	assert_non_null(test.reply);
}

static void expect(const char *data)
{
	json_t *expected = json_loads(data, 0, NULL);

	assert_non_null(expected);
	if (!json_equal(json_object_get(test.reply, "data"), expected))
		fail_msg("%s, not %s", json_dumps(test.reply, 0), data);
	json_decref(expected);
}

static void expect_error(const char *code, const char *path)
{
	const json_t *error = json_array_get(json_object_get(test.reply, "errors"), 0);
	json_t *expected = path ? json_loads(path, 0, NULL) : NULL;

	if (code)
		assert_string_equal(json_string_value(json_object_get(json_object_get(error, "extensions"), "code")), code);
	else
		assert_null(error);
	if (path)
		assert_true(json_equal(json_object_get(error, "path"), expected));
	json_decref(expected);
}

static void done(void)
{
	json_decref(test.reply);
}

/* ---- tests ---- */

static void ask(const char *text)
{
	execute((struct graphql_request){.schema = test.admin, .role = OPERATIONS_ADMIN, .is_authorized = true, .text = str_from(text)});
}

/* What is asked, what is answered, and the first error, with where it is. */
static const struct {
	const char *text, *data, *code, *path;
} cases[] = {
	{"{__typename checkAuth{authStatus domain}}",
	 "{\"__typename\":\"AdminQuery\",\"checkAuth\":{\"authStatus\":\"AUTHORIZED\",\"domain\":null}}", NULL, NULL},
	{"{account{echo(user:\"A@B\",word:\"x\"){user word number words colour __typename}}}",
	 "{\"account\":{\"echo\":{\"user\":\"a@b\",\"word\":\"x\",\"number\":7,\"words\":[\"a\",\"b\"],"
	 "\"colour\":\"RED\",\"__typename\":\"Echo\"}}}", NULL, NULL},
	{"mutation{account{change(user:\"a@b\",word:\"x\",colour:GREEN){n:number}}}", "{\"account\":{\"change\":{\"n\":7}}}", NULL, NULL},
	{"{account{a:echo(user:\"a@b\",word:\"1\"){word}b:echo(user:\"c@d\",word:\"2\"){word}a:echo(user:\"a@b\",word:\"1\"){number}}}",
	 "{\"account\":{\"a\":{\"word\":\"1\",\"number\":7},\"b\":{\"word\":\"2\"}}}", NULL, NULL},
	{"{account{fail{word}e:echo(user:\"a@b\",word:\"1\"){word}}}", "{\"account\":{\"fail\":null,\"e\":{\"word\":\"1\"}}}", "not_today",
	 "[\"account\",\"fail\"]"},
	{"{x:account{y:echo(user:\"@\",word:\"1\"){word}}}", "{\"x\":{\"y\":null}}", "bad_arguments", "[\"x\",\"y\"]"},
	{"{account{echo(user:\"a@b\",word:\"x\"){...f}}}fragment f on Echo{word ...{number @skip(if:true) words @include(if:false)}}",
	 "{\"account\":{\"echo\":{\"word\":\"x\"}}}", NULL, NULL},
	{"{a:__type(name:\"Colour\"){kind enumValues{name}}b:__type(name:\"No\"){kind}__type(name:\"Echo\"){fields{"
	 "name type{kind name ofType{kind}}}}}",
	 "{\"a\":{\"kind\":\"ENUM\",\"enumValues\":[{\"name\":\"RED\"},{\"name\":\"GREEN\"}]},\"b\":null,\"__type\":{\"fields\":["
	 "{\"name\":\"user\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"JID\",\"ofType\":null}},"
	 "{\"name\":\"word\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"String\",\"ofType\":null}},"
	 "{\"name\":\"number\",\"type\":{\"kind\":\"SCALAR\",\"name\":\"Int\",\"ofType\":null}},"
	 "{\"name\":\"words\",\"type\":{\"kind\":\"LIST\",\"name\":null,\"ofType\":{\"kind\":\"NON_NULL\"}}},"
	 "{\"name\":\"colour\",\"type\":{\"kind\":\"ENUM\",\"name\":\"Colour\",\"ofType\":null}}]}}",
	 NULL, NULL},
};

static void test_questions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		ask(cases[i].text);
		assert_true(test.is_valid);
		expect(cases[i].data);
		expect_error(cases[i].code, cases[i].path);
		done();
	}
}

static void test_what_is_not_valid(void **state)
{
	static const struct {
		const char *text, *code;
	} bad[] = {{"{", "syntax_error"}, {"{nothing}", "unknown_field"}, {"query A{__typename}query B{__typename}", "unknown_operation"}};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		ask(bad[i].text);
		assert_false(test.is_valid);
		assert_null(json_object_get(test.reply, "data"));
		expect_error(bad[i].code, NULL);
		done();
	}
}

static void test_variables(void **state)
{
	struct graphql_request r = {.schema = test.admin, .role = OPERATIONS_ADMIN, .is_authorized = true};
	json_t *given = json_pack("{s:s, s:s, s:b}", "u", "a@b", "w", "x", "no", 0);

	(void)state;
	r.text = STR("query Other{__typename}query Q($u:JID!,$w:String!=\"y\",$no:Boolean!,$c:Colour){"
		     "account{echo(user:$u,word:$w,colour:$c){word number @include(if:$no)}}}");
	r.operation_name = STR("Q");
	r.variables = given;
	execute(r);
	expect("{\"account\":{\"echo\":{\"word\":\"x\"}}}");
	done();
	json_object_del(given, "w");
	execute(r);
	expect("{\"account\":{\"echo\":{\"word\":\"y\"}}}");
	done();
	json_object_set_new(given, "u", json_integer(5));
	execute(r);
	assert_false(test.is_valid);
	expect_error("bad_variable", NULL);
	done();
	json_decref(given);
}

static void test_without_credentials_only_that_is_told(void **state)
{
	struct graphql_request r = {.schema = test.admin, .role = OPERATIONS_ADMIN};

	(void)state;
	r.text = STR("query Named{checkAuth{authStatus}account{fail{word}}}");
	execute(r);
	expect("{\"checkAuth\":{\"authStatus\":\"UNAUTHORIZED\"},\"account\":{\"fail\":null}}");
	expect_error("no_permissions", "[\"account\",\"fail\"]");
	done();
}

static void test_a_domain_administrator_has_a_domain(void **state)
{
	struct graphql_request r = {.schema = test.admin, .role = OPERATIONS_DOMAIN_ADMIN, .is_authorized = true, .domain = STR("b")};

	(void)state;
	r.text = STR("{checkAuth{domain}account{a:echo(user:\"a@b\",word:\"x\"){word}b:echo(user:\"a@c\",word:\"x\"){word}fail{word}}}");
	execute(r);
	expect("{\"checkAuth\":{\"domain\":\"b\"},\"account\":{\"a\":{\"word\":\"x\"},\"b\":null,\"fail\":null}}");
	expect_error("not_permitted", "[\"account\",\"b\"]");
	done();
}

static void test_a_user_sees_the_own_things(void **state)
{
	struct graphql_request r = {.schema = test.user, .role = OPERATIONS_USER, .is_authorized = true, .caller = STR("me@b")};

	(void)state;
	r.text = STR("{checkAuth{username}account{echo(word:\"x\"){user}}}");
	execute(r);
	expect("{\"checkAuth\":{\"username\":\"me@b\"},\"account\":{\"echo\":{\"user\":\"me@b\"}}}");
	done();
	r.text = STR("{account{echo(user:\"you@b\",word:\"x\"){user}}}");
	execute(r);
	assert_false(test.is_valid);
	done();
	r.text = STR("{account{fail{word}}}");
	execute(r);
	assert_false(test.is_valid);
	done();
}

static void test_categories(void **state)
{
	struct str names[] = {STR("account")};
	struct option_list allowed = {names, 1};
	struct graphql_request r = {.schema = test.admin, .role = OPERATIONS_ADMIN, .is_authorized = true, .categories = &allowed};

	(void)state;
	r.text = STR("{server{getLoglevel}account{echo(user:\"a@b\",word:\"x\"){word}}}");
	execute(r);
	expect("{\"server\":null,\"account\":{\"echo\":{\"word\":\"x\"}}}");
	expect_error("category_disabled", "[\"server\"]");
	done();
}

static void test_reading_changes_nothing(void **state)
{
	struct graphql_request r = {.schema = test.admin, .role = OPERATIONS_ADMIN, .is_authorized = true};

	(void)state;
	r.text = STR("mutation{account{change(user:\"a@b\",word:\"x\"){word}}}");
	test.is_read_only = true;
	execute(r);
	test.is_read_only = false;
	assert_false(test.is_valid);
	expect_error("not_a_query", NULL);
	done();
}

static void test_operations_have_an_end(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text);
	buf_append_text(&text, "{account{");
	for (int i = 0; i < GRAPHQL_EXECUTE_CALLS_MAX + 5; i++)
		buf_printf(&text, "a%d:fail{word}", i);
	buf_append_text(&text, "}}");
	execute((struct graphql_request){.schema = test.admin, .role = OPERATIONS_ADMIN, .is_authorized = true, .text = buf_str(&text)});
	assert_int_equal(json_object_size(json_object_get(json_object_get(test.reply, "data"), "account")), GRAPHQL_EXECUTE_CALLS_MAX + 5);
	done();
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_what_is_not_valid),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_without_credentials_only_that_is_told),
		cmocka_unit_test(test_a_domain_administrator_has_a_domain),
		cmocka_unit_test(test_a_user_sees_the_own_things),
		cmocka_unit_test(test_categories),
		cmocka_unit_test(test_reading_changes_nothing),
		cmocka_unit_test(test_operations_have_an_end),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
