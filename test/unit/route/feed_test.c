#include "route/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/metric.h"

/* The mailboxes of two loops, emptied by hand. */
static struct mailbox listener, source;
static struct feed *listened, *fed;
static int events, ended, closed;

static void on_event(void *context, json_t *event)
{
	(void)context;
	assert_int_equal(json_integer_value(event), ++events);
	json_decref(event);
}

static void on_ended(void *context)
{
	(void)context;
	ended++;
}

static void on_closed(void *context)
{
	(void)context;
	closed++;
}

static void settle(void)
{
	for (int i = 0; i < 3; i++) {
		mailbox_drain(&listener, 1000);
		mailbox_drain(&source, 1000);
	}
}

static int set_up(void **state)
{
	(void)state;
	log_set_level(LOG_NONE);
	mailbox_init(&listener);
	mailbox_init(&source);
	events = ended = closed = 0;
	listened = fed = feed_new(&(struct feed_listener){.home = &listener, .on_event = on_event, .on_ended = on_ended});
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	feed_close(&listened);
	settle();
	mailbox_fini(&listener);
	mailbox_fini(&source);
	return 0;
}

static void begin(void)
{
	feed_begin(fed, &source, on_closed, NULL);
}

static void passes_events_in_order(void **state)
{
	(void)state;
	begin();
	for (int i = 1; i <= 3; i++)
		assert_true(feed_post(fed, json_integer(i), 100));
	assert_int_equal(events, 0);
	settle();
	assert_int_equal(events, 3);
	feed_end(&fed);
	settle();
	assert_int_equal(ended, 1);
	feed_close(&listened);
	settle();
	assert_int_equal(closed, 0);
}

static void tells_the_source_that_nobody_listens(void **state)
{
	(void)state;
	begin();
	feed_post(fed, json_integer(1), 100);
	feed_close(&listened);
	settle();
	assert_int_equal(events, 0);
	assert_int_equal(closed, 1);
	feed_end(&fed);
	settle();
	assert_int_equal(ended, 0);
}

static void both_may_have_enough_at_once(void **state)
{
	(void)state;
	begin();
	feed_close(&listened);
	feed_end(&fed);
	settle();
	assert_int_equal(ended + closed, 0);
}

static void may_never_begin(void **state)
{
	(void)state;
	feed_close(&listened);
	settle();
	assert_int_equal(closed, 0);
}

static void is_bounded(void **state)
{
	int64_t before = metric_read(METRIC_feeds_cut_off);

	(void)state;
	begin();
	/* One of any size is let through. */
	assert_true(feed_post(fed, json_integer(1), 2 * FEED_WAITING_BYTES));
	settle();
	for (int i = 2; i < 6; i++)
		assert_true(feed_post(fed, json_integer(i), FEED_WAITING_BYTES / 4));
	assert_false(feed_post(fed, json_integer(6), 1));
	assert_false(feed_post(fed, json_integer(7), 1));
	settle();
	assert_int_equal(events, 5);
	assert_int_equal(ended, 1);
	assert_int_equal(closed, 0);
	assert_int_equal(metric_read(METRIC_feeds_cut_off), before + 1);
	feed_close(&listened);
	settle();
	assert_int_equal(closed, 1);
	feed_end(&fed);
	settle();
	assert_int_equal(ended, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(passes_events_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_the_source_that_nobody_listens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(both_may_have_enough_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(may_never_begin, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_bounded, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
