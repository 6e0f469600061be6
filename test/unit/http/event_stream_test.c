#include "http/event_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/metric.h"
#include "support/http_bed.h"

#define REQUEST "GET /events HTTP/1.1\r\nHost: h\r\n\r\n"

static struct http_bed bed;
static int ended; /* how often on_ended was called */
static enum event_stream_reason reason;

static void on_ended(void *context, enum event_stream_reason r)
{
	assert_ptr_equal(context, &bed);
	ended++;
	reason = r;
	bed.events = NULL;
}

static int set_up(void **state)
{
	(void)state;
	http_bed_init(&bed);
	bed.event_settings = (struct event_stream_settings){.on_ended = on_ended, .context = &bed};
	ended = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	http_bed_fini(&bed);
	return 0;
}

static int begin(struct str request)
{
	int fd;

	http_bed_begin(&bed);
	fd = http_bed_connect(&bed, false);
	http_bed_send(&bed, fd, request);
	return fd;
}

static bool send_data(const char *data)
{
	return event_stream_send(bed.events, &(struct event_stream_event){.data = str_from(data)});
}

/* All that comes, NUL-terminated. */
static bool receive(int fd, struct buf *got)
{
	bool is_open;

	buf_clear(got);
	is_open = http_bed_receive(&bed, fd, got);
	buf_append_char(got, '\0');
	return is_open;
}

static size_t count_text(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		count++;
	return count;
}

static void writes_events_as_the_standard_says(void **state)
{
	static const struct {
		struct event_stream_event event;
		const char *text;
	} cases[] = {
		{{.data = STR("{}")}, "data: {}\n\n"},
		{{.data = STR("")}, "data: \n\n"},
		{{.type = STR("load"), .id = STR("7"), .data = STR("a")}, "event: load\nid: 7\ndata: a\n\n"},
		{{.data = STR("a\nb\r\nc\rd")}, "data: a\ndata: b\ndata: c\ndata: d\n\n"},
		{{.data = STR("a\n")}, "data: a\ndata: \n\n"},
	};
	struct buf got;
	char chunk[128];
	int fd = begin(STR(REQUEST));

	(void)state;
	buf_init(&got);
	assert_true(receive(fd, &got));
	assert_non_null(strstr(got.data, "HTTP/1.1 200"));
	assert_non_null(strstr(got.data, "content-type: text/event-stream\r\n"));
	assert_non_null(strstr(got.data, "cache-control: no-store\r\n"));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(event_stream_send(bed.events, &cases[i].event));
		assert_true(receive(fd, &got));
		snprintf(chunk, sizeof(chunk), "%zx\r\n%s\r\n", strlen(cases[i].text), cases[i].text);
		assert_string_equal(got.data, chunk);
	}
	event_stream_stop(&bed.events);
	assert_true(receive(fd, &got));
	assert_string_equal(got.data, "0\r\n\r\n");
	assert_int_equal(ended, 0);
	buf_fini(&got);
	close(fd);
}

static void answers_head_at_once(void **state)
{
	struct buf got;
	int fd = begin(STR("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n" "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n"));

	(void)state;
	buf_init(&got);
	assert_true(receive(fd, &got));
	assert_null(bed.events);
	assert_int_equal(count_text(got.data, "HTTP/1.1 200"), 2);
	buf_fini(&got);
	close(fd);
}

static void tells_that_the_client_went_away(void **state)
{
	int fd = begin(STR(REQUEST));

	(void)state;
	close(fd);
	http_bed_turns(&bed, 4);
	assert_int_equal(ended, 1);
	assert_int_equal(reason, EVENT_STREAM_GONE);
}

/* What nobody reads does not grow. */
static void cuts_a_slow_reader_off(void **state)
{
	static char big[10000];
	int64_t before = metric_read(METRIC_event_streams_cut_off);
	int fd, sent = 0;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	bed.event_settings.queue_limit_bytes = 100000;
	fd = begin(STR(REQUEST));
	while (sent < 1000 && send_data(big)) {
		http_bed_turns(&bed, 1);
		assert_true(!bed.events || event_stream_waiting(bed.events) <= 100000);
		sent++;
	}
	assert_in_range(sent, 9, 999);
	assert_int_equal(ended, 0);
	http_bed_turns(&bed, 4);
	assert_int_equal(ended, 1);
	assert_int_equal(reason, EVENT_STREAM_SLOW);
	assert_int_equal(metric_read(METRIC_event_streams_cut_off), before + 1);
	close(fd);
}

