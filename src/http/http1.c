#include "http/http1.h"

#include <stdio.h>

#include "base/check.h"
#include "base/limit.h"
#include "base/metric.h"
#include "http/answer.h"
#include "http/http2.h"

enum {
	OUTPUT_PAUSE_BYTES = 256 * 1024, /* of answers that wait: the next request is not read before they are out */
	PACE_BYTES = 64 * 1024,          /* of a body, for which there is a second more */
	EMPTY_LINES = 2,                 /* before a request line (RFC 9112 §2.2) */
};

static const struct hosting_rules *rules_of(const struct http_conn *c)
{
	return hosting_get_rules(c->hosting);
}

/* ---- answers ---- */

static void send_head(struct transaction *t, int status, int64_t body_len, bool has_body)
{
	struct http_conn *c = t->client;
	struct buf *out = &c->conn.loop->scratch;
	bool is_streamed = has_body && body_len < 0;
	struct answer_frame frame = {.body_len = has_body ? body_len : -1,
				     .is_chunked = is_streamed && t->x.version == 11};

	c->one.is_streaming = frame.is_chunked && !t->hides_body;
	c->one.closes |= is_streamed && !frame.is_chunked;
	frame.closes = c->one.closes && status != 101;
	frame.keeps = !frame.closes && t->x.version == 10;
	buf_clear(out);
	answer_append_head(out, t, status, frame);
	http_conn_send(c, buf_str(out));
	buf_clear(out);
}

static void send_body(struct transaction *t, struct str piece)
{
	struct http_conn *c = t->client;
	char size[24];

	if (t->x.holder && t->x.holder->on_drained)
		conn_await_written(&c->conn);
	if (!c->one.is_streaming) {
		http_conn_send(c, piece);
		return;
	}
	size_t len = (size_t)snprintf(size, sizeof(size), "%zx\r\n", piece.len);

	http_conn_send(c, str_make(size, len));
	http_conn_send(c, piece);
	http_conn_send(c, STR("\r\n"));
}

static void begin_next(struct http_conn *c)
{
	c->one.state = HTTP1_HEAD;
	c->one.is_done = true;
	c->one.is_streaming = false;
	c->one.empty_bytes = 0;
	c->one.scan = (struct head_scan){0};
	http_conn_await(c, rules_of(c)->idle_ms);
	/* Otherwise the loop of http1_take goes on. */
	if (!c->one.is_in_bytes && c->conn.out_bytes <= OUTPUT_PAUSE_BYTES)
		conn_resume(&c->conn);
	else if (!c->one.is_in_bytes)
		conn_await_written(&c->conn);
}

static void finish(struct transaction *t)
{
	struct http_conn *c = t->client;

	if (c->one.is_streaming)
		http_conn_send(c, STR("0\r\n\r\n"));
	transaction_free(&c->one.current);
	if (c->one.closes)
		http_conn_finish(c);
	else
		begin_next(c);
}

static void cut(struct transaction *t)
{
	struct http_conn *c = t->client;

	transaction_free(&c->one.current);
	conn_abort(&c->conn, ERR_CLOSED);
}

static size_t unsent(const struct transaction *t)
{
	const struct http_conn *c = t->client;

	return c->conn.out_bytes;
}

static bool can_hand_over(const struct transaction *t)
{
	const struct http_conn *c = t->client;

	return !conn_is_closing(&c->conn) && !c->is_refused;
}

static struct exchange_seat *hand_over(struct transaction *t, struct conn *to, const struct conn_handler *h)
{
	struct http_conn *c = t->client;

	send_head(t, 101, -1, false);
	transaction_free(&c->one.current);
	return http_conn_leave_to(c, to, h);
}

static const struct transaction_way way = {
	.send_head = send_head,
	.send_body = send_body,
	.finish = finish,
	.abort = cut,
	.unsent = unsent,
	.can_hand_over = can_hand_over,
	.hand_over = hand_over,
};

/* ---- requests ---- */

