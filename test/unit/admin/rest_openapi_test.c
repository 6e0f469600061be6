#include "admin/rest/rest_openapi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

static const json_t *at(const json_t *value, const char *const *names)
{
	for (; *names; names++)
		value = json_object_get(value, *names);
	return value;
}

#define AT(value, ...) at(value, (const char *const[]){__VA_ARGS__, NULL})

static json_t *make(const struct rest_route *routes, const struct option_list *groups, bool has_credentials)
{
	json_t *document = rest_openapi_make(&(struct rest_openapi){
		.title = "some", .routes = routes, .groups = groups, .path = STR("/api"), .has_credentials = has_credentials});

	assert_non_null(document);
	return document;
}

static void test_every_path_is_there(void **state)
{
	json_t *d = make(rest_route_admin, &all_groups, true);

	(void)state;
	for (const struct rest_route *r = rest_route_admin; r->path; r++)
		assert_non_null(AT(d, "paths", r->path));
	assert_string_equal(json_string_value(AT(d, "openapi")), "3.0.3");
	assert_non_null(AT(d, "security"));
	assert_string_equal(json_string_value(AT(d, "components", "securitySchemes", "basic", "scheme")), "basic");
	json_decref(d);
}

static void test_a_path_in_full(void **state)
{
	json_t *d = make(rest_route_admin, &all_groups, false);
	const json_t *put = AT(d, "paths", "/users/{domain}/{username}", "put");
	const json_t *schema = AT(put, "requestBody", "content", "application/json", "schema");

	(void)state;
	assert_null(AT(d, "security"));
	assert_string_equal(json_string_value(AT(put, "operationId")), "putUsersDomainUsername");
	assert_int_equal(json_array_size(AT(put, "parameters")), 2);
	assert_string_equal(json_string_value(AT(schema, "properties", "newpass", "format")), "password");
	assert_string_equal(json_string_value(json_array_get(AT(schema, "required"), 0)), "newpass");
	assert_true(json_is_false(AT(schema, "additionalProperties")));
	assert_non_null(AT(put, "responses", "204"));
	assert_non_null(AT(put, "responses", "403"));
	json_decref(d);
}

static void test_only_what_is_served(void **state)
{
	static const struct str names[] = {STR("messages")};
	const struct option_list some = {names, 1};
	json_t *d = make(rest_route_admin, &some, true);

	(void)state;
	assert_int_equal(json_object_size(AT(d, "paths")), 1);
	assert_non_null(AT(d, "paths", "/messages", "post"));
	json_decref(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_path_is_there), cmocka_unit_test(test_a_path_in_full), cmocka_unit_test(test_only_what_is_served),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
