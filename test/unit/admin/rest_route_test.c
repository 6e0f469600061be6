#include "admin/rest/rest_route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "admin/operations.h"
#include "ext/all.h"

static const struct option_list all_groups;

static int prepare(void **state)
{
	(void)state;
	operations_init(all_modules, NULL);
	return 0;
}

/* "users listUsers domain=localhost", "405", "-". */
static const char *find(const struct option_list *groups, enum handler_method method, const char *path)
{
	static char text[256];
	struct rest_match m;
	struct arena a;
	int len;

	arena_init(&a, 0);
	m = rest_route_find(rest_route_admin, groups, method, str_from(path), &a);
	len = snprintf(text, sizeof(text), "%s %s", m.route ? m.route->group : m.methods ? "405" : "-", m.route ? m.route->operation : "");
	for (size_t i = 0; m.route && i < m.variable_count; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, " %.*s=%.*s", STR_ARGS(m.variables[i].name), STR_ARGS(m.variables[i].value));
	arena_fini(&a);
	return text;
}

static void test_paths_are_found(void **state)
{
	(void)state;
	assert_string_equal(find(&all_groups, HANDLER_GET, "/users/localhost"), "users listUsers domain=localhost");
	assert_string_equal(find(&all_groups, HANDLER_GET, "/users/localhost/"), "users listUsers domain=localhost");
	assert_string_equal(find(&all_groups, HANDLER_POST, "/users/localhost"), "users registerUser domain=localhost");
	assert_string_equal(find(&all_groups, HANDLER_PUT, "/users/a/b"), "users changeUserPassword domain=a username=b");
	assert_string_equal(find(&all_groups, HANDLER_DELETE, "/sessions/a/b/c%2Fd%2F%2f"),
			    "sessions kickUserSession domain=a username=b resource=c/d/%2f");
	assert_string_equal(find(&all_groups, HANDLER_DELETE, "/sessions/a/b/c%252Fd%2525"),
			    "sessions kickUserSession domain=a username=b resource=c%2Fd%25");
	assert_string_equal(find(&all_groups, HANDLER_GET, "/metrics"), "metrics getMetrics");
	assert_string_equal(find(&all_groups, HANDLER_GET, "/metrics/all"), "metrics getMetrics");
	assert_string_equal(find(&all_groups, HANDLER_GET, "/metrics/all/x"), "metrics getMetrics metric=x");
}

static void test_others_are_not(void **state)
{
	static const char *const paths[] = {"", "/", "/users", "/users/", "//", "/users//", "/users//x",
					   "/users/a/b/c", "/user/a", "users/a", "/metrics/x"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_string_equal(find(&all_groups, HANDLER_GET, paths[i]), "- ");
	assert_string_equal(find(&all_groups, HANDLER_DELETE, "/users/a"), "405 ");
	assert_string_equal(find(&all_groups, HANDLER_GET, "/messages"), "405 ");
}

static void test_methods_of_a_path(void **state)
{
	struct rest_match m;
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	m = rest_route_find(rest_route_admin, &all_groups, HANDLER_PATCH, STR("/users/a"), &a);
	assert_null(m.route);
	assert_int_equal(m.methods, HANDLER_GET | HANDLER_POST);
	m = rest_route_find(rest_route_admin, &all_groups, HANDLER_GET, STR("/users/a"), &a);
	assert_non_null(m.route);
	arena_fini(&a);
}

static void test_only_some_groups(void **state)
{
	static const struct str names[] = {STR("sessions"), STR("inbox")};
	const struct option_list some = {names, 2};

	(void)state;
	assert_string_equal(find(&some, HANDLER_GET, "/sessions/a"), "sessions listSessions domain=a");
	assert_string_equal(find(&some, HANDLER_GET, "/users/a"), "- ");
}

/* Every line names an operation that is there, and fills every argument that the operation cannot be without. */
static void check_table(const struct rest_route *routes, bool is_for_users)
{
	for (const struct rest_route *r = routes; r->path; r++) {
		const struct operation *o = rest_route_operation(r);

		assert_non_null(o);
		assert_true(!r->first || rest_route_first(r));
		assert_int_equal(o->changes, r->method != HANDLER_GET);
		if (is_for_users)
			assert_true(o->permission == OPERATION_FOR_USER || o->permission == OPERATION_FOR_USER_ONLY);
		for (const struct operation_arg *arg = o->args; arg && arg->name; arg++) {
			const struct rest_part *p = r->parts;

			while (p && p->arg && strcmp(p->arg, arg->name))
				p++;
			assert_true((p && p->arg) || arg->flags & OPERATION_OPTIONAL || (is_for_users && arg->flags & OPERATION_OWN));
		}
		for (const struct rest_part *p = r->parts; p && p->arg; p++)
			assert_non_null(rest_route_arg(o, p->arg));
	}
}

static void test_the_tables_are_sound(void **state)
{
	(void)state;
	check_table(rest_route_admin, false);
	check_table(rest_route_client, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_are_found),	  cmocka_unit_test(test_others_are_not),       cmocka_unit_test(test_methods_of_a_path),
		cmocka_unit_test(test_only_some_groups),  cmocka_unit_test(test_the_tables_are_sound),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