/* The answer without asking a handler. It ends the connection where nobody knows, or waits to see, where the next request begins. */
static void answer_early(struct http_conn *c, int status, bool is_end)
{
	if (status != 204)
		limit_acted(METRIC_http_requests_refused, c->conn.peer);
	c->one.state = HTTP1_ANSWER;
	c->one.closes |= is_end;
	http_conn_watch_reader(c);
	transaction_refuse(c->one.current, status);
}

static void refuse(struct http_conn *c, int status)
{
	answer_early(c, status, true);
}

static struct transaction *new_transaction(struct http_conn *c)
{
	struct transaction *t = transaction_new(c->hosting, &way, c, &c->conn);

	t->x.place = c->place.context;
	t->x.version = 11;
	return t;
}

/* The request is whole. */
static void run(struct http_conn *c)
{
	c->one.state = HTTP1_ANSWER;
	metric_add(METRIC_http_requests, 1);
	http_conn_watch_reader(c);
	transaction_run(c->one.current);
}

static uint32_t body_deadline_ms(const struct http_conn *c, const struct head *h)
{
	uint64_t len = h->is_chunked ? c->one.current->route->handler->body_limit_bytes : (uint64_t)h->content_length;

	return rules_of(c)->body_ms + (uint32_t)(len / PACE_BYTES) * 1000;
}

static void expect_body(struct http_conn *c, const struct head *h, size_t there)
{
	c->one.state = h->is_chunked ? HTTP1_CHUNKS : HTTP1_LENGTH;
	c->one.chunked = (struct chunked){0};
	c->one.left = h->is_chunked ? 0 : (uint64_t)h->content_length;
	if (h->expects_continue && there == 0)
		http_conn_send(c, STR("HTTP/1.1 100 Continue\r\n\r\n"));
	http_conn_await(c, body_deadline_ms(c, h));
}

/* The head is understood; 0, or the status of the answer. */
static int take_request(struct transaction *t, const struct head *h)
{
	int status;

	t->x.version = h->version;
	t->x.headers = h->headers;
	t->x.header_count = h->header_count;
	status = transaction_set_method(t, h->method);
	if (!status)
		status = transaction_set_target(t, h->target, h->host);
	return status ? status : transaction_route(t, h->content_length);
}

static bool is_preface(const struct http_conn *c, struct str head)
{
	return !c->one.is_done && str_equal(head, STR("PRI * HTTP/2.0\r\n\r\n"));
}

/* `there`: bytes that follow it already. */
static void take_head(struct http_conn *c, struct str raw, size_t there)
{
	struct transaction *t = c->one.current = new_transaction(c);
	struct head h;
	int status = head_parse(arena_str(&t->arena, raw), &t->arena, &h);
	bool is_malformed = status != 0;

	if (!is_malformed) {
		c->one.closes |= !h.keeps_connection;
		status = take_request(t, &h);
	}
	bool has_body = is_malformed || h.is_chunked || h.content_length > 0;

	if (c->is_refused)
		status = 503;
	if (status)
		answer_early(c, status, has_body || c->is_refused || status == 400);
	else if (has_body)
		expect_body(c, &h, there);
	else
		run(c);
}

/* How many of the bytes are empty lines before a head. */
static size_t skip_empty_lines(struct http_conn *c, struct str bytes)
{
	size_t skip = 0;

	while (skip < bytes.len && c->one.empty_bytes < 2 * EMPTY_LINES && bytes.data[skip] == "\r\n"[c->one.empty_bytes % 2]) {
		c->one.empty_bytes++;
		skip++;
	}
	return skip;
}

