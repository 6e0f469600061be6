#include "ext/roster/roster_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

static struct roster_item *item_of(struct arena *a, const char *address, const char *name)
{
	struct roster_fields f = {.flags = ROSTER_ITEM_LISTED, .name = str_from(name)};

	assert_true(jid_parse(&f.address, str_from(address), a));
	return roster_item_new(&f);
}

static const struct roster_item *find(const struct roster_list *l, struct arena *a, const char *address)
{
	struct jid j;

	assert_true(jid_parse(&j, str_from(address), a));
	return roster_list_find(l, j);
}

static void finds_what_was_put(void **state)
{
	struct roster_list *l = roster_list_new();
	struct arena a;
	char address[32];

	(void)state;
	arena_init(&a, 0);
	assert_null(find(l, &a, "a@b"));
	/* In an order that is not the list's. */
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(address, sizeof(address), "u%u@b", i * 617 % 1000);
		roster_list_put(l, item_of(&a, address, "first"));
	}
	assert_int_equal(l->count, 1000);
	for (uint32_t i = 1; i < l->count; i++)
		assert_true(str_compare(roster_item_key(l->items[i - 1]), roster_item_key(l->items[i])) < 0);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(address, sizeof(address), "u%u@b", i);
		assert_true(str_is(roster_item_key(find(l, &a, address)), address));
	}
	assert_null(find(l, &a, "u1000@b"));
	for (unsigned i = 0; i < 1000; i += 2) {
		struct jid j;

		snprintf(address, sizeof(address), "u%u@b", i);
		assert_true(jid_parse(&j, str_from(address), &a));
		roster_list_remove(l, j);
		roster_list_remove(l, j);
	}
	assert_int_equal(l->count, 500);
	assert_true(l->bytes >= 500 * sizeof(struct roster_item) && l->bytes < 500 * 100);
	assert_null(find(l, &a, "u0@b"));
	assert_non_null(find(l, &a, "u1@b"));
	roster_list_free(&l);
	assert_null(l);
	arena_fini(&a);
}

static void has_the_version_of_its_content(void **state)
{
	char versions[5][ROSTER_LIST_VERSION_BYTES];
	struct roster_list *l = roster_list_new(), *other = roster_list_new();
	struct arena a;
	struct jid j;

	(void)state;
	arena_init(&a, 0);
	assert_true(jid_parse(&j, STR("a@b"), &a));
	roster_list_version(l, versions[0]);
	roster_list_put(l, item_of(&a, "a@b", "x"));
	roster_list_put(l, item_of(&a, "b@b", "x"));
	roster_list_version(l, versions[1]);
	roster_list_put(l, item_of(&a, "a@b", "y"));
	roster_list_version(l, versions[2]);
	roster_list_put(other, item_of(&a, "b@b", "x"));
	roster_list_put(other, item_of(&a, "a@b", "x"));
	roster_list_version(other, versions[3]);
	assert_string_not_equal(versions[0], versions[1]);
	assert_string_not_equal(versions[1], versions[2]);
	assert_string_equal(versions[1], versions[3]);
	roster_list_remove(l, j);
	assert_true(jid_parse(&j, STR("b@b"), &a));
	roster_list_remove(l, j);
	roster_list_version(l, versions[4]);
	assert_string_equal(versions[0], versions[4]);
	assert_int_equal(l->bytes, 0);
	roster_list_free(&l);
	roster_list_free(&other);
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_put),
		cmocka_unit_test(has_the_version_of_its_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
