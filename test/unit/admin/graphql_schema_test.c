#include "admin/graphql/graphql_schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ext/all.h"

static char *print(enum operations_role role)
{
	struct graphql_schema *s = graphql_schema_new(role);
	struct buf out;

	buf_init(&out);
	graphql_schema_print(s, &out);
	buf_append_char(&out, '\0');
	graphql_schema_free(&s);
	return buf_take(&out, NULL);
}

static void test_categories_become_types(void **state)
{
	static const char *const parts[] = {
		"schema {\n  query: AdminQuery\n  mutation: AdminMutation\n  subscription: AdminSubscription\n}",
		"  account: AccountAdminQuery\n",
		"  checkAuth: AdminAuthInfo\n",
		"  ): CheckPasswordPayload\n",
		"    user: JID!\n",
		"  ): [Session!]\n",
		"    domain: DomainName\n",
		"enum LogLevel {\n  NONE\n",
		"    level: LogLevel!\n",
		"scalar JID\n",
	};
	char *text = print(OPERATIONS_ADMIN);

	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (!strstr(text, parts[i]))
			fail_msg("there is no \"%s\" in\n%s", parts[i], text);
	assert_null(strstr(text, "scalar String"));
	assert_null(strstr(text, "type __Type"));
	free(text);
}

static void test_users_have_another_schema(void **state)
{
	char *text = print(OPERATIONS_USER);

	(void)state;
	assert_non_null(strstr(text, "  query: UserQuery\n"));
	assert_non_null(strstr(text, "  checkAuth: UserAuthInfo\n"));
	assert_null(strstr(text, "Admin"));
	assert_null(strstr(text, "registerUser"));
	free(text);
}

static void write_of(const struct graphql_schema *s, const struct graphql_type_name *name, const char *expected)
{
	struct arena a;
	struct buf out;

	arena_init(&a, 0);
	buf_init(&out);
	const struct graphql_type *t = graphql_schema_resolve(s, name, &a);

	assert_non_null(t);
	graphql_schema_write_type(t, &out);
	assert_true(str_is(buf_str(&out), expected));
	assert_true(graphql_schema_equal(t, graphql_schema_resolve(s, name, &a)));
	assert_false(graphql_schema_equal(t, graphql_schema_type(s, STR("Boolean"))));
	buf_fini(&out);
	arena_fini(&a);
}

static void test_types_are_found_by_their_words(void **state)
{
	struct graphql_schema *s = graphql_schema_new(OPERATIONS_ADMIN);
	struct graphql_type_name name = {.name = STR("JID"), .is_required = true}, list = {.of = &name}, all = {.of = &list, .is_required = true};
	struct graphql_type_name unknown = {.name = STR("Nobody")}, unknown_list = {.of = &unknown};

	(void)state;
	write_of(s, &name, "JID!");
	write_of(s, &list, "[JID!]");
	write_of(s, &all, "[[JID!]]!");
	assert_null(graphql_schema_resolve(s, &unknown_list, NULL));
	graphql_schema_free(&s);
}

static int set_up(void **state)
{
	(void)state;
	operations_init(all_modules, NULL);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_categories_become_types),
		cmocka_unit_test(test_users_have_another_schema),
		cmocka_unit_test(test_types_are_found_by_their_words),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