/* Looks for the end of a head in what there is of it and the bytes; how many of these it took. */
static size_t take_head_bytes(struct http_conn *c, struct str bytes)
{
	struct http1 *one = &c->one;
	size_t before = one->head.len, skipped = before ? 0 : skip_empty_lines(c, bytes), end = 0;
	struct str there = str_make(bytes.data + skipped, bytes.len - skipped);

	if (there.len == 0)
		return skipped;
	if (before) {
		buf_append_str(&one->head, there);
		there = buf_str(&one->head);
	}
	/* A CR that no LF followed. */
	int status = one->empty_bytes % 2 ? 400 : head_scan(&one->scan, there, &end);

	if (status == 0) {
		if (!before) {
			buf_append_str(&one->head, there);
			http_conn_await(c, one->is_done ? rules_of(c)->head_ms : rules_of(c)->first_ms);
		}
		return bytes.len;
	}
	if (status > 1) {
		one->current = new_transaction(c);
		refuse(c, status);
		return bytes.len;
	}
	struct buf whole = one->head;
	size_t taken = skipped + end - before;

	buf_init(&one->head);
	if (is_preface(c, str_make(there.data, end)))
		http2_begin(c);
	else
		take_head(c, str_make(there.data, end), there.len - end);
	buf_fini(&whole);
	return taken;
}

static void take_piece(struct http_conn *c, struct str piece)
{
	int status = transaction_take_body(c->one.current, piece);

	if (status)
		refuse(c, status);
}

static size_t take_length_bytes(struct http_conn *c, struct str bytes)
{
	size_t len = bytes.len < c->one.left ? bytes.len : (size_t)c->one.left;

	c->one.left -= len;
	take_piece(c, str_make(bytes.data, len));
	if (c->one.state == HTTP1_LENGTH && c->one.left == 0)
		run(c);
	return len;
}

static size_t take_chunk_bytes(struct http_conn *c, struct str bytes)
{
	struct str rest = bytes, piece;

	while (c->one.state == HTTP1_CHUNKS) {
		enum chunked_result result = chunked_take(&c->one.chunked, &rest, &piece);

		if (result == CHUNKED_DATA)
			take_piece(c, piece);
		else if (result == CHUNKED_BAD)
			refuse(c, 400);
		else if (result == CHUNKED_DONE)
			run(c);
		else
			break;
	}
	return bytes.len - rest.len;
}

static size_t take_some(struct http_conn *c, struct str bytes)
{
	switch ((enum http1_state)c->one.state) {
	case HTTP1_HEAD:
		return take_head_bytes(c, bytes);
	case HTTP1_LENGTH:
		return take_length_bytes(c, bytes);
	case HTTP1_CHUNKS:
		return take_chunk_bytes(c, bytes);
	default:
		return 0;
	}
}

size_t http1_take(struct http_conn *c, struct str bytes)
{
	size_t taken = 0;

	c->one.is_in_bytes = true;
	while (taken < bytes.len && c->one.state != HTTP1_ANSWER && !c->two && !conn_is_closing(&c->conn) &&
	       c->conn.out_bytes <= OUTPUT_PAUSE_BYTES)
		taken += take_some(c, str_make(bytes.data + taken, bytes.len - taken));
	c->one.is_in_bytes = false;
	if (c->two || conn_is_closing(&c->conn) || taken == bytes.len)
		return taken;
	conn_pause(&c->conn);
	if (c->one.state != HTTP1_ANSWER)
		conn_await_written(&c->conn);
	return taken;
}

void http1_drained(struct http_conn *c)
{
	if (c->one.state != HTTP1_ANSWER)
		conn_resume(&c->conn);
	else if (c->one.current)
		transaction_tell_drained(c->one.current);
}

void http1_expire(struct http_conn *c)
{
	bool is_silent = c->one.state == HTTP1_HEAD && c->one.head.len == 0;

	if (is_silent) {
		conn_close(&c->conn, 0);
		return;
	}
	limit_acted(METRIC_http_deadline_expired, c->conn.peer);
	if (!c->one.current)
		c->one.current = new_transaction(c);
	refuse(c, 408);
}

void http1_leave(struct http_conn *c)
{
	c->one.closes = true;
	if (c->one.current)
		transaction_tell_ending(c->one.current);
}

void http1_end(struct http_conn *c)
{
	transaction_cancel(&c->one.current);
	buf_fini(&c->one.head);
}

bool http1_is_idle(const struct http_conn *c)
{
	return c->one.state == HTTP1_HEAD;
}

bool http1_is_answering(const struct http_conn *c)
{
	return c->one.state == HTTP1_ANSWER;
}
