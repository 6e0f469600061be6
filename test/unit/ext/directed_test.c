#include "ext/presence/directed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

static void assert_holds(const struct directed *d, const char *const *expected)
{
	size_t cursor = 0;

	for (; *expected; expected++)
		assert_true(str_is(directed_next(d, &cursor), *expected));
	assert_null(directed_next(d, &cursor).data);
}

static void remembers_each_once(void **state)
{
	struct directed *d = NULL;

	(void)state;
	assert_holds(d, (const char *[]){NULL});
	directed_remove(&d, STR("a@b"));
	assert_true(directed_add(&d, STR("a@b/c")));
	assert_true(directed_add(&d, STR("a@b")));
	assert_true(directed_add(&d, STR("a@b/c")));
	assert_true(directed_add(&d, STR("room@conference.example.com/nick")));
	assert_holds(d, (const char *[]){"a@b/c", "a@b", "room@conference.example.com/nick", NULL});
	directed_remove(&d, STR("a@b"));
	directed_remove(&d, STR("a@b"));
	assert_holds(d, (const char *[]){"a@b/c", "room@conference.example.com/nick", NULL});
	directed_remove(&d, STR("a@b/c"));
	directed_remove(&d, STR("room@conference.example.com/nick"));
	assert_null(d);
	directed_free(&d);
}

static void is_bounded(void **state)
{
	struct directed *d = NULL;
	char address[32];

	(void)state;
	for (int i = 0; i < DIRECTED_MAX; i++) {
		snprintf(address, sizeof(address), "%d@example.com", i);
		assert_true(directed_add(&d, str_from(address)));
	}
	assert_false(directed_add(&d, STR("one@more")));
	assert_true(directed_add(&d, STR("0@example.com")));
	directed_remove(&d, STR("500@example.com"));
	assert_true(directed_add(&d, STR("one@more")));
	directed_free(&d);
	assert_null(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers_each_once),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
