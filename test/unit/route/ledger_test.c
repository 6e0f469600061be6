#include "route/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void all_up_to_the_first_open_one_are_safe(void **state)
{
	struct ledger l;

	(void)state;
	ledger_init(&l);
	for (uint32_t i = 1; i <= 5; i++)
		assert_int_equal(ledger_enter(&l), i);
	ledger_settle(&l, 2);
	ledger_settle(&l, 3);
	assert_int_equal(l.settled, 0);
	ledger_settle(&l, 1);
	assert_int_equal(l.settled, 3);
	assert_int_equal(ledger_open(&l), 2);
	ledger_settle(&l, 5);
	ledger_settle(&l, 4);
	assert_true(ledger_is_settled(&l));
	ledger_fini(&l);
}

static void one_counts_until_nothing_depends_on_it(void **state)
{
	struct ledger l;

	(void)state;
	ledger_init(&l);
	ledger_enter(&l);
	ledger_count(&l, 1);
	ledger_settle(&l, 1);
	assert_false(ledger_is_settled(&l));
	ledger_settle(&l, 1);
	assert_true(ledger_is_settled(&l));
	ledger_fini(&l);
}

static void numbers_that_are_not_under_way_are_ignored(void **state)
{
	struct ledger l;

	(void)state;
	ledger_init(&l);
	assert_int_equal(ledger_settle(&l, 0), 0);
	ledger_enter(&l);
	ledger_count(&l, 0);
	ledger_count(&l, 2);
	ledger_settle(&l, 2);
	assert_int_equal(ledger_open(&l), 1);
	ledger_settle(&l, 1);
	ledger_settle(&l, 1);
	assert_int_equal(l.settled, 1);
	ledger_fini(&l);
}

static void every_ask_is_answered_once(void **state)
{
	struct ledger l;

	(void)state;
	ledger_init(&l);
	assert_true(ledger_ask(&l));
	ledger_enter(&l);
	assert_false(ledger_ask(&l));
	assert_false(ledger_ask(&l));
	ledger_enter(&l);
	assert_false(ledger_ask(&l));
	assert_int_equal(ledger_settle(&l, 2), 0);
	assert_int_equal(ledger_settle(&l, 1), 3);
	assert_true(ledger_ask(&l));
	ledger_fini(&l);
}

static void many_and_past_the_largest_number(void **state)
{
	struct ledger l;

	(void)state;
	ledger_init(&l);
	l.received = l.settled = UINT32_MAX - 500;
	for (int i = 0; i < 1000; i++)
		ledger_enter(&l);
	assert_int_equal(ledger_open(&l), 1000);
	for (uint32_t i = 1000; i > 1; i--)
		ledger_settle(&l, UINT32_MAX - 500 + i);
	assert_int_equal(ledger_open(&l), 1000);
	ledger_settle(&l, UINT32_MAX - 499);
	assert_true(ledger_is_settled(&l));
	assert_int_equal(l.settled, 499);
	assert_int_equal(l.room, 0);
	ledger_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_up_to_the_first_open_one_are_safe),
		cmocka_unit_test(one_counts_until_nothing_depends_on_it),
		cmocka_unit_test(numbers_that_are_not_under_way_are_ignored),
		cmocka_unit_test(every_ask_is_answered_once),
		cmocka_unit_test(many_and_past_the_largest_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
