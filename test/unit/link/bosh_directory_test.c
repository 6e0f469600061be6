#include "link/bosh/bosh_directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int arrived;

static void count(struct letter *l)
{
	(void)l;
	arrived++;
}

static void follows_a_session(void **state)
{
	struct loop *one = loop_new(0), *two = loop_new(1);
	struct bosh_directory_entry e;
	struct letter moving = {.run = count}, request = {.run = count};
	bool is_posted;

	(void)state;
	bosh_directory_add(&e, one);
	assert_int_equal(bosh_directory_count(), 1);
	assert_int_equal(strlen(e.sid), BOSH_DIRECTORY_SID_CHARS);
	assert_ptr_equal(bosh_directory_find(str_from(e.sid), one, &request, &is_posted), &e);
	assert_false(is_posted);
	assert_false(bosh_directory_is_logged_in(str_from(e.sid)));
	bosh_directory_set_logged_in(&e);
	assert_true(bosh_directory_is_logged_in(str_from(e.sid)));

	bosh_directory_move(&e, two, &moving);
	assert_null(bosh_directory_find(str_from(e.sid), one, &request, &is_posted));
	assert_true(is_posted);
	loop_turn(two, 0);
	assert_int_equal(arrived, 2);
	assert_ptr_equal(bosh_directory_find(str_from(e.sid), two, &request, &is_posted), &e);

	bosh_directory_remove(&e);
	assert_null(bosh_directory_find(str_from(e.sid), two, &request, &is_posted));
	assert_false(is_posted);
	assert_null(bosh_directory_find(STR(""), two, &request, &is_posted));
	assert_int_equal(bosh_directory_count(), 0);
	loop_free(&one);
	loop_free(&two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(follows_a_session)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
