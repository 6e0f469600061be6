#include "ext/register/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ext/register/strength.h"

static struct ip address(const char *text)
{
	struct ip ip;
	assert_true(ip_parse(str_from(text), &ip));
	return ip;
}

static void test_an_address_waits_for_its_time(void **state)
{
	(void)state;
	assert_true(throttle_pass(address("10.0.0.1"), 1000, 600));
	assert_false(throttle_pass(address("10.0.0.1"), 2000, 600));
	assert_true(throttle_pass(address("10.0.0.2"), 2000, 600));
	assert_false(throttle_pass(address("10.0.0.1"), 600999, 600));
	assert_true(throttle_pass(address("10.0.0.1"), 601000, 600));
	assert_true(throttle_pass(address("10.0.0.3"), 1000, INT64_MAX - 1));
	assert_false(throttle_pass(address("10.0.0.3"), 2000, INT64_MAX - 1));
}

static void test_one_that_failed_may_try_again(void **state)
{
	(void)state;
	assert_true(throttle_pass(address("10.0.1.1"), 1000, 600));
	throttle_forget(address("10.0.1.1"));
	assert_true(throttle_pass(address("10.0.1.1"), 1001, 600));
	throttle_forget(address("10.0.1.99"));
}

static void test_ipv6_counts_by_network(void **state)
{
	(void)state;
	assert_true(throttle_pass(address("2001:db8:1:2::1"), 1000, 600));
	assert_false(throttle_pass(address("2001:db8:1:2:ffff::9"), 1000, 600));
	assert_true(throttle_pass(address("2001:db8:1:3::1"), 1000, 600));
}

/* However many addresses come, memory does not grow; who cannot be remembered is refused, not let through unseen. */
static void test_it_is_bounded(void **state)
{
	struct ip ip = {.version = 4};
	size_t passed = 0;
	(void)state;
	for (uint32_t i = 0; i < 200000; i++) {
		ip.bytes[0] = 11;
		ip.bytes[1] = (uint8_t)(i >> 16);
		ip.bytes[2] = (uint8_t)(i >> 8);
		ip.bytes[3] = (uint8_t)i;
		passed += throttle_pass(ip, 5000000, 600);
	}
	assert_true(passed > 10000 && passed <= 16384);
}

static void test_strength_of_passwords(void **state)
{
	static const struct {
		const char *password;
		double least, most;
	} cases[] = {
		{"", 0, 0}, {"aaaa", 18, 19}, {"secret", 28, 29}, {"Secret", 34, 35}, {"S3cret", 35, 36}, {"S3cr!t", 39, 40}, {"pässword", 64, 72},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		double bits = strength_bits(str_from(cases[i].password));
		assert_true(bits >= cases[i].least && bits <= cases[i].most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_address_waits_for_its_time), cmocka_unit_test(test_one_that_failed_may_try_again),
		cmocka_unit_test(test_ipv6_counts_by_network),        cmocka_unit_test(test_it_is_bounded),
		cmocka_unit_test(test_strength_of_passwords),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
