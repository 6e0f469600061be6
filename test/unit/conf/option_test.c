#include "conf/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void names_values(void **state)
{
	(void)state;
	assert_true(str_is(option_value_name("a|bc|d", 0), "a"));
	assert_true(str_is(option_value_name("a|bc|d", 1), "bc"));
	assert_true(str_is(option_value_name("a|bc|d", 2), "d"));
	assert_null(option_value_name("a|bc|d", 3).data);
	assert_null(option_value_name("a|bc|d", 9).data);
	assert_true(str_is(option_value_name("one", 0), "one"));
	assert_null(option_value_name(NULL, 0).data);
}

static void puts_the_host_in(void **state)
{
	static const struct {
		const char *text, *result;
	} cases[] = {
		{"vjud.@HOST@", "vjud.example.org"}, {"@HOST@", "example.org"}, {"a.@HOST@.b", "a.example.org.b"}, {"plain", "plain"},
		{"@HOST", "@HOST"},                  {"", ""},
	};
	struct arena a;
	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_true(str_is(option_with_host(str_from(cases[i].text), &a, STR("example.org")), cases[i].result));
	assert_null(option_with_host(STR_NONE, &a, STR("example.org")).data);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_values),
		cmocka_unit_test(puts_the_host_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
