#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void gives_zeroed_memory(void **state)
{
	char *p = mem_new(100), *q = mem_new_array(10, 10), zeros[100] = {0};

	(void)state;
	assert_memory_equal(p, zeros, 100);
	assert_memory_equal(q, zeros, 100);
	free(p);
	free(q);
}

static void gives_something_for_nothing(void **state)
{
	void *p = mem_new(0), *q = mem_new_array(0, 8), *r = mem_resize(NULL, 0);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	assert_non_null(r);
	free(p);
	free(q);
	free(r);
}

static void resizes(void **state)
{
	char *p = mem_new(4);

	(void)state;
	memcpy(p, "abc", 4);
	p = mem_resize(p, 4096);
	assert_string_equal(p, "abc");
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_memory),
		cmocka_unit_test(gives_something_for_nothing),
		cmocka_unit_test(resizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
