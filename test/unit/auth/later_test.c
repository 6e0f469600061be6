#include "auth/later.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "support/await.h"

struct item {
	struct later_item item;
	struct letter letter;
	int number;
};

static int order[8], count, expected;
static bool is_done;

static void on_letter(struct letter *l)
{
	order[count++] = container_of(l, struct item, letter)->number;
	is_done = count == expected;
}

static void hands_over_in_order_of_time(void **state)
{
	struct item items[3] = {{.number = 0}, {.number = 1}, {.number = 2}};
	struct later *l = later_start();
	struct mailbox m;
	int64_t began = clock_monotonic_ms();

	(void)state;
	mailbox_init(&m);
	for (int i = 0; i < 3; i++)
		items[i].letter.run = on_letter;
	count = 0;
	expected = 3;
	is_done = false;
	later_post(l, &items[0].item, &m, &items[0].letter, 60);
	later_post(l, &items[1].item, &m, &items[1].letter, 0);
	later_post(l, &items[2].item, &m, &items[2].letter, 20);
	await(&m, &is_done);
	assert_true(clock_monotonic_ms() - began >= 59);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 2);
	assert_int_equal(order[2], 0);
	later_stop(&l);
	assert_null(l);
	mailbox_fini(&m);
}

static void keeps_nothing_back_at_the_end(void **state)
{
	struct item items[2] = {{.letter.run = on_letter, .number = 0}, {.letter.run = on_letter, .number = 1}};
	struct later *l = later_start();
	struct mailbox m;

	(void)state;
	mailbox_init(&m);
	count = 0;
	expected = 2;
	is_done = false;
	later_post(l, &items[0].item, &m, &items[0].letter, 3600000);
	later_finish(l);
	later_post(l, &items[1].item, &m, &items[1].letter, 3600000);
	await(&m, &is_done);
	assert_int_equal(count, 2);
	later_stop(&l);
	later_stop(&l);
	mailbox_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_over_in_order_of_time),
		cmocka_unit_test(keeps_nothing_back_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
