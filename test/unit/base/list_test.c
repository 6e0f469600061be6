#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct item {
	int number;
	struct list link;
};

/* The numbers in order, as the digits of one. */
static int digits(struct list *head)
{
	int n = 0;

	list_each(link, head)
		n = n * 10 + container_of(link, struct item, link)->number;
	return n;
}

static void keeps_order(void **state)
{
	struct list head;
	struct item items[] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};

	(void)state;
	list_init(&head);
	assert_true(list_is_empty(&head));
	list_append(&head, &items[1].link);
	list_append(&head, &items[3].link);
	list_prepend(&head, &items[0].link);
	list_insert_before(&items[3].link, &items[2].link);
	assert_false(list_is_empty(&head));
	assert_int_equal(digits(&head), 1234);
	list_remove(&items[1].link);
	list_remove(&items[1].link);
	assert_int_equal(digits(&head), 134);
}

static void lets_the_current_one_go(void **state)
{
	struct list head;
	struct item items[5] = {0};

	(void)state;
	list_init(&head);
	for (int i = 0; i < 5; i++) {
		items[i].number = i + 1;
		list_append(&head, &items[i].link);
	}
	list_each(link, &head)
		if (container_of(link, struct item, link)->number % 2)
			list_remove(link);
	assert_int_equal(digits(&head), 24);
	list_each(link, &head)
		list_remove(link);
	assert_true(list_is_empty(&head));
}

static void moves_all(void **state)
{
	struct list from, to;
	struct item items[] = {{.number = 1}, {.number = 2}};

	(void)state;
	list_init(&from);
	list_move_all(&from, &to);
	assert_true(list_is_empty(&to));
	list_append(&from, &items[0].link);
	list_append(&from, &items[1].link);
	list_move_all(&from, &to);
	assert_true(list_is_empty(&from));
	assert_int_equal(digits(&to), 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order),
		cmocka_unit_test(lets_the_current_one_go),
		cmocka_unit_test(moves_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
