#include "admin/operations.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/histogram.h"
#include "base/limit.h"
#include "base/log_kept.h"
#include "support/bed.h"

static struct bed bed;
static json_t *answer;
static struct operations_view view;

static void look(void *context, void (*done)(void *done_context, const struct operations_view *v), void *done_context)
{
	(void)context;
	done(done_context, &view);
}

static int set_up(void **state)
{
	static const struct module_def *const none[] = {NULL};
	static const struct operations_control control = {.post_look = look};

	(void)state;
	log_set_level(LOG_NONE);
	bed_open(&bed, 2, none, NULL);
	operations_init(none, &control);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(answer);
	bed_close(&bed);
	return 0;
}

static void on_reply(void *context, json_t *reply)
{
	(void)context;
	answer = reply;
}

static const json_t *ask(const char *category, const char *name)
{
	const struct operation *o = operations_find(str_from(category), str_from(name));

	json_decref(answer);
	answer = NULL;
	operations_start(&bed.realm, &(struct operations_request){.operation = o, .on_reply = on_reply});
	bed_settle(&bed);
	return json_object_get(json_object_get(json_object_get(answer, "data"), category), name);
}

static void expect(const json_t *found, const char *text)
{
	json_t *expected = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(expected);
	if (!json_equal(found, expected))
		fail_msg("%s, not %s", json_dumps(found, JSON_ENCODE_ANY), text);
	json_decref(expected);
}

static const char *text_in(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void warnings_come_latest_first(void **state)
{
	const json_t *list;

	(void)state;
	log_kept_add(LOG_WARN, 1000, STR("net: one port=\"1\""));
	log_kept_add(LOG_ERROR, 2000, STR("store: two"));
	list = ask("server", "listWarnings");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(text_in(json_array_get(list, 0), "text"), "store: two");
	assert_string_equal(text_in(json_array_get(list, 0), "level"), "error");
	assert_string_equal(text_in(json_array_get(list, 1), "text"), "net: one port=\"1\"");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 1), "at")), 1000);
}

static void limits_tell_whom(void **state)
{
	const json_t *list, *one;

	(void)state;
	for (int i = 0; i < 3; i++)
		limit_acted(METRIC_max_connections_refused, (struct ip){.version = 4, .bytes = {203, 0, 113, 7}});
	list = ask("server", "listLimited");
	assert_int_equal(json_array_size(list), 1);
	one = json_array_get(list, 0);
	assert_string_equal(text_in(one, "limit"), "max_connections_refused");
	assert_string_equal(text_in(one, "who"), "203.0.113.7");
	assert_int_equal(json_integer_value(json_object_get(one, "count")), 3);
	assert_true(json_is_true(json_object_get(one, "isAddress")));
	limit_acted_on(METRIC_user_queue_exceeded, STR("alice@localhost"));
	assert_int_equal(json_array_size(ask("server", "listLimited")), 2);
}

static void memory_is_more_than_nothing(void **state)
{
	const json_t *m = ask("server", "memory");
	int64_t resident = json_integer_value(json_object_get(m, "resident")), heap = json_integer_value(json_object_get(m, "heapUsed"));

	(void)state;
	assert_true(resident > 100000);
	assert_in_range(heap, 0, INT64_MAX); /* 0 where a sanitizer has taken its place */
	expect(json_object_get(m, "inputHeld"), "0");
}

static void histograms_have_their_values(void **state)
{
	const json_t *list, *h;

	(void)state;
	histogram_add(HISTOGRAM_stanza_seconds, 1);
	histogram_add(HISTOGRAM_stanza_seconds, 3);
	histogram_add(HISTOGRAM_stanza_seconds, 4);
	list = ask("metric", "getHistograms");
	assert_int_equal(json_array_size(list), HISTOGRAM_COUNT);
	h = json_array_get(list, HISTOGRAM_stanza_seconds);
	assert_string_equal(text_in(h, "name"), "stanza_seconds");
	assert_int_equal(json_array_size(json_object_get(h, "buckets")), HISTOGRAM_BUCKETS);
	expect(json_object_get(h, "count"), "3");
	expect(json_object_get(h, "sum"), "8");
	expect(json_object_get(h, "scale"), "1000000");
	expect(json_array_get(json_object_get(h, "buckets"), 0), "1");
	expect(json_array_get(json_object_get(h, "buckets"), 2), "2");
}

static void listeners_and_the_last_reload(void **state)
{
	static const struct config_tls tls = {.mode = CONFIG_STARTTLS_REQUIRED};
	const struct config_listen listen = {.ip_address = STR("0.0.0.0"), .tls = &tls};
	const struct operations_listener listeners[] = {
		{.kind = "c2s", .listen = &listen, .port = 5222, .connections = 3, .max_connections = 10, .accepted = 7, .refused = 1,
		 .has_certificate = true, .certificate_days = 89},
		{.kind = "s2s", .listen = &listen, .port = 5269, .max_connections = OPTION_INFINITY},
		{.kind = "http", .listen = &listen, .port = 5285, .max_connections = 1024, .has_certificate = true, .certificate_days = INT_MAX},
	};
	const json_t *list;

	(void)state;
	view = (struct operations_view){.listeners = listeners, .listener_count = 3};
	list = ask("server", "listListeners");
	assert_int_equal(json_array_size(list), 3);
	expect(json_array_get(list, 0),
	       "{\"type\":\"c2s\",\"address\":\"0.0.0.0\",\"port\":5222,\"connections\":3,\"maxConnections\":10,\"accepted\":7,\"refused\":1,"
	       "\"tls\":\"starttls_required\",\"certificateDays\":89,\"handlers\":[]}");
	expect(json_object_get(json_array_get(list, 1), "maxConnections"), "null");
	expect(json_object_get(json_array_get(list, 1), "tls"), "null");
	expect(json_object_get(json_array_get(list, 2), "certificateDays"), "null");
	expect(ask("server", "lastReload"), "{\"at\":null,\"applied\":false,\"report\":[]}");
	view = (struct operations_view){.reloaded_ms = 5000, .is_reload_applied = true, .reload_report = STR("applied: a\nneeds a restart: b\n")};
	expect(ask("server", "lastReload"), "{\"at\":5000,\"applied\":true,\"report\":[\"applied: a\",\"needs a restart: b\"]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(warnings_come_latest_first),
		cmocka_unit_test(limits_tell_whom),
		cmocka_unit_test(memory_is_more_than_nothing),
		cmocka_unit_test(histograms_have_their_values),
		cmocka_unit_test(listeners_and_the_last_reload),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
