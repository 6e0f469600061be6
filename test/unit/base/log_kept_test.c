#include "base/log_kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "base/codec.h"

static struct log_kept kept[LOG_KEPT_MAX];

static void quietly(void (*run)(void))
{
	int real = dup(STDERR_FILENO), nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(nothing, STDERR_FILENO);
	run();
	dup2(real, STDERR_FILENO);
	close(nothing);
	close(real);
}

static void say_four(void)
{
	log_event(LOG_INFO, "some", "is no warning");
	log_event(LOG_WARN, "some", "one", LOG_NUM("n", 1));
	log_event(LOG_DEBUG, "some", "is not even told");
	log_event(LOG_ERROR, "some", "two", LOG_TEXT("who", "a\nb"));
}

static void warnings_and_errors_are_kept(void **state)
{
	(void)state;
	assert_int_equal(log_kept_read(kept), 0);
	log_set_level(LOG_INFO);
	quietly(say_four);
	assert_int_equal(log_kept_read(kept), 2);
	assert_int_equal(kept[0].number, 1);
	assert_int_equal(kept[0].level, LOG_WARN);
	assert_true(str_is(str_make(kept[0].text, kept[0].len), "some: one n=1"));
	assert_int_equal(kept[1].level, LOG_ERROR);
	assert_true(str_is(str_make(kept[1].text, kept[1].len), "some: two who=\"a\\nb\""));
	assert_true(kept[1].time_ms >= kept[0].time_ms && kept[0].time_ms > 1600000000000);
}

static void say_many(void)
{
	for (int i = 1; i <= 3 * LOG_KEPT_MAX; i++)
		log_event(LOG_WARN, "many", "one", LOG_NUM("n", i));
}

static void the_oldest_go(void **state)
{
	char last[32];

	(void)state;
	quietly(say_many);
	assert_int_equal(log_kept_read(kept), LOG_KEPT_MAX);
	snprintf(last, sizeof last, "many: one n=%d", 3 * LOG_KEPT_MAX);
	assert_true(str_is(str_make(kept[LOG_KEPT_MAX - 1].text, kept[LOG_KEPT_MAX - 1].len), last));
	for (int i = 1; i < LOG_KEPT_MAX; i++)
		assert_int_equal(kept[i].number, kept[i - 1].number + 1);
}

static void long_ones_are_cut_in_whole_characters(void **state)
{
	char text[2 * LOG_KEPT_BYTES];

	(void)state;
	for (int offset = 0; offset < 4; offset++) {
		memset(text, 'x', sizeof text);
		for (size_t i = (size_t)offset; i + 3 <= sizeof text; i += 3)
			memcpy(text + i, "\xe2\x82\xac", 3);
		log_kept_add(LOG_WARN, 1, str_make(text, sizeof text - 4));
		log_kept_read(kept);
		assert_in_range(kept[LOG_KEPT_MAX - 1].len, LOG_KEPT_BYTES - 3, LOG_KEPT_BYTES);
		assert_true(codec_utf8_is_valid(str_make(kept[LOG_KEPT_MAX - 1].text, kept[LOG_KEPT_MAX - 1].len)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warnings_and_errors_are_kept),
		cmocka_unit_test(the_oldest_go),
		cmocka_unit_test(long_ones_are_cut_in_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
