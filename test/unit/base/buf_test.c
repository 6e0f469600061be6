#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

static void appends(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	assert_int_equal(buf_str(&b).len, 0);
	buf_append(&b, NULL, 0);
	assert_null(b.data);
	buf_append(&b, "abc", 2);
	buf_append_str(&b, STR("cd"));
	buf_append_text(&b, "e");
	buf_append_char(&b, 'f');
	buf_printf(&b, "%d-%s", 12, "xy");
	assert_true(str_is(buf_str(&b), "abcdef12-xy"));
	buf_clear(&b);
	assert_int_equal(buf_str(&b).len, 0);
	buf_fini(&b);
}

static void grows(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "%d,", i % 10);
	assert_int_equal(b.len, 10000);
	buf_printf(&b, "%0999d", 7);
	assert_int_equal(b.len, 10999);
	assert_int_equal(b.data[10998], '7');
	assert_int_equal(b.data[9999], ',');
	buf_fini(&b);
}

static void stops_at_its_limit(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	b.limit_bytes = 10;
	buf_append_text(&b, "0123456");
	buf_append_text(&b, "0123");
	assert_true(b.over);
	assert_true(str_is(buf_str(&b), "0123456"));
	assert_true(b.cap <= 10);
	assert_null(buf_reserve(&b, 4));
	buf_clear(&b);
	assert_false(b.over);

	/* To the last byte, with every way to put it there. */
	buf_printf(&b, "%s", "0123456789");
	assert_false(b.over);
	assert_int_equal(b.len, 10);
	buf_printf(&b, "%s", "");
	assert_false(b.over);
	buf_printf(&b, "x");
	assert_true(b.over);
	assert_int_equal(b.len, 10);
	buf_fini(&b);
}

static void lends_room(void **state)
{
	struct buf b;
	char *room;

	(void)state;
	buf_init(&b);
	buf_append_text(&b, "ab");
	room = buf_reserve(&b, 1000);
	assert_non_null(room);
	room[0] = 'c';
	buf_claim(&b, 1);
	assert_true(str_is(buf_str(&b), "abc"));
	buf_fini(&b);
}

static void consumes_from_the_front(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_consume(&b, 0);
	buf_append_text(&b, "abcdef");
	buf_consume(&b, 2);
	assert_true(str_is(buf_str(&b), "cdef"));
	buf_consume(&b, 4);
	assert_int_equal(b.len, 0);
	buf_fini(&b);
}

static void hands_its_bytes_over(void **state)
{
	struct buf b;
	char *taken;
	size_t len;

	(void)state;
	buf_init(&b);
	buf_append_text(&b, "abc");
	taken = buf_take(&b, &len);
	assert_string_equal(taken, "abc");
	assert_int_equal(len, 3);
	assert_null(b.data);
	free(taken);
	taken = buf_take(&b, NULL);
	assert_string_equal(taken, "");
	free(taken);
	buf_append_text(&b, "again");
	assert_true(str_is(buf_str(&b), "again"));
	buf_fini(&b);
}

static void tidies_after_giants(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b);
	buf_tidy(&b, 100);
	buf_append_text(&b, "x");
	buf_clear(&b);
	buf_tidy(&b, 100);
	assert_non_null(b.data);
	(void)buf_reserve(&b, 1000);
	buf_tidy(&b, 100);
	assert_null(b.data);
	assert_int_equal(b.cap, 0);
	buf_append_text(&b, "again");
	assert_int_equal(b.len, 5);
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tidies_after_giants),
		cmocka_unit_test(appends),    cmocka_unit_test(grows),
		cmocka_unit_test(lends_room), cmocka_unit_test(consumes_from_the_front),
		cmocka_unit_test(stops_at_its_limit), cmocka_unit_test(hands_its_bytes_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
