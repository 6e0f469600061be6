#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "auth/admission.h"

static const struct config_meerkat limits = {
	.max_unauthenticated_per_address = 3, .max_login_failures_per_address = 6, .max_input_bytes = 1000,
};

static struct ip address(uint8_t last)
{
	return (struct ip){.bytes = {10, 0, 0, last}, .version = 4, .port = last};
}

static void test_waiting_connections_are_counted(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(admission_enter(address(1), &limits, 1000), ADMISSION_GRANTED);
	assert_int_equal(admission_enter(address(1), &limits, 1000), ADMISSION_CROWDED);
	/* Others do not notice; the port is not part of it. */
	assert_int_equal(admission_enter(address(2), &limits, 1000), ADMISSION_GRANTED);
	struct ip same = address(1);
	same.port = 99;
	assert_int_equal(admission_enter(same, &limits, 1000), ADMISSION_CROWDED);
	admission_leave(address(1));
	assert_int_equal(admission_enter(address(1), &limits, 1000), ADMISSION_GRANTED);
	for (int i = 0; i < 3; i++)
		admission_leave(address(1));
	admission_leave(address(2));
	assert_int_equal(admission_addresses(), 0);
}

static void test_version_6_is_another_address(void **state)
{
	struct ip six = address(1);

	(void)state;
	six.version = 6;
	for (int i = 0; i < 3; i++)
		assert_int_equal(admission_enter(six, &limits, 1000), ADMISSION_GRANTED);
	assert_int_equal(admission_enter(address(1), &limits, 1000), ADMISSION_GRANTED);
	admission_leave(address(1));
	for (int i = 0; i < 3; i++)
		admission_leave(six);
	assert_int_equal(admission_addresses(), 0);
}

static void test_a_network_of_version_6_is_one_address(void **state)
{
	struct ip one = {.bytes = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 7, 1}, .version = 6}, same = one, other = one;

	(void)state;
	same.bytes[8] = same.bytes[15] = 2;
	other.bytes[7] = 8;
	for (int i = 0; i < 3; i++)
		assert_int_equal(admission_enter(i ? one : same, &limits, 1000), ADMISSION_GRANTED);
	assert_int_equal(admission_enter(same, &limits, 1000), ADMISSION_CROWDED);
	assert_int_equal(admission_enter(other, &limits, 1000), ADMISSION_GRANTED);
	assert_int_equal(admission_addresses(), 2);
	admission_leave(other);
	for (int i = 0; i < 3; i++)
		admission_leave(one);
	assert_int_equal(admission_addresses(), 0);
	for (int i = 0; i < 6; i++)
		admission_fail(i % 2 ? one : same, &limits, 1000);
	assert_false(admission_may_try(same, &limits, 1000));
	assert_true(admission_may_try(other, &limits, 1000));
	/* Forgotten with the minute. */
	assert_true(admission_may_try(other, &limits, 62000));
	assert_int_equal(admission_addresses(), 0);
}

static void test_failed_logins_are_forgiven_in_time(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		assert_true(admission_fail(address(3), &limits, 5000));
	assert_int_equal(admission_enter(address(3), &limits, 5000), ADMISSION_GRANTED);
	admission_leave(address(3));
	assert_false(admission_fail(address(3), &limits, 5000));
	assert_int_equal(admission_enter(address(3), &limits, 5000), ADMISSION_FAILED);
	assert_int_equal(admission_enter(address(4), &limits, 5000), ADMISSION_GRANTED);
	admission_leave(address(4));
	/* Six a minute: one every ten seconds. */
	assert_int_equal(admission_enter(address(3), &limits, 14999), ADMISSION_FAILED);
	assert_int_equal(admission_enter(address(3), &limits, 15000), ADMISSION_GRANTED);
	admission_leave(address(3));
	assert_false(admission_fail(address(3), &limits, 15000));
	assert_int_equal(admission_addresses(), 1);
	/* And all of them after a minute of quiet. */
	assert_int_equal(admission_enter(address(4), &limits, 75000), ADMISSION_GRANTED);
	assert_int_equal(admission_addresses(), 1);
	admission_leave(address(4));
	for (int i = 0; i < 5; i++)
		assert_true(admission_fail(address(3), &limits, 76000));
	assert_int_equal(admission_enter(address(4), &limits, 200000), ADMISSION_GRANTED);
	admission_leave(address(4));
	assert_int_equal(admission_addresses(), 0);
}

/* The clocks of two loops are never quite the same. */
static void test_a_loop_whose_clock_is_behind_forgives_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 6; i++)
		(void)admission_fail(address(6), &limits, 300001);
	assert_int_equal(admission_enter(address(6), &limits, 300000), ADMISSION_FAILED);
	assert_false(admission_fail(address(6), &limits, 300000));
	assert_int_equal(admission_enter(address(6), &limits, 310000), ADMISSION_FAILED);
	assert_int_equal(admission_enter(address(6), &limits, 310001), ADMISSION_GRANTED);
	admission_leave(address(6));
	assert_int_equal(admission_enter(address(4), &limits, 400000), ADMISSION_GRANTED);
	admission_leave(address(4));
	assert_int_equal(admission_addresses(), 0);
}

static void test_held_bytes_have_a_budget(void **state)
{
	(void)state;
	assert_true(admission_hold(0, 600, &limits));
	assert_true(admission_hold(0, 400, &limits));
	assert_false(admission_hold(400, 401, &limits));
	assert_true(admission_hold(401, 0, &limits));
	assert_true(admission_hold(600, 1000, &limits));
	assert_true(admission_hold(1000, 0, &limits));
	assert_true(admission_hold(0, 1000, &limits));
	assert_true(admission_hold(1000, 0, &limits));
}

static void *enter_and_leave(void *context)
{
	int *granted = context;

	for (int i = 0; i < 2000; i++) {
		if (admission_enter(address(5), &limits, 1000000) == ADMISSION_GRANTED) {
			++*granted;
			admission_leave(address(5));
		}
		admission_hold(0, 10, &limits);
		admission_hold(10, 0, &limits);
	}
	return NULL;
}

static void test_from_many_threads(void **state)
{
	pthread_t threads[3];
	int granted[3] = {0};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, enter_and_leave, &granted[i]), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(granted[i], 2000);
	assert_int_equal(admission_addresses(), 0);
	assert_true(admission_hold(0, 1000, &limits));
	assert_true(admission_hold(1000, 0, &limits));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waiting_connections_are_counted),
		cmocka_unit_test(test_version_6_is_another_address),
		cmocka_unit_test(test_a_network_of_version_6_is_one_address),
		cmocka_unit_test(test_failed_logins_are_forgiven_in_time),
		cmocka_unit_test(test_a_loop_whose_clock_is_behind_forgives_nothing),
		cmocka_unit_test(test_held_bytes_have_a_budget),
		cmocka_unit_test(test_from_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
