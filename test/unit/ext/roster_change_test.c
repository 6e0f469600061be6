#include "ext/roster/roster_change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ext/roster/roster.h"
#include "ext/roster/roster_list.h"
#include "route/module.h"

/* A call of a user whose roster has been loaded. */
struct scene {
	struct roster_list *list;
	struct user *user;
	struct call call;
};

static struct scene scene;

static int open_scene(void **state)
{
	static const struct module_def *const defs[] = {&roster_module, NULL};

	(void)state;
	module_number(defs);
	scene = (struct scene){.list = roster_list_new()};
	scene.user = mem_new(sizeof(*scene.user) + (size_t)module_user_slot_count() * sizeof(void *));
	*user_slot(scene.user, &roster_module) = scene.list;
	scene.call.user = scene.user;
	arena_init(&scene.call.arena, 0);
	return 0;
}

static int close_scene(void **state)
{
	(void)state;
	roster_list_free(&scene.list);
	free(scene.user);
	arena_fini(&scene.call.arena);
	return 0;
}

static struct jid address(const char *text)
{
	struct jid j;

	assert_true(jid_parse(&j, str_from(text), &scene.call.arena));
	return jid_copy(&scene.call.arena, j);
}

static void put(const char *who, struct str name, const struct str *groups, size_t group_count)
{
	struct roster_fields f = {.address = address(who), .flags = ROSTER_ITEM_LISTED, .name = name};

	f.groups = groups;
	f.group_count = group_count;
	roster_list_put(scene.list, roster_item_new(&f));
}

static void begins_with_what_there_is(void **state)
{
	struct roster_change *change;

	(void)state;
	put("a@b", STR("name"), NULL, 0);
	change = roster_change_begin(&scene.call, address("a@b"));
	assert_int_equal(change->old_flags, ROSTER_ITEM_LISTED);
	assert_true(str_is(change->now.name, "name"));
	change = roster_change_begin(&scene.call, address("c@d"));
	assert_int_equal(change->old_flags, 0);
	assert_true(jid_equal(change->now.address, address("c@d")));
}

static void bounds_the_count(void **state)
{
	struct roster_change *change;
	char who[32];

	(void)state;
	for (int i = 0; i < ROSTER_LIST_MAX; i++) {
		snprintf(who, sizeof(who), "%d@b", i);
		put(who, STR_NONE, NULL, 0);
	}
	change = roster_change_begin(&scene.call, address("new@b"));
	assert_false(roster_change_is_too_much(change)); /* it says nothing and is not kept */
	change->now.flags = ROSTER_ITEM_LISTED;
	assert_true(roster_change_is_too_much(change));
	change = roster_change_begin(&scene.call, address("7@b"));
	change->now.name = STR("longer");
	assert_false(roster_change_is_too_much(change));
}

static void bounds_the_bytes(void **state)
{
	static const char zeros[ROSTER_ITEM_GROUP_MAX];
	struct str groups[ROSTER_ITEM_GROUPS_MAX];
	struct roster_change *change;
	char who[32];

	(void)state;
	for (size_t i = 0; i < ROSTER_ITEM_GROUPS_MAX; i++)
		groups[i] = str_make(zeros, sizeof(zeros));
	for (int i = 0; scene.list->bytes + 70000 < ROSTER_LIST_BYTES_MAX; i++) {
		snprintf(who, sizeof(who), "%d@b", i);
		put(who, STR_NONE, groups, ROSTER_ITEM_GROUPS_MAX);
	}
	change = roster_change_begin(&scene.call, address("new@b"));
	change->now.flags = ROSTER_ITEM_LISTED;
	assert_false(roster_change_is_too_much(change));
	put("last@b", STR_NONE, groups, ROSTER_ITEM_GROUPS_MAX);
	change->now.groups = groups;
	change->now.group_count = ROSTER_ITEM_GROUPS_MAX;
	assert_true(roster_change_is_too_much(change));
	/* What makes it smaller is always right. */
	change = roster_change_begin(&scene.call, address("last@b"));
	change->now.group_count--;
	assert_false(roster_change_is_too_much(change));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(begins_with_what_there_is, open_scene, close_scene),
		cmocka_unit_test_setup_teardown(bounds_the_count, open_scene, close_scene),
		cmocka_unit_test_setup_teardown(bounds_the_bytes, open_scene, close_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
