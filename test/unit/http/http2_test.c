#include "http/http2.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/metric.h"
#include "support/http_bed.h"

/* A client of another house. */
struct client {
	int fd;
	nghttp2_session *session;
	struct buf body;
	struct str upload;
	int status, closed;
	uint32_t error; /* of the last stream that was closed, or of GOAWAY */
	bool has_goaway;
};

static struct http_bed bed;
static struct client client;

static int on_header(nghttp2_session *s, const nghttp2_frame *f, const uint8_t *name, size_t name_len, const uint8_t *value, size_t len,
		     uint8_t flags, void *context)
{
	struct client *c = context;

	(void)s;
	(void)f;
	(void)flags;
	(void)len;
	if (str_is(str_make((const char *)name, name_len), ":status"))
		c->status = atoi((const char *)value);
	return 0;
}

static int on_data(nghttp2_session *s, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *context)
{
	(void)s;
	(void)flags;
	(void)id;
	buf_append(&((struct client *)context)->body, data, len);
	return 0;
}

static int on_close(nghttp2_session *s, int32_t id, uint32_t error, void *context)
{
	struct client *c = context;

	(void)s;
	(void)id;
	c->closed++;
	c->error = error;
	return 0;
}

static int on_frame(nghttp2_session *s, const nghttp2_frame *f, void *context)
{
	struct client *c = context;

	(void)s;
	if (f->hd.type == NGHTTP2_GOAWAY) {
		c->has_goaway = true;
		c->error = f->goaway.error_code;
	}
	return 0;
}

static ssize_t give(nghttp2_session *s, int32_t id, uint8_t *to, size_t room, uint32_t *flags, nghttp2_data_source *source, void *context)
{
	struct client *c = context;
	size_t len = c->upload.len < room ? c->upload.len : room;

	(void)s;
	(void)id;
	(void)source;
	memcpy(to, c->upload.data, len);
	c->upload = str_make(c->upload.data + len, c->upload.len - len);
	if (c->upload.len == 0)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)len;
}

static void connect_client(void)
{
	nghttp2_session_callbacks *callbacks;

	client = (struct client){.fd = http_bed_connect(&bed, false)};
	buf_init(&client.body);
	nghttp2_session_callbacks_new(&callbacks);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_client_new(&client.session, callbacks, &client);
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_submit_settings(client.session, NGHTTP2_FLAG_NONE, NULL, 0);
}

static void disconnect_client(void)
{
	nghttp2_session_del(client.session);
	buf_fini(&client.body);
	close(client.fd);
	http_bed_turns(&bed, 3);
}

static int set_up(void **state)
{
	(void)state;
	http_bed_init(&bed);
	http_bed_begin(&bed);
	connect_client();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	disconnect_client();
	http_bed_fini(&bed);
	return 0;
}

/* Both sides say all they have to. False: the connection has ended. */
static bool exchange_frames(void)
{
	bool is_open = true;

	for (int silent = 0; is_open && silent < 3;) {
		const uint8_t *data;
		struct buf got;
		ssize_t len = nghttp2_session_mem_send(client.session, &data);

		buf_init(&got);
		if (len > 0)
			http_bed_send(&bed, client.fd, str_make((const char *)data, (size_t)len));
		is_open = http_bed_receive(&bed, client.fd, &got);
		if (got.len)
			assert_true(nghttp2_session_mem_recv(client.session, (const uint8_t *)got.data, got.len) >= 0);
		silent = len > 0 || got.len ? 0 : silent + 1;
		buf_fini(&got);
	}
	return is_open;
}

static struct http_conn *client_conn(void)
{
	return container_of(bed.conns.prev, struct http_conn, link);
}

