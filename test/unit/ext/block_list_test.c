#include "ext/blocking/block_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static bool matches(const struct block_list *l, const char *who)
{
	struct arena a;
	struct jid j;
	bool is_match;

	arena_init(&a, 0);
	assert_true(jid_parse(&j, str_from(who), &a));
	is_match = block_list_matches(l, j);
	arena_fini(&a);
	return is_match;
}

static void is_nothing_while_empty(void **state)
{
	const struct block_list *l = block_list_new(NULL, 0), *other = block_list_new(NULL, 0);

	(void)state;
	assert_ptr_equal(l, other);
	assert_int_equal(block_list_count(l), 0);
	assert_false(block_list_has(l, STR("a@b")));
	assert_false(matches(l, "a@b/c"));
	block_list_free(&l);
	assert_null(l);
	block_list_free(&other);
}

static void has_each_once_in_order(void **state)
{
	const struct str addresses[] = {STR("c@x"), STR("a@x"), STR("c@x"), STR("b@x")};
	const struct block_list *l = block_list_new(addresses, 4);

	(void)state;
	assert_int_equal(block_list_count(l), 3);
	assert_true(str_is(block_list_at(l, 0), "a@x"));
	assert_true(str_is(block_list_at(l, 1), "b@x"));
	assert_true(str_is(block_list_at(l, 2), "c@x"));
	assert_true(block_list_has(l, STR("b@x")));
	assert_false(block_list_has(l, STR("b@")));
	block_list_free(&l);
}

static void means_whom_it_says(void **state)
{
	const struct str addresses[] = {STR("bare@x"), STR("full@x/home"), STR("domain"), STR("service/res")};
	static const struct {
		const char *who;
		bool is_blocked;
	} cases[] = {
		{"bare@x", true},         {"bare@x/any", true},      {"x", false},           {"other@x", false},
		{"full@x/home", true},    {"full@x/work", false},    {"full@x", false},      {"domain", true},
		{"any@domain", true},     {"any@domain/any", true},  {"domain/any", true},   {"sub.domain", false},
		{"service/res", true},    {"any@service/res", true}, {"any@service", false}, {"service", false},
		{"service/other", false},
	};
	const struct block_list *l = block_list_new(addresses, 4);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (matches(l, cases[i].who) != cases[i].is_blocked)
			fail_msg("%s", cases[i].who);
	block_list_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_nothing_while_empty),
		cmocka_unit_test(has_each_once_in_order),
		cmocka_unit_test(means_whom_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
