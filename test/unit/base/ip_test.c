#include "base/ip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>

static void reads_and_writes_addresses(void **state)
{
	static const struct {
		const char *text, *shown; /* shown NULL: not an address */
		int version;
	} cases[] = {
		{"127.0.0.1", "127.0.0.1", 4},
		{"127.1", "127.0.0.1", 4},
		{"0", "0.0.0.0", 4},
		{"::", "::", 6},
		{"::1", "::1", 6},
		{"2001:DB8::5", "2001:db8::5", 6},
		{"::ffff:10.1.2.3", "10.1.2.3", 4},
		{"", NULL, 0},
		{"localhost", NULL, 0},
		{"127.0.0.1 ", NULL, 0},
		{"127.0.0.256", NULL, 0},
		{"1.2.3.4.5", NULL, 0},
		{"0x7f.1", NULL, 0},
		{"::1%lo", NULL, 0},
		{"[::1]", NULL, 0},
		{":::", NULL, 0},
		{"1111111111111111111111111111111111111111111111111111111111111111111111", NULL, 0},
	};
	char text[IP_TEXT_MAX];
	struct ip a;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool ok = ip_parse(str_from(cases[i].text), &a);

		assert_int_equal(ok, cases[i].shown != NULL);
		if (ok) {
			assert_int_equal(a.version, cases[i].version);
			assert_string_equal(ip_format(a, false, text), cases[i].shown);
		}
	}
}

static void shows_ports(void **state)
{
	char text[IP_TEXT_MAX];
	struct ip a;

	(void)state;
	assert_true(ip_parse(STR("127.0.0.1"), &a));
	a.port = 5222;
	assert_string_equal(ip_format(a, true, text), "127.0.0.1:5222");
	assert_true(ip_parse(STR("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), &a));
	a.port = 65535;
	assert_string_equal(ip_format(a, true, text), "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535");
	assert_string_equal(ip_format((struct ip){0}, true, text), "local");
}

static void goes_through_sockaddr(void **state)
{
	static const char *const texts[] = {"10.1.2.3", "2001:db8::5"};
	struct sockaddr_storage storage;
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6};
	struct ip a, b;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_true(ip_parse(str_from(texts[i]), &a));
		a.port = 1234;
		assert_true(ip_to_sockaddr(a, &storage) > 0);
		b = ip_from_sockaddr((struct sockaddr *)&storage);
		assert_true(ip_equal(a, b));
		assert_int_equal(b.port, 1234);
	}
	mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
	mapped.sin6_addr.s6_addr[12] = 127;
	mapped.sin6_addr.s6_addr[15] = 1;
	a = ip_from_sockaddr((struct sockaddr *)&mapped);
	assert_int_equal(a.version, 4);
	assert_true(ip_is_loopback(a));
	storage.ss_family = AF_UNIX;
	assert_int_equal(ip_from_sockaddr((struct sockaddr *)&storage).version, 0);
}

static void knows_loopback(void **state)
{
	struct ip a;

	(void)state;
	assert_true(ip_parse(STR("127.8.9.1"), &a) && ip_is_loopback(a));
	assert_true(ip_parse(STR("::1"), &a) && ip_is_loopback(a));
	assert_true(ip_parse(STR("128.0.0.1"), &a) && !ip_is_loopback(a));
	assert_true(ip_parse(STR("::2"), &a) && !ip_is_loopback(a));
	assert_false(ip_is_loopback((struct ip){0}));
}

static void knows_ranges(void **state)
{
	static const struct {
		const char *range, *address;
		bool is_valid, contains;
	} cases[] = {
		{"10.0.0.0/8", "10.255.0.1", true, true},
		{"10.0.0.0/8", "11.0.0.1", true, false},
		{"10.0.0.0/9", "10.127.0.1", true, true},
		{"10.0.0.0/9", "10.128.0.1", true, false},
		{"127.0.0.1", "127.0.0.1", true, true},
		{"127.0.0.1", "127.0.0.2", true, false},
		{"0.0.0.0/0", "1.2.3.4", true, true},
		{"0.0.0.0/0", "::1", true, false},
		{"2001:db8::/33", "2001:db8:7fff::1", true, true},
		{"2001:db8::/33", "2001:db8:8000::1", true, false},
		{"::1", "::1", true, true},
		{"10.0.0.0/33", "", false, false},
		{"10.0.0.0/", "", false, false},
		{"10.0.0.0/-1", "", false, false},
		{"::/129", "", false, false},
		{"/8", "", false, false},
	};
	struct ip_range r;
	struct ip a;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(ip_range_parse(str_from(cases[i].range), &r), cases[i].is_valid);
		if (!cases[i].is_valid)
			continue;
		assert_true(ip_parse(str_from(cases[i].address), &a));
		assert_int_equal(ip_range_contains(&r, a), cases[i].contains);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes_addresses),
		cmocka_unit_test(shows_ports),
		cmocka_unit_test(goes_through_sockaddr),
		cmocka_unit_test(knows_loopback),
		cmocka_unit_test(knows_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
