#include "net/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "base/buf.h"

static struct zone *make(const char *text)
{
	struct why why = {""};
	struct zone *z = zone_parse(str_from(text), "f", &why);

	if (!z)
		fail_msg("%s", why.text);
	return z;
}

static void reads_records(void **state)
{
	struct zone *z = make("; a comment\n\n"
			      "XMPP.example.org. 3600 IN A 192.0.2.1 ; the first\n"
			      "xmpp.example.org\tA\t192.0.2.2\r\n"
			      "xmpp.example.org aaaa 2001:db8::1\n"
			      "_xmpp-server._tcp.example.org IN SRV 10 20 5269 Xmpp.Example.ORG.\n"
			      "_5269._tcp.xmpp.example.org. TLSA 3 1 1 00ff A0b1\n"
			      "_xmpp-server._tcp.example.net SRV 0 0 0 .");
	struct zone_answer a;

	(void)state;
	assert_int_equal(zone_find(z, STR("xmpp.example.org"), RESOLVE_A, &a), ZONE_RECORDS);
	assert_int_equal(a.count, 2);
	assert_memory_equal(a.records[1].ip.bytes, "\xc0\x00\x02\x02", 4);
	assert_int_equal(zone_find(z, STR("xmpp.example.org"), RESOLVE_AAAA, &a), ZONE_RECORDS);
	assert_int_equal(a.records[0].ip.version, 6);
	assert_int_equal(zone_find(z, STR("_xmpp-server._tcp.example.org"), RESOLVE_SRV, &a), ZONE_RECORDS);
	assert_int_equal(a.records[0].srv.priority, 10);
	assert_int_equal(a.records[0].srv.weight, 20);
	assert_int_equal(a.records[0].srv.port, 5269);
	assert_string_equal(a.records[0].srv.target.data, "xmpp.example.org");
	assert_int_equal(zone_find(z, STR("_5269._tcp.xmpp.example.org"), RESOLVE_TLSA, &a), ZONE_RECORDS);
	assert_int_equal(a.records[0].tlsa.usage, 3);
	assert_int_equal(a.records[0].tlsa.data.len, 4);
	assert_memory_equal(a.records[0].tlsa.data.data, "\x00\xff\xa0\xb1", 4);
	assert_int_equal(zone_find(z, STR("_xmpp-server._tcp.example.net"), RESOLVE_SRV, &a), ZONE_RECORDS);
	assert_string_equal(a.records[0].srv.target.data, ".");
	zone_free(&z);
	assert_null(z);
}

static void is_alone_in_charge(void **state)
{
	struct zone *z = make("192.0.2.1 example.org www.example.com\n::1 example.org\n");
	struct zone_answer a;

	(void)state;
	assert_int_equal(zone_find(z, STR("example.org"), RESOLVE_A, &a), ZONE_RECORDS);
	assert_int_equal(zone_find(z, STR("example.org"), RESOLVE_AAAA, &a), ZONE_RECORDS);
	assert_int_equal(zone_find(z, STR("example.org"), RESOLVE_SRV, &a), ZONE_NOTHING);
	assert_int_equal(zone_find(z, STR("_xmpp-server._tcp.example.org"), RESOLVE_SRV, &a), ZONE_NOTHING);
	assert_int_equal(zone_find(z, STR("a.b.c.example.org"), RESOLVE_A, &a), ZONE_NOTHING);
	assert_int_equal(zone_find(z, STR("notexample.org"), RESOLVE_A, &a), ZONE_ELSEWHERE);
	assert_int_equal(zone_find(z, STR("org"), RESOLVE_A, &a), ZONE_ELSEWHERE);
	assert_int_equal(zone_find(z, STR("example.com"), RESOLVE_A, &a), ZONE_ELSEWHERE);
	zone_free(&z);
}

