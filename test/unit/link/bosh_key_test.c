#include "link/bosh/bosh_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>


/* SHA-1 of "a", and of that in hexadecimal. */
#define FIRST "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
#define SECOND "eee411109a229046154bc9d75265a9ccb23a3a9c"

static void follows_a_sequence(void **state)
{
	struct bosh_key k = {.last = ""};

	(void)state;
	assert_true(bosh_key_take(&k, STR_NONE, STR_NONE));
	assert_true(bosh_key_take(&k, STR_NONE, STR(SECOND)));
	assert_false(bosh_key_take(&k, STR_NONE, STR_NONE));
	assert_false(bosh_key_take(&k, STR("a"), STR_NONE));
	assert_true(bosh_key_take(&k, STR(FIRST), STR_NONE));
	/* The last of a sequence comes with the first of the next. */
	assert_true(bosh_key_take(&k, STR("a"), STR(SECOND)));
	assert_false(bosh_key_take(&k, STR(SECOND), STR_NONE));
	assert_true(bosh_key_take(&k, STR(FIRST), STR(SECOND)));
	assert_true(bosh_key_take(&k, STR(FIRST), STR_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_a_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
