#include "net/rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BYTES(literal) STR(literal)

static struct arena arena;

static int make_arena(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	return 0;
}

static int free_arena(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static void knows_names(void **state)
{
	char label[65], longest[256];
	struct str name;

	(void)state;
	assert_true(rdata_name(STR("_XMPP-server._tcp.Example.org."), &arena, &name));
	assert_string_equal(name.data, "_xmpp-server._tcp.example.org");
	assert_true(rdata_name(STR("xn--bcher-kva"), &arena, &name));
	assert_false(rdata_name(STR(""), &arena, &name));
	assert_false(rdata_name(STR("."), &arena, &name));
	assert_false(rdata_name(STR(".a"), &arena, &name));
	assert_false(rdata_name(STR("a..b"), &arena, &name));
	assert_false(rdata_name(STR("a.."), &arena, &name));
	assert_false(rdata_name(STR("a b"), &arena, &name));
	assert_false(rdata_name(STR("b\xc3\xbc"), &arena, &name));
	assert_false(rdata_name(STR("a\0b"), &arena, &name));
	memset(label, 'a', sizeof(label));
	assert_true(rdata_name(str_make(label, 63), &arena, &name));
	assert_false(rdata_name(str_make(label, 64), &arena, &name));
	for (size_t i = 0; i < sizeof(longest); i++)
		longest[i] = i % 2 ? '.' : 'a';
	assert_true(rdata_name(str_make(longest, 253), &arena, &name));
	assert_false(rdata_name(str_make(longest, 255), &arena, &name));
}

static void reads_the_wire(void **state)
{
	union resolve_record r;

	(void)state;
	assert_true(rdata_read(RESOLVE_A, BYTES("\xc0\x00\x02\x01"), &arena, &r));
	assert_int_equal(r.ip.version, 4);
	assert_false(rdata_read(RESOLVE_A, BYTES("\xc0\x00\x02"), &arena, &r));
	assert_false(rdata_read(RESOLVE_A, BYTES("\xc0\x00\x02\x01\x01"), &arena, &r));
	assert_true(rdata_read(RESOLVE_AAAA, BYTES("0123456789abcdef"), &arena, &r));
	assert_false(rdata_read(RESOLVE_AAAA, BYTES("0123456789abcde"), &arena, &r));
	assert_true(rdata_read(RESOLVE_SRV, BYTES("\x00\x0a\x00\x14\x14\x95\x01" "A\x02" "bc\x00"), &arena, &r));
	assert_int_equal(r.srv.priority, 10);
	assert_int_equal(r.srv.weight, 20);
	assert_int_equal(r.srv.port, 5269);
	assert_string_equal(r.srv.target.data, "a.bc");
	assert_true(rdata_read(RESOLVE_SRV, BYTES("\0\0\0\0\0\0\0"), &arena, &r));
	assert_string_equal(r.srv.target.data, ".");
	assert_true(rdata_read(RESOLVE_TLSA, BYTES("\x03\x01\x01x"), &arena, &r));
	assert_int_equal(r.tlsa.usage, 3);
	assert_int_equal(r.tlsa.data.len, 1);
	assert_false(rdata_read(RESOLVE_TLSA, BYTES("\x03\x01\x01"), &arena, &r));
	assert_false(rdata_read(RESOLVE_CNAME, BYTES("\x01" "a\0"), &arena, &r));
}

static void refuses_bad_targets(void **state)
{
	static const struct str cases[] = {
		STR(""), STR("\0\0\0\0\0\0"), STR("\0\0\0\0\0\x01\x01" "a"), STR("\0\0\0\0\0\x01\x02" "a\0"), STR("\0\0\0\0\0\x01\x01" "a\0\0"),
		STR("\0\0\0\0\0\x01\x01 \0"), STR("\0\0\0\0\0\x01\xc0\x0c"), STR("\0\0\0\0\0\x01\x03" "a.b\0"),
	};
	char loop[512] = {0};
	union resolve_record r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_false(rdata_read(RESOLVE_SRV, cases[i], &arena, &r));
	for (size_t i = 6; i < 400; i += 2) {
		loop[i] = 1;
		loop[i + 1] = 'a';
	}
	assert_false(rdata_read(RESOLVE_SRV, str_make(loop, 401), &arena, &r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_names),
		cmocka_unit_test(reads_the_wire),
		cmocka_unit_test(refuses_bad_targets),
	};

	return cmocka_run_group_tests(tests, make_arena, free_arena);
}
