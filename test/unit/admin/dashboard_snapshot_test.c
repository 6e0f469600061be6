#include "admin/dashboard_snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "admin/operations.h"
#include "base/histogram.h"
#include "base/log_kept.h"
#include "base/metric.h"
#include "support/bed.h"

static struct bed bed;
static json_t *snapshot, *news;

/* Main answers from its own thread, later. */
static struct {
	struct letter letter;
	void (*done)(void *context, const struct operations_view *view);
	void *context;
} looking;

static void look(struct letter *l)
{
	(void)l;
	looking.done(looking.context, &(struct operations_view){.reloaded_ms = 7, .is_reload_applied = true});
}

static void post_look(void *context, void (*done)(void *done_context, const struct operations_view *view), void *done_context)
{
	(void)context;
	looking.letter.run = look;
	looking.done = done;
	looking.context = done_context;
	mailbox_post(&bed.mailboxes[1], &looking.letter);
}

static int set_up(void **state)
{
	static const struct module_def *const none[] = {NULL};
	static const struct operations_control control = {.post_look = post_look};

	(void)state;
	log_set_level(LOG_NONE);
	bed_open(&bed, 2, none, NULL);
	bed.realm.version = "1";
	operations_init(none, &control);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	bed_close(&bed);
	return 0;
}

static void on_done(void *context, json_t *s, json_t *n)
{
	assert_ptr_equal(context, &snapshot);
	assert_ptr_equal(registry_current(), bed.registries[0]);
	snapshot = s;
	news = n;
}

static void all_parts_are_there(void **state)
{
	static const char *const often[] = {"at", "domain", "status", "listeners", "memory", "metrics", "histograms"};
	static const char *const seldom[] = {"warnings", "limited", "reload"};

	(void)state;
	log_kept_add(LOG_WARN, 1, STR("some: warning"));
	metric_add(METRIC_stanzas_in, 17);
	dashboard_snapshot_start(&bed.realm, on_done, &snapshot);
	bed_settle(&bed);
	assert_int_equal(json_object_size(snapshot), sizeof often / sizeof often[0]);
	assert_int_equal(json_object_size(news), sizeof seldom / sizeof seldom[0]);
	for (size_t i = 0; i < sizeof often / sizeof often[0]; i++)
		assert_false(!json_object_get(snapshot, often[i]) || json_is_null(json_object_get(snapshot, often[i])));
	for (size_t i = 0; i < sizeof seldom / sizeof seldom[0]; i++)
		assert_false(!json_object_get(news, seldom[i]) || json_is_null(json_object_get(news, seldom[i])));
	assert_string_equal(json_string_value(json_object_get(snapshot, "domain")), "localhost");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(snapshot, "metrics"), "stanzas_in")), 17);
	assert_int_equal(json_object_size(json_object_get(snapshot, "metrics")), METRIC_COUNT);
	assert_int_equal(json_array_size(json_object_get(snapshot, "histograms")), HISTOGRAM_COUNT);
	assert_int_equal(json_array_size(json_object_get(news, "warnings")), 1);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(news, "reload"), "at")), 7);
	json_decref(snapshot);
	json_decref(news);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_parts_are_there),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
