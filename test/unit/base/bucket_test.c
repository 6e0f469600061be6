#include "base/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void begins_full(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 100, 5000);
	assert_int_equal(bucket_level(&b, 5000), 100);
	bucket_take(&b, 30);
	assert_int_equal(bucket_level(&b, 5000), 70);
}

static void fills_as_time_passes(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 100, 0);
	bucket_take(&b, 100);
	assert_int_equal(bucket_level(&b, 0), 0);
	assert_int_equal(bucket_level(&b, 9), 0); /* not yet a whole one */
	assert_int_equal(bucket_level(&b, 10), 1);
	assert_int_equal(bucket_level(&b, 509), 50);
	assert_int_equal(bucket_level(&b, 510), 51);
	bucket_take(&b, 51);
	assert_int_equal(bucket_level(&b, 1010), 50);
}

static void holds_one_second(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 100, 0);
	bucket_take(&b, 50);
	assert_int_equal(bucket_level(&b, 400), 90);
	assert_int_equal(bucket_level(&b, 501), 100);
	assert_int_equal(bucket_level(&b, UINT64_MAX), 100);
}

static void says_how_long_to_wait(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 3, 0);
	assert_int_equal(bucket_wait_ms(&b, 3), 0);
	bucket_take(&b, 3);
	assert_int_equal(bucket_wait_ms(&b, 1), 334);
	assert_int_equal(bucket_level(&b, 333), 0);
	assert_int_equal(bucket_wait_ms(&b, 1), 1);
	assert_int_equal(bucket_level(&b, 334), 1);
	assert_int_equal(bucket_wait_ms(&b, 3), 666);
	/* More than there can be: until it is full. */
	assert_int_equal(bucket_wait_ms(&b, 1000), 666);
}

static void remembers_debt(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 100, 0);
	bucket_take(&b, 600);
	assert_int_equal(bucket_level(&b, 4000), 0);
	assert_int_equal(bucket_level(&b, 5000), 0);
	assert_int_equal(bucket_level(&b, 5010), 1);
	assert_int_equal(bucket_level(&b, 6000), 100);
}

static void a_clock_that_goes_back_stands_still(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 100, 1000);
	bucket_take(&b, 100);
	assert_int_equal(bucket_level(&b, 900), 0);
	assert_int_equal(bucket_level(&b, 1000), 0);
	assert_int_equal(bucket_level(&b, 1100), 10);
}

static void survives_any_number(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, INT64_MAX, 0);
	assert_true(bucket_level(&b, 0) > INT64_MAX / 5000);
	for (int i = 0; i < 10; i++)
		bucket_take(&b, INT64_MAX);
	assert_int_equal(bucket_level(&b, 1), 0);
	assert_true(bucket_wait_ms(&b, INT64_MAX) <= 4000);
	assert_true(bucket_level(&b, UINT64_MAX) > INT64_MAX / 5000);
	bucket_init(&b, 1, 0);
	bucket_take(&b, INT64_MAX);
	assert_int_equal(bucket_level(&b, UINT64_MAX / 2), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begins_full),
		cmocka_unit_test(fills_as_time_passes),
		cmocka_unit_test(holds_one_second),
		cmocka_unit_test(says_how_long_to_wait),
		cmocka_unit_test(remembers_debt),
		cmocka_unit_test(a_clock_that_goes_back_stands_still),
		cmocka_unit_test(survives_any_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
