#include "ext/roster/roster_item.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "ext/roster/roster_state.h"

static struct arena arena;

static int open_arena(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static struct jid address(const char *text)
{
	struct jid j;

	assert_true(jid_parse(&j, str_from(text), &arena));
	return j;
}

static const struct str two_groups[] = {{"Friends", 7}, {"\0x", 2}};

static struct roster_fields full(void)
{
	return (struct roster_fields){.address = address("juliet@example.com"),
				      .state = ROSTER_STATE_TO | ROSTER_STATE_PENDING_IN,
				      .flags = ROSTER_ITEM_LISTED | ROSTER_ITEM_APPROVED,
				      .name = STR("Ju\xc3\xa9"),
				      .groups = two_groups,
				      .group_count = 2,
				      .request = STR("<presence/>")};
}

static void assert_full(const struct roster_item *item)
{
	struct roster_fields f;

	assert_non_null(item);
	roster_item_read(item, &arena, &f);
	assert_true(jid_equal(f.address, address("juliet@example.com")));
	assert_int_equal(f.state, ROSTER_STATE_TO | ROSTER_STATE_PENDING_IN);
	assert_int_equal(f.flags, ROSTER_ITEM_LISTED | ROSTER_ITEM_APPROVED);
	assert_true(str_is(f.name, "Ju\xc3\xa9"));
	assert_int_equal(f.group_count, 2);
	assert_true(str_equal(f.groups[0], two_groups[0]) && str_equal(f.groups[1], two_groups[1]));
	assert_true(str_is(f.request, "<presence/>"));
}

static void survives_the_store(void **state)
{
	struct roster_fields f = full();
	struct roster_item *item = roster_item_new(&f), *again;

	(void)state;
	assert_full(item);
	assert_true(str_is(roster_item_key(item), "juliet@example.com"));
	again = roster_item_from_record(roster_item_key(item), roster_item_record(item));
	assert_full(again);
	assert_true(str_equal(roster_item_record(item), roster_item_record(again)));
	assert_int_equal(roster_item_digest(item), roster_item_digest(again));
	assert_int_equal(roster_item_size(item), roster_item_size_of(&f));
	assert_int_equal(roster_item_size(item), roster_item_size(again));
	free(item);
	free(again);
}

static void refuses_other_records(void **state)
{
	struct roster_fields f = full();
	struct roster_item *item = roster_item_new(&f);
	struct str record = roster_item_record(item);
	char changed[256];

	(void)state;
	/* Cut off anywhere but between two groups. */
	for (size_t len = 0; len < record.len; len++) {
		struct roster_item *cut = roster_item_from_record(STR("a@b"), str_make(record.data, len));

		assert_true(!cut || len == record.len - 6 || len == record.len - 17);
		free(cut);
	}
	memcpy(changed, record.data, record.len);
	changed[0] = 2; /* a format of later */
	assert_null(roster_item_from_record(STR("a@b"), str_make(changed, record.len)));
	changed[0] = record.data[0];
	changed[1] = ROSTER_STATE_TO | ROSTER_STATE_PENDING_OUT; /* no state */
	assert_null(roster_item_from_record(STR("a@b"), str_make(changed, record.len)));
	changed[1] = record.data[1];
	changed[6] = (char)0xff; /* a length beyond the end */
	assert_null(roster_item_from_record(STR("a@b"), str_make(changed, record.len)));
	assert_null(roster_item_from_record(STR("@"), record));
	free(item);
}

static uint64_t digest_of(const struct roster_fields *f)
{
	struct roster_item *item = roster_item_new(f);
	uint64_t digest = roster_item_digest(item);

	free(item);
	return digest;
}

static void digests_what_the_user_sees(void **state)
{
	struct roster_fields f = full(), other = f;
	uint64_t digest = digest_of(&f);

	(void)state;
	other.request = STR("<presence id='2'/>");
	other.state = ROSTER_STATE_TO;
	assert_true(digest_of(&other) == digest);
	other.state = ROSTER_STATE_BOTH;
	assert_true(digest_of(&other) != digest);
	other = f;
	other.name = STR("Jue");
	assert_true(digest_of(&other) != digest);
	other = f;
	other.group_count = 1;
	assert_true(digest_of(&other) != digest);
	other = f;
	other.flags = ROSTER_ITEM_LISTED;
	assert_true(digest_of(&other) != digest);
	other = f;
	other.address = address("juliet@example.net");
	assert_true(digest_of(&other) != digest);
	other = f;
	other.flags = 0;
	assert_true(digest_of(&other) == 0);
	/* The same in every process and version: clients remember it. */
	other = (struct roster_fields){.address = address("a@b"), .flags = ROSTER_ITEM_LISTED};
	assert_true(digest_of(&other) == UINT64_C(0x3b15108b491ea23f));
}

static void is_needed_while_it_says_something(void **state)
{
	static const struct {
		uint8_t state, flags;
		bool is_needed;
	} cases[] = {
		{ROSTER_STATE_NONE, 0, false},
		{ROSTER_STATE_NONE, ROSTER_ITEM_LISTED, true},
		{ROSTER_STATE_NONE, ROSTER_ITEM_APPROVED, true},
		{ROSTER_STATE_PENDING_IN, 0, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct roster_fields f = {.address = address("a@b"), .state = cases[i].state, .flags = cases[i].flags};
		struct roster_item *item = roster_item_new(&f);

		assert_int_equal(roster_item_is_needed(item), cases[i].is_needed);
		free(item);
	}
}

static void writes_items(void **state)
{
	const struct str group = STR("A & B");
	const struct {
		struct roster_fields fields;
		const char *xml;
	} cases[] = {
		{{.address = address("a@b/c"), .flags = ROSTER_ITEM_LISTED}, "<item jid='a@b/c' subscription='none'/>"},
		{{.address = address("a@b"),
		  .flags = ROSTER_ITEM_LISTED,
		  .state = ROSTER_STATE_FROM | ROSTER_STATE_PENDING_OUT,
		  .name = STR("'")},
		 "<item jid='a@b' name='&apos;' subscription='from' ask='subscribe'/>"},
		{{.address = address("a@b"),
		  .flags = ROSTER_ITEM_LISTED | ROSTER_ITEM_APPROVED,
		  .state = ROSTER_STATE_PENDING_IN,
		  .groups = &group,
		  .group_count = 1,
		  .request = STR("<presence/>")},
		 "<item jid='a@b' subscription='none' approved='true'><group>A &amp; B</group></item>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct roster_item *item = roster_item_new(&cases[i].fields);
		struct writer w;
		struct buf b;

		buf_init(&b);
		writer_init(&w, &b);
		roster_item_write(item, &w, &arena);
		buf_append_char(&b, 0);
		assert_string_equal(b.data, cases[i].xml);
		buf_fini(&b);
		free(item);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(survives_the_store, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(refuses_other_records, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(digests_what_the_user_sees, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(is_needed_while_it_says_something, open_arena, close_arena),
		cmocka_unit_test_setup_teardown(writes_items, open_arena, close_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
