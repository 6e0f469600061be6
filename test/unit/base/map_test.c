#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

struct item {
	char key[16];
	bool is_in, is_seen;
};

static struct str item_key(const void *value)
{
	return str_from(((const struct item *)value)->key);
}

static void adds_finds_and_takes(void **state)
{
	struct map m;
	struct item a = {.key = "a"}, empty = {.key = ""};
	size_t cursor = 0;

	(void)state;
	map_init(&m, item_key);
	assert_null(map_find(&m, STR("a")));
	assert_null(map_take(&m, STR("a")));
	assert_null(map_next(&m, &cursor));
	map_add(&m, &a);
	map_add(&m, &empty);
	assert_int_equal(m.count, 2);
	assert_ptr_equal(map_find(&m, STR("a")), &a);
	assert_ptr_equal(map_find(&m, STR_NONE), &empty);
	assert_null(map_find(&m, STR("b")));
	assert_ptr_equal(map_take(&m, STR("a")), &a);
	assert_null(map_find(&m, STR("a")));
	assert_ptr_equal(map_take(&m, STR("")), &empty);
	assert_int_equal(m.count, 0);
	assert_null(m.slots);
	map_fini(&m);
}

static void assert_agrees(const struct map *m, struct item *items, size_t count)
{
	size_t in = 0, walked = 0, cursor = 0;
	struct item *item;

	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(map_find(m, item_key(&items[i])), items[i].is_in ? &items[i] : NULL);
		in += items[i].is_in;
		items[i].is_seen = false;
	}
	assert_int_equal(m->count, in);
	while ((item = map_next(m, &cursor))) {
		assert_true(item->is_in && !item->is_seen);
		item->is_seen = true;
		walked++;
	}
	assert_int_equal(walked, in);
}

/* Grows, shrinks and grows by chance, against the plain truth in the items. */
static void agrees_with_a_model(void **state)
{
	enum { ITEMS = 2000 };
	struct item *items = calloc(ITEMS, sizeof(*items));
	struct map m;

	(void)state;
	srand(7);
	map_init(&m, item_key);
	for (int i = 0; i < ITEMS; i++)
		snprintf(items[i].key, sizeof(items[i].key), "user%d", i);
	for (int step = 0; step < 40000; step++) {
		/* The share of what is to be in goes up and down. */
		bool wanted = rand() % 100 < (step / 10000 % 2 ? 2 : 95);
		struct item *item = &items[rand() % ITEMS];

		if (wanted && !item->is_in)
			map_add(&m, item);
		else if (!wanted && item->is_in)
			assert_ptr_equal(map_take(&m, item_key(item)), item);
		item->is_in = wanted;
		if (step % 2000 == 1999)
			assert_agrees(&m, items, ITEMS);
	}
	map_fini(&m);
	free(items);
}

static void gives_memory_back(void **state)
{
	enum { ITEMS = 1000 };
	struct item *items = calloc(ITEMS, sizeof(*items));
	struct map m;

	(void)state;
	map_init(&m, item_key);
	for (int i = 0; i < ITEMS; i++) {
		snprintf(items[i].key, sizeof(items[i].key), "%d", i);
		map_add(&m, &items[i]);
	}
	/* At most 7/8 full, and not half empty after growing. */
	assert_int_equal(m.mask, 2047);
	for (int i = 0; i < ITEMS - 10; i++)
		map_take(&m, item_key(&items[i]));
	assert_in_range(m.mask, 10, 127);
	map_fini(&m);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_finds_and_takes),
		cmocka_unit_test(agrees_with_a_model),
		cmocka_unit_test(gives_memory_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
