#include "link/bosh_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/bosh_pace.h"

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

static void keeps_the_pace(void **state)
{
	struct bosh_pace p = {.rate = 0};

	(void)state;
	bosh_pace_take(&p, 1 << 30, 0);
	assert_int_equal(bosh_pace_delay_ms(&p, 0), 0);
	p.rate = 1000;
	bosh_pace_take(&p, 1000, 5000);
	assert_int_equal(bosh_pace_delay_ms(&p, 5000), 0);
	bosh_pace_take(&p, 3000, 5000);
	assert_int_equal(bosh_pace_delay_ms(&p, 5000), 3000);
	assert_int_equal(bosh_pace_delay_ms(&p, 7999), 1);
	assert_int_equal(bosh_pace_delay_ms(&p, 8000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_a_sequence),
		cmocka_unit_test(keeps_the_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
