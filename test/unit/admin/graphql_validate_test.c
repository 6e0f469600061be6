#include "admin/graphql/graphql_validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admin/graphql/graphql_collect.h"
#include "admin/graphql/graphql_parse.h"

static struct graphql_schema *schema;

/* A document, and the code of its first error; NULL: it is valid. */
static const struct {
	const char *text, *code;
} cases[] = {
	{"{__typename}", NULL},
	{"{checkAuth{domain authStatus}}", NULL},
	{"{account{countUsers(domain:\"a\")}}", NULL},
	{"query Q($d:DomainName!){account{countUsers(domain:$d)}}", NULL},
	{"query Q($d:DomainName=\"a\"){account{countUsers(domain:$d)}}", NULL},
	{"query A{__typename} query B{__typename}", NULL},
	{"mutation{server{setLoglevel(level:INFO)}}", NULL},
	{"mutation($l:LogLevel!){server{setLoglevel(level:$l)}}", NULL},
	{"{server{status{uptime}status{version}}}", NULL},
	{"{server{status{a:uptime b:uptime}}}", NULL},
	{"{account{...f}}fragment f on AccountAdminQuery{countUsers(domain:\"a\")}", NULL},
	{"{...{server{getLoglevel}}...on AdminQuery@include(if:true){server{getLoglevel}}}", NULL},
	{"{__type(name:\"JID\"){kind fields(includeDeprecated:true){name}}__schema{types{name}}}", NULL},
	{"{session{listSessions(domain:null){user}}}", NULL},
	{"{session{listSessions{user}}}", NULL},
	{"{account{listUsers(domain:\"a\",limit:2147483647)}}", NULL},

	{"{nothing{a}}", "unknown_field"},
	{"{account{registerUser}}", "unknown_field"},
	{"{account}", "bad_selection"},
	{"{server{getLoglevel{a}}}", "bad_selection"},
	{"{server{__schema{types{name}}}}", "unknown_field"},
	{"{account{countUsers}}", "missing_argument"},
	{"{account{countUsers(domain:null)}}", "bad_value"},
	{"{account{countUsers(domain:1)}}", "bad_value"},
	{"{account{countUsers(domain:\"a\",domain:\"b\")}}", "repeated_argument"},
	{"{account{countUsers(domain:\"a\",other:1)}}", "unknown_argument"},
	{"{account{listUsers(domain:\"a\",limit:2147483648)}}", "bad_value"},
	{"{account{listUsers(domain:\"a\",limit:\"1\")}}", "bad_value"},
	{"mutation{server{setLoglevel(level:\"INFO\")}}", "bad_value"},
	{"mutation{server{setLoglevel(level:LOUD)}}", "bad_value"},
	{"query($d:DomainName){account{countUsers(domain:$d)}}", "bad_variable"},
	{"query($d:String!){account{countUsers(domain:$d)}}", "bad_variable"},
	{"query($d:[DomainName!]!){account{countUsers(domain:$d)}}", "bad_variable"},
	{"query($d:Nothing!){account{countUsers(domain:$d)}}", "bad_variable"},
	{"query($d:Session!){__typename}", "bad_variable"},
	{"query($d:DomainName!){__typename}", "unused_variable"},
	{"query($d:DomainName!,$d:DomainName!){account{countUsers(domain:$d)}}", "repeated_variable"},
	{"query($i:Int=\"x\"){account{listUsers(domain:\"a\",limit:$i)}}", "bad_value"},
	{"{account{countUsers(domain:$d)}}", "unknown_variable"},
	{"{account{...f}}fragment f on AccountAdminQuery{countUsers(domain:$d)}", "unknown_variable"},
	{"{__typename}{__typename}", "lone_operation"},
	{"query A{__typename}query A{__typename}", "repeated_operation"},
	{"subscription{a}", "unknown_field"},
	{"subscription{stanza{subscribeForMessages(caller:\"a@b\"){sender}}}", NULL},
	{"subscription{stanza{__typename}b:stanza{__typename}}", "not_one_subscription"},
	{"subscription{...f ...f}fragment f on AdminSubscription{stanza{__typename}stanza{__typename}}", NULL},
	{"subscription{__typename}", "not_one_subscription"},
	{"fragment f on AdminQuery{__typename}", "unused_fragment"},
	{"{...f}", "unknown_fragment"},
	{"{...f}fragment f on AdminQuery{...f}", "fragment_cycle"},
	{"{...f}fragment f on AdminQuery{...g ...g}fragment g on AdminQuery{...f ...f}", "fragment_cycle"},
	{"{...f}fragment f on Session{user}", "bad_fragment"},
	{"{...f}fragment f on JID{user}", "bad_fragment"},
	{"{...f}fragment f on Nothing{user}", "bad_fragment"},
	{"{...on Session{user}}", "bad_fragment"},
	{"{...f}fragment f on AdminQuery{__typename}fragment f on AdminQuery{__typename}", "repeated_fragment"},
	{"{server{status{a:uptime a:version}}}", "conflicting_fields"},
	{"{a:account{countUsers(domain:\"a\")}a:account{countUsers(domain:\"b\")}}", "conflicting_fields"},
	{"{server{...f status{a:version}}}fragment f on ServerAdminQuery{status{a:uptime}}", "conflicting_fields"},
	{"{__typename@nothing}", "unknown_directive"},
	{"{__typename@skip}", "missing_argument"},
	{"{__typename@skip(if:1)}", "bad_value"},
	{"{__typename@skip(if:true)@skip(if:true)}", "repeated_directive"},
	{"query@skip(if:true){__typename}", "misplaced_directive"},
	{"{__typename@deprecated}", "misplaced_directive"},
};