/* The idle limit. Pings go on until then, and are no events. */
static void pings_and_ends_when_nothing_happens(void **state)
{
	struct buf got;
	int fd;

	(void)state;
	buf_init(&got);
	bed.event_settings.ping_ms = 10;
	bed.event_settings.idle_ms = 60;
	fd = begin(STR(REQUEST));
	receive(fd, &got);
	for (int i = 0; i < 8; i++) {
		usleep(10000);
		http_bed_turns(&bed, 3);
		if (i == 3)
			assert_true(send_data("one"));
	}
	assert_int_equal(ended, 0);
	for (int i = 0; i < 100 && !ended; i++) {
		usleep(10000);
		http_bed_turns(&bed, 3);
	}
	assert_int_equal(ended, 1);
	assert_int_equal(reason, EVENT_STREAM_IDLE);
	assert_true(receive(fd, &got));
	assert_in_range(count_text(got.data, ":\n\n"), 4, 20);
	assert_int_equal(count_text(got.data, "data: one\n"), 1);
	assert_non_null(strstr(got.data, "\r\n0\r\n\r\n"));
	buf_fini(&got);
	close(fd);
}

static void ends_with_the_listener(void **state)
{
	struct buf got;
	int fd = begin(STR(REQUEST));

	(void)state;
	buf_init(&got);
	receive(fd, &got);
	http_conn_end_all(&bed.conns);
	assert_false(receive(fd, &got));
	assert_string_equal(got.data, "0\r\n\r\n");
	assert_int_equal(ended, 1);
	assert_int_equal(reason, EVENT_STREAM_LEAVING);
	buf_fini(&got);
	close(fd);
}

/* ---- other threads ---- */

enum { WRITERS = 4, EVENTS = 500 };

static void *write_from_outside(void *context)
{
	struct event_stream *s = context;

	for (int i = 0; i < EVENTS; i++)
		event_stream_post(s, &(struct event_stream_event){.data = STR("x")});
	event_stream_unref(&s);
	return NULL;
}

static void takes_events_of_other_threads(void **state)
{
	pthread_t writers[WRITERS];
	struct buf got;
	size_t count = 0;
	int fd = begin(STR(REQUEST));

	(void)state;
	buf_init(&got);
	for (int i = 0; i < WRITERS; i++) {
		event_stream_ref(bed.events);
		pthread_create(&writers[i], NULL, write_from_outside, bed.events);
	}
	for (int i = 0; i < 5000 && count < (size_t)WRITERS * EVENTS; i++) {
		usleep(1000);
		assert_true(http_bed_receive(&bed, fd, &got));
		*buf_reserve(&got, 1) = '\0';
		count = count_text(got.data, "data: x\n\n");
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i], NULL);
	assert_int_equal(count, WRITERS * EVENTS);
	http_bed_turns(&bed, 2);
	assert_int_equal(event_stream_waiting(bed.events), 0);
	event_stream_stop(&bed.events);
	buf_fini(&got);
	close(fd);
}

static void bounds_what_other_threads_post(void **state)
{
	static char big[10000];
	struct event_stream_event event = {.data = str_make(big, sizeof(big))};
	int fd, posted = 0;

	(void)state;
	memset(big, 'x', sizeof(big));
	bed.event_settings.queue_limit_bytes = 50000;
	fd = begin(STR(REQUEST));
	struct event_stream *s = bed.events;

	event_stream_ref(s);
	while (posted < 100 && event_stream_post(s, &event))
		posted++;
	assert_int_equal(posted, 4);
	assert_false(event_stream_post(s, &event));
	http_bed_turns(&bed, 4);
	assert_int_equal(ended, 1);
	assert_int_equal(reason, EVENT_STREAM_SLOW);
	assert_false(event_stream_post(s, &event));
	event_stream_unref(&s);
	close(fd);
}

/* What comes after the end is nobody's. */
static void survives_its_end(void **state)
{
	int fd = begin(STR(REQUEST));
	struct event_stream *s = bed.events;

	(void)state;
	event_stream_ref(s);
	assert_true(event_stream_post(s, &(struct event_stream_event){.data = STR("late")}));
	event_stream_stop(&bed.events);
	assert_false(event_stream_post(s, &(struct event_stream_event){.data = STR("later")}));
	http_bed_turns(&bed, 3);
	assert_int_equal(ended, 0);
	event_stream_unref(&s);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_events_as_the_standard_says, set_up, tear_down),
		cmocka_unit_test_setup_teardown(answers_head_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tells_that_the_client_went_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cuts_a_slow_reader_off, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pings_and_ends_when_nothing_happens, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ends_with_the_listener, set_up, tear_down),
		cmocka_unit_test_setup_teardown(takes_events_of_other_threads, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bounds_what_other_threads_post, set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_its_end, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