static void follows_aliases(void **state)
{
	struct zone *z = make("a.example CNAME b.example.\nb.example CNAME c.example\nc.example A 192.0.2.3\n"
			      "out.example CNAME elsewhere.test.\nloop.example CNAME pool.example\npool.example CNAME loop.example\n");
	struct zone_answer a;

	(void)state;
	assert_int_equal(zone_find(z, STR("a.example"), RESOLVE_A, &a), ZONE_RECORDS);
	assert_string_equal(a.name.data, "c.example");
	assert_int_equal(zone_find(z, STR("a.example"), RESOLVE_AAAA, &a), ZONE_NOTHING);
	assert_int_equal(zone_find(z, STR("out.example"), RESOLVE_A, &a), ZONE_ELSEWHERE);
	assert_string_equal(a.name.data, "elsewhere.test");
	assert_int_equal(zone_find(z, STR("loop.example"), RESOLVE_A, &a), ZONE_NOTHING);
	zone_free(&z);
}

static void holds_no_more_than_an_answer(void **state)
{
	struct zone_answer a;
	struct zone *z;
	struct buf text;

	(void)state;
	buf_init(&text);
	for (int i = 0; i < 70000; i++)
		buf_printf(&text, "_xmpp-server._tcp.big.example SRV %d 0 5269 h%d.big.example\n", i % 65536, i);
	buf_append_char(&text, '\0');
	z = make(text.data);
	assert_int_equal(zone_find(z, STR("_xmpp-server._tcp.big.example"), RESOLVE_SRV, &a), ZONE_RECORDS);
	assert_int_equal(a.count, RESOLVE_RECORDS_MAX);
	assert_string_equal(a.records[RESOLVE_RECORDS_MAX - 1].srv.target.data, "h63.big.example");
	zone_free(&z);
	buf_fini(&text);
}

static void names_the_bad_line(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{"a.example A 192.0.2.256", "f:1: expected an address such as 192.0.2.1, got \"192.0.2.256\""},
		{"\n\na.example A ::1", "f:3: expected an address such as 192.0.2.1, got \"::1\""},
		{"a.example AAAA 1.2.3.4", "f:1: expected an address such as 2001:db8::1, got \"1.2.3.4\""},
		{"a.example MX 10 b.example", "f:1: expected A, AAAA, SRV, TLSA or CNAME, got \"MX\""},
		{"a.example", "f:1: expected A, AAAA, SRV, TLSA or CNAME, got \"\""},
		{"a..example A 1.2.3.4", "f:1: expected a name or an address, got \"a..example\""},
		{"a\x01z A 1.2.3.4", "f:1: expected a name or an address, got \"a\""},
		{"$ORIGIN example.", "f:1: expected a name or an address, got \"$ORIGIN\""},
		{"1.2.3.4", "f:1: expected the name of the address, got \"\""},
		{"1.2.3.4 a b@", "f:1: expected a name, got \"b@\""},
		{"a SRV 1 2 65536 b", "f:1: expected priority, weight, port and target, got \"1 2 65536 b\""},
		{"a SRV 1 2 3 b c", "f:1: expected priority, weight, port and target, got \"1 2 3 b c\""},
		{"a SRV 1 2 3", "f:1: expected priority, weight, port and target, got \"1 2 3\""},
		{"a TLSA 3 1 1 abc", "f:1: expected usage, selector, matching type and data, got \"3 1 1 abc\""},
		{"a TLSA 3 1 1", "f:1: expected usage, selector, matching type and data, got \"3 1 1\""},
		{"a TLSA 3 1 256 ab", "f:1: expected usage, selector, matching type and data, got \"3 1 256 ab\""},
		{"a CNAME b\na CNAME c", "f:2: expected one name that this one is an alias of, got \" c\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct why why = {""};

		assert_null(zone_parse(str_from(cases[i].text), "f", &why));
		assert_string_equal(why.text, cases[i].expected);
	}
}

static void tells_that_there_is_no_file(void **state)
{
	struct why why = {""};

	(void)state;
	assert_null(zone_load("/nonexistent", &why));
	assert_string_equal(why.text, "/nonexistent: not found");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_records),
		cmocka_unit_test(is_alone_in_charge),
		cmocka_unit_test(follows_aliases),
		cmocka_unit_test(holds_no_more_than_an_answer),
		cmocka_unit_test(names_the_bad_line),
		cmocka_unit_test(tells_that_there_is_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
