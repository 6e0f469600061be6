#include "base/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What every process has, by names with an underscore. */
int no_such_function(void); /* but this one */

#define FUNCTIONS(X) X(pthread, self) X(pthread, equal)
#define WRONG_FUNCTIONS(X) X(pthread, self) X(no, such_function)

LIBRARY(threads, FUNCTIONS, "libc.so.6");
LIBRARY(wrong, WRONG_FUNCTIONS, "libc.so.6");
LIBRARY(missing, FUNCTIONS, "libmeerkat-has-no-such.so.1");

static void functions_are_there(void **state)
{
	struct why why = {""};

	(void)state;
	assert_null(threads.self);
	assert_true(library_load(&threads_library, &why));
	assert_true(threads.equal(threads.self(), pthread_self()));
	assert_true(library_load(&threads_library, &why)); /* again */
	assert_true(threads.equal(threads.self(), pthread_self()));
}

static void missing_library_is_told(void **state)
{
	struct why why = {""};

	(void)state;
	assert_false(library_load(&missing_library, &why));
	assert_non_null(strstr(why.text, "libmeerkat-has-no-such.so.1"));
	assert_null(missing.self);
	assert_false(library_load(&missing_library, NULL));
}

static void missing_function_is_told(void **state)
{
	struct why why = {""};

	(void)state;
	assert_false(library_load(&wrong_library, &why));
	assert_non_null(strstr(why.text, "no_such_function"));
	assert_null(wrong.such_function);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_there),
		cmocka_unit_test(missing_library_is_told),
		cmocka_unit_test(missing_function_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