static json_t *validate(struct str text)
{
	struct arena a;
	struct why why = {""};
	struct graphql_place at;
	json_t *errors = NULL;

	arena_init(&a, 0);
	const struct graphql_document *d = graphql_parse(text, &a, &at, &why);

	if (!d)
		fail_msg("%.*s: %s", STR_ARGS(text), why.text);
	bool is_valid = graphql_validate(schema, d, &a, &errors);

	assert_int_equal(is_valid, errors == NULL);
	arena_fini(&a);
	return errors;
}

static const char *first_code(const json_t *errors)
{
	return json_string_value(json_object_get(json_object_get(json_array_get(errors, 0), "extensions"), "code"));
}

static void test_documents(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		json_t *errors = validate(str_from(cases[i].text));
		const char *code = first_code(errors);

		if (!!code != !!cases[i].code || (code && strcmp(code, cases[i].code)))
			fail_msg("%s: %s, not %s", cases[i].text, code, cases[i].code);
		json_decref(errors);
	}
}

/* Each fragment spreads the next one twice: 2^30 fields. */
static void test_what_multiplies_is_too_much(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text);
	buf_append_text(&text, "{__schema{types{...f0}}}");
	for (int i = 0; i < 30; i++)
		buf_printf(&text, "fragment f%d on __Type{a:ofType{...f%d}b:ofType{...f%d}}", i, i + 1, i + 1);
	buf_append_text(&text, "fragment f30 on __Type{name}");
	json_t *errors = validate(buf_str(&text));

	assert_string_equal(first_code(errors), "too_complex");
	json_decref(errors);
	buf_fini(&text);
}

static void test_errors_have_an_end(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text);
	buf_append_char(&text, '{');
	for (int i = 0; i < 1000; i++)
		buf_append_text(&text, "x ");
	buf_append_char(&text, '}');
	json_t *errors = validate(buf_str(&text));

	assert_int_equal(json_array_size(errors), 20);
	json_decref(errors);
	buf_fini(&text);
}

static int set_up(void **state)
{
	(void)state;
	operations_init(NULL, NULL);
	schema = graphql_schema_new(OPERATIONS_ADMIN);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	graphql_schema_free(&schema);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_what_multiplies_is_too_much),
		cmocka_unit_test(test_errors_have_an_end),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