static nghttp2_nv header(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

static int32_t submit(const char *method, const char *path, const char *upload)
{
	nghttp2_nv head[] = {header(":method", method), header(":scheme", "http"), header(":path", path), header(":authority", "h")};
	nghttp2_data_provider provider = {.read_callback = give};

	client.status = 0;
	client.closed = 0;
	client.upload = str_from(upload);
	buf_clear(&client.body);
	return nghttp2_submit_request(client.session, NULL, head, 4, upload ? &provider : NULL, NULL);
}

static int ask(const char *method, const char *path, const char *upload)
{
	submit(method, path, upload);
	exchange_frames();
	return client.status;
}

static void answers(void **state)
{
	(void)state;
	assert_int_equal(ask("GET", "/echo/x?y", NULL), 200);
	assert_true(str_is(buf_str(&client.body), "1 /echo/x|/x|y|"));
	assert_int_equal(ask("HEAD", "/echo", NULL), 200);
	assert_int_equal(client.body.len, 0);
	assert_int_equal(ask("POST", "/echo", "abc"), 200);
	assert_true(str_is(buf_str(&client.body), "2 /echo|||abc"));
	assert_int_equal(ask("PUT", "/echo", NULL), 405);
	assert_int_equal(ask("OPTIONS", "/echo", NULL), 204);
	assert_int_equal(ask("GET", "/nowhere", NULL), 404);
	assert_int_equal(ask("POST", "/nowhere", "abc"), 404);
	assert_int_equal(ask("GET", "/../x", NULL), 400);
	assert_int_equal(ask("BREW", "/echo", NULL), 501);
	assert_int_equal(ask("GET", "/big", NULL), 200);
	assert_int_equal(client.body.len, HTTP_BED_BIG_BYTES);
	assert_int_equal(ask("GET", "/upgrade", NULL), 426);
}

static void limits_bodies_and_headers(void **state)
{
	char *long_text = malloc(9000);

	(void)state;
	memset(long_text, 'a', 9000);
	long_text[0] = '/';
	long_text[HTTP_BED_BODY_BYTES + 1] = '\0';
	assert_int_equal(ask("POST", "/echo", long_text), 413);
	long_text[HTTP_BED_BODY_BYTES + 1] = 'a';
	long_text[8999] = '\0';
	assert_int_equal(ask("GET", long_text, NULL), 414);

	nghttp2_nv head[5] = {header(":method", "GET"), header(":scheme", "http"), header(":path", "/echo"), header(":authority", "h"),
			      header("x", long_text)};

	nghttp2_submit_request(client.session, NULL, head, 5, NULL, NULL);
	exchange_frames();
	assert_int_equal(client.status, 431);
	head[4] = header("host", "other");
	nghttp2_submit_request(client.session, NULL, head, 5, NULL, NULL);
	exchange_frames();
	assert_int_equal(client.status, 400);
	free(long_text);
}

static void answers_late_and_streams(void **state)
{
	(void)state;
	ask("GET", "/later", NULL);
	assert_int_equal(client.status, 0);
	exchange_answer(bed.kept, 201, STR("text/plain"), STR("late"));
	exchange_frames();
	assert_int_equal(client.status, 201);
	assert_true(str_is(buf_str(&client.body), "late"));
	ask("GET", "/stream", NULL);
	assert_true(str_is(buf_str(&client.body), "first\n"));
	exchange_write(bed.kept, STR("second\n"));
	exchange_frames();
	assert_true(str_is(buf_str(&client.body), "first\nsecond\n"));
	assert_int_equal(client.closed, 0);
	exchange_end(bed.kept);
	exchange_frames();
	assert_int_equal(client.closed, 1);
	assert_int_equal(client.error, NGHTTP2_NO_ERROR);
	ask("GET", "/stream", NULL);
	exchange_abort(bed.kept);
	exchange_frames();
	assert_int_equal(client.error, NGHTTP2_INTERNAL_ERROR);
}

/* What ends the stream at once: nobody is told that it was cancelled, and it stays until the answer is complete. */
static void answers_late_without_a_body(void **state)
{
	(void)state;
	ask("GET", "/later", NULL);
	exchange_answer(bed.kept, 204, STR_NONE, STR(""));
	assert_int_equal(bed.cancelled, 0);
	exchange_frames();
	assert_int_equal(client.status, 204);
	ask("HEAD", "/later", NULL);
	exchange_begin(bed.kept, 200, STR("text/plain"));
	exchange_write(bed.kept, STR("nobody reads this"));
	exchange_end(bed.kept);
	assert_int_equal(bed.cancelled, 0);
	exchange_frames();
	assert_int_equal(client.status, 200);
	assert_int_equal(client.closed, 1);
}

static void cuts_off_who_does_not_read_when_the_writer_has_returned(void **state)
{
	static char piece[40000];
	int64_t before = metric_read(METRIC_output_limit_exceeded);

	(void)state;
	memset(piece, 'p', sizeof(piece));
	client_conn()->conn.output_limit_bytes = 50000;
	submit("GET", "/stream", NULL);
	exchange_frames();
	/* The client's window is smaller than all of them. */
	for (int i = 0; i < 5; i++)
		exchange_write(bed.kept, str_make(piece, sizeof(piece)));
	assert_int_equal(bed.cancelled, 0);
	assert_int_equal(metric_read(METRIC_output_limit_exceeded), before + 1);
	exchange_frames();
	assert_int_equal(bed.cancelled, 1);
	assert_int_equal(client.error, NGHTTP2_CANCEL);
	assert_int_equal(ask("GET", "/echo", NULL), 200);
}

/* Of all connections: what waits for windows counts as what waits for sockets. */
static void keeps_to_the_budget_of_output(void **state)
{
	static char piece[200000];
	int64_t before = metric_read(METRIC_output_waiting_bytes);

	(void)state;
	memset(piece, 'p', sizeof(piece));
	ask("GET", "/later", NULL);
	exchange_answer(bed.kept, 200, STR("text/plain"), str_make(piece, sizeof(piece)));
	http_bed_turns(&bed, 3);
	assert_in_range(metric_read(METRIC_output_waiting_bytes), before + 65536, before + 3 * 65536);
	exchange_frames();
	assert_int_equal(client.body.len, sizeof(piece));
	assert_int_equal(metric_read(METRIC_output_waiting_bytes), before);
	ask("GET", "/later", NULL);
	conn_set_budget(65536);
	exchange_answer(bed.kept, 200, STR("text/plain"), str_make(piece, sizeof(piece)));
	conn_set_budget(INT64_MAX);
	exchange_frames();
	assert_int_equal(client.error, NGHTTP2_CANCEL);
	assert_int_equal(client.body.len, 0);
	assert_int_equal(metric_read(METRIC_output_waiting_bytes), before);
	assert_int_equal(ask("GET", "/echo", NULL), 200);
}

/* Otherwise who asks now and then keeps bodies that never come, and answers that are never read. */
static void looks_at_its_streams_however_many_come(void **state)
{
	uint64_t due_ms;

	(void)state;
	ask("GET", "/later", NULL);
	due_ms = client_conn()->timer.due_ms;
	usleep(20000);
	ask("GET", "/later", NULL);
	assert_int_equal(client_conn()->timer.due_ms, due_ms);
}

static void tells_of_requests_taken_back(void **state)
{
	int32_t id;

	(void)state;
	id = submit("GET", "/later", NULL);
	exchange_frames();
	nghttp2_submit_rst_stream(client.session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
	exchange_frames();
	assert_int_equal(bed.cancelled, 1);
	submit("GET", "/later", NULL);
	exchange_frames();
	close(client.fd);
	http_bed_turns(&bed, 3);
	assert_int_equal(bed.cancelled, 2);
	client.fd = dup(0);
}

static void sends_a_page_many_times(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		submit("GET", "/big", NULL);
	exchange_frames();
	assert_int_equal(client.closed, 20);
	assert_int_equal(client.body.len, 20 * HTTP_BED_BIG_BYTES);
}

static void leaves_with_its_listener(void **state)
{
	(void)state;
	submit("GET", "/later", NULL);
	exchange_frames();
	http_conn_end_all(&bed.conns);
	assert_true(exchange_frames());
	assert_true(client.has_goaway);
	exchange_answer(bed.kept, 200, STR_NONE, STR("done"));
	exchange_frames();
	assert_true(str_is(buf_str(&client.body), "done"));
}

/* ---- floods ---- */

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\4\0\0\0\0\0"

/* The same frame over and over: how many until the connection is ended; 0: never. */
static int flood(struct str frame, int most, bool is_request)
{
	int fd = http_bed_connect(&bed, false), sent = 0;
	struct buf got, many;
	bool is_open = true;

	buf_init(&got);
	http_bed_send(&bed, fd, STR(PREFACE SETTINGS));
	for (; is_open && sent < most; sent += 100) {
		buf_init(&many);
		for (int i = 0; i < 100; i++) {
			size_t at = many.len;
			uint32_t id = (uint32_t)(2 * (sent + i) + 1);

			buf_append_str(&many, frame);
			/* Each of its frames is of a stream of its own. */
			for (size_t f = at; is_request && f < many.len; f += 9 + (unsigned char)many.data[f + 2]) {
				many.data[f + 6] = (char)(id >> 16);
				many.data[f + 7] = (char)(id >> 8);
				many.data[f + 8] = (char)id;
			}
		}
		http_bed_send(&bed, fd, buf_str(&many));
		buf_fini(&many);
		buf_clear(&got);
		is_open = http_bed_receive(&bed, fd, &got);
	}
	buf_fini(&got);
	close(fd);
	http_bed_turns(&bed, 3);
	return is_open ? 0 : sent;
}

static void sends_floods_away(void **state)
{
	int64_t before = metric_read(METRIC_http2_floods_refused);

	(void)state;
	assert_in_range(flood(STR("\0\0\10\6\0\0\0\0\0aaaaaaaa"), 20000, false), 100, 2000);
	assert_in_range(flood(STR(SETTINGS), 20000, false), 100, 2000);
	assert_in_range(flood(STR("\0\0\5\2\0\0\0\0\1\0\0\0\0\20"), 20000, false), 100, 2000);
	assert_in_range(flood(STR("\0\0\4\10\0\0\0\0\0\0\0\0\1"), 20000, false), 100, 2000);
	/* A request that is taken back at once (CVE-2023-44487). */
	assert_in_range(flood(STR("\0\0\5\1\5\0\0\0\0\x82\x86\x84\x41\0" "\0\0\4\3\0\0\0\0\0\0\0\0\10"), 20000, true), 100, 2000);
	assert_int_equal(metric_read(METRIC_http2_floods_refused), before + 5);
}

static void refuses_what_is_no_http2(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
#define CASE(text) {text, sizeof(text) - 1}
		CASE(PREFACE "nonsense and more of it, and more"),
		CASE("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n" SETTINGS),
		CASE(PREFACE SETTINGS "\0\0\1\0\0\0\0\0\1a"),
		CASE(PREFACE SETTINGS "\xff\xff\xff\0\0\0\0\0\1a"),
		CASE(PREFACE SETTINGS "\0\0\1\1\5\0\0\0\1\xff"),
		CASE(PREFACE SETTINGS "\0\0\0\11\4\0\0\0\1"),
		CASE("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n" PREFACE SETTINGS),
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool is_open;
		char *got = http_bed_ask(&bed, str_make(cases[i].bytes, cases[i].len), &is_open);

		if (is_open)
			print_error("case %zu\n", i);
		assert_false(is_open);
		free(got);
	}
}

static void has_deadlines(void **state)
{
	(void)state;
	bed.rules.first_ms = bed.rules.idle_ms = bed.rules.body_ms = 30;
	hosting_unref(&bed.hosting);
	http_bed_begin(&bed);
	for (int i = 0; i < 2; i++) {
		struct buf got;
		int fd = http_bed_connect(&bed, false);

		buf_init(&got);
		http_bed_send(&bed, fd, i ? STR(PREFACE SETTINGS) : STR("PRI * HTTP/2.0\r\n\r\n"));
		usleep(60000);
		http_bed_turns(&bed, 3);
		assert_false(http_bed_receive(&bed, fd, &got));
		buf_fini(&got);
		close(fd);
	}
}

static void ends_events_with_the_listener(void **state)
{
	(void)state;
	ask("GET", "/events", NULL);
	ask("GET", "/events", NULL);
	assert_true(event_stream_send(bed.events, &(struct event_stream_event){.data = STR("one")}));
	assert_true(exchange_frames());
	assert_int_equal(client.status, 200);
	assert_true(str_equal(buf_str(&client.body), STR("data: one\n\n")));
	assert_int_equal(client.closed, 0);
	http_conn_end_all(&bed.conns);
	exchange_frames();
	assert_int_equal(client.closed, 2);
	assert_true(client.has_goaway);
	assert_int_equal(client.error, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers),
		TEST(limits_bodies_and_headers),
		TEST(answers_late_and_streams),
		TEST(answers_late_without_a_body),
		TEST(cuts_off_who_does_not_read_when_the_writer_has_returned),
		TEST(keeps_to_the_budget_of_output),
		TEST(looks_at_its_streams_however_many_come),
		TEST(tells_of_requests_taken_back),
		TEST(sends_a_page_many_times),
		TEST(leaves_with_its_listener),
		TEST(ends_events_with_the_listener),
		TEST(sends_floods_away),
		TEST(refuses_what_is_no_http2),
		TEST(has_deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
