/* RFC 9113 §8 */
#include "http/http2_stream.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/limit.h"
#include "base/metric.h"
#include "http/answer.h"
#include "http/http2.h"
#include "http/transaction.h"
#include "net/conn_out.h"

enum { READER_MS = 30 * 1000, PACE_BYTES = 64 * 1024, ANSWER_HEADERS_MAX = 64 };

static uint64_t now_ms(const struct http2_stream *s)
{
	return timer_now_ms(s->owner->conn->conn.loop->timers);
}

/* ---- the answer ---- */

static size_t unsent_of(const struct http2_stream *s)
{
	return s->out.len - s->out_sent;
}

/* False: all connections together have no room for it. */
static bool set_unsent(struct http2 *h, size_t bytes)
{
	size_t before = h->unsent_bytes;

	h->unsent_bytes = bytes;
	return conn_out_note_waiting(&h->conn->conn, before, bytes);
}

static void drop_out(struct http2_stream *s)
{
	(void)set_unsent(s->owner, s->owner->unsent_bytes - unsent_of(s));
	buf_fini(&s->out);
	s->out_sent = 0;
}

static size_t copy_out(struct http2_stream *s, uint8_t *to, size_t room)
{
	struct str from = s->constant.len ? s->constant : str_make(s->out.data + s->out_sent, unsent_of(s));
	size_t len = from.len < room ? from.len : room;

	if (len == 0)
		return 0;
	memcpy(to, from.data, len);
	s->progress_ms = now_ms(s);
	if (s->constant.len) {
		s->constant = str_make(from.data + len, from.len - len);
		return len;
	}
	s->out_sent += len;
	(void)set_unsent(s->owner, s->owner->unsent_bytes - len);
	if (unsent_of(s) == 0)
		drop_out(s);
	return len;
}

static ssize_t give(nghttp2_session *session, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
			nghttp2_data_source *source, void *context)
{
	struct http2_stream *s = source->ptr;
	size_t len = copy_out(s, to, room);

	(void)session;
	(void)id;
	(void)context;
	if (s->constant.len == 0 && unsent_of(s) == 0 && s->is_complete)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	else if (len == 0)
		s->is_deferred = true;
	return len == 0 && s->is_deferred ? NGHTTP2_ERR_DEFERRED : (ssize_t)len;
}

static void go_on(struct http2_stream *s)
{
	if (s->is_deferred) {
		s->is_deferred = false;
		nghttp2_session_resume_data(s->owner->session, s->id);
	}
	http2_write_soon(s->owner);
}

static nghttp2_nv pair(struct str name, struct str value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name.data, (uint8_t *)(uintptr_t)value.data, name.len, value.len,
				NGHTTP2_NV_FLAG_NONE};
}

static void send_head(struct transaction *t, int status, int64_t body_len, bool has_body)
{
	struct http2_stream *s = t->client;
	struct str server = hosting_get_rules(t->hosting)->server_name;
	nghttp2_nv list[ANSWER_HEADERS_MAX];
	nghttp2_data_provider provider = {.source.ptr = s, .read_callback = give};
	char code[8], length[24];
	size_t count = 0;

	list[count++] = pair(STR(":status"), str_make(code, (size_t)snprintf(code, sizeof(code), "%d", status)));
	list[count++] = pair(STR("date"), answer_date());
	if (server.len)
		list[count++] = pair(STR("server"), server);
	if (has_body && body_len >= 0)
		list[count++] =
			pair(STR("content-length"),
			 str_make(length, (size_t)snprintf(length, sizeof(length), "%lld", (long long)body_len)));
	for (const struct transaction_header *h = t->answer; h; h = h->next) {
		check(count < ANSWER_HEADERS_MAX);
		list[count++] = pair(h->name, h->value);
	}
	s->progress_ms = now_ms(s);
	nghttp2_submit_response(s->owner->session, s->id, list, count, has_body && !t->hides_body ? &provider : NULL);
	if (!has_body || body_len < 0)
		http2_write_soon(s->owner);
}

static bool is_over_limit(const struct http2_stream *s, size_t last)
{
	uint32_t limit = s->owner->conn->conn.output_limit_bytes;

	return limit && unsent_of(s) > limit && unsent_of(s) > last && s->transaction->route;
}

static void send_body(struct transaction *t, struct str piece)
{
	struct http2_stream *s = t->client;
	bool has_room;

	if (s->is_cut)
		return;
	if (unsent_of(s) == 0)
		s->progress_ms = now_ms(s);
	buf_append_str(&s->out, piece);
	has_room = set_unsent(s->owner, s->owner->unsent_bytes + piece.len);
	if (!has_room || is_over_limit(s, piece.len)) {
		limit_acted(METRIC_output_limit_exceeded, s->owner->conn->conn.peer);
		s->is_cut = true;
		nghttp2_submit_rst_stream(s->owner->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
	}
	go_on(s);
}

static void send_constant(struct transaction *t, struct str body)
{
	struct http2_stream *s = t->client;

	s->constant = body;
}

static void finish(struct transaction *t)
{
	struct http2_stream *s = t->client;

	s->is_complete = true;
	s->drops_body = s->is_reading;
	s->is_reading = false;
	transaction_free(&s->transaction);
	go_on(s);
}

static void cut(struct transaction *t)
{
	struct http2_stream *s = t->client;

	transaction_free(&s->transaction);
	nghttp2_submit_rst_stream(s->owner->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_INTERNAL_ERROR);
	http2_write_soon(s->owner);
}

static size_t unsent(const struct transaction *t)
{
	return unsent_of(t->client);
}

static const struct transaction_way way = {
	.send_head = send_head,
	.send_body = send_body,
	.send_constant = send_constant,
	.finish = finish,
	.abort = cut,
	.unsent = unsent,
};

/* ---- the request ---- */

struct http2_stream *http2_stream_new(struct http2 *h, int32_t id)
{
	struct http2_stream *s = mem_new(sizeof(*s));
	const struct http_conn *c = h->conn;

	s->owner = h;
	s->id = id;
	s->content_length = -1;
	s->transaction = transaction_new(c->hosting, &way, s, &c->conn);
	s->transaction->x.place = c->place.context;
	s->transaction->x.version = 20;
	s->is_reading = true;
	s->progress_ms = now_ms(s);
	buf_init(&s->out);
	list_append(&h->streams, &s->link);
	return s;
}

void http2_stream_free(struct http2_stream **s)
{
	struct http2_stream *gone = *s;

	*s = NULL;
	transaction_cancel(&gone->transaction);
	drop_out(gone);
	list_remove(&gone->link);
	free(gone);
}

void http2_stream_free_all(struct http2 *h)
{
	while (!list_is_empty(&h->streams)) {
		struct http2_stream *s = container_of(h->streams.next, struct http2_stream, link);

		nghttp2_session_set_stream_user_data(h->session, s->id, NULL);
		http2_stream_free(&s);
	}
}

static void take_pseudo(struct http2_stream *s, struct str name, struct str value)
{
	if (str_is(name, ":method"))
		s->method = value;
	else if (str_is(name, ":path"))
		s->path = value;
	else if (str_is(name, ":authority"))
		s->authority = value;
}

static void add_header(struct http2_stream *s, struct str name, struct str value)
{
	if (s->header_count == s->header_cap) {
		size_t cap = s->header_cap ? s->header_cap * 2 : 16;
		struct exchange_header *more = arena_alloc_array(&s->transaction->arena, cap, sizeof(more[0]));

		if (s->header_count)
			memcpy(more, s->headers, s->header_count * sizeof(more[0]));
		s->headers = more;
		s->header_cap = cap;
	}
	s->headers[s->header_count++] = (struct exchange_header){name, value};
}

/* nghttp2 has seen to it that the name is in lower case, the value has no CR, LF or NUL, and what belongs to connections is not there. */
void http2_stream_take_header(struct http2_stream *s, struct str name, struct str value)
{
	bool is_path = str_is(name, ":path");

	if (s->status || !s->transaction)
		return;
	s->header_bytes += name.len + value.len + 32;
	if (is_path && value.len > HEAD_LINE_BYTES)
		s->status = 414;
	else if (name.len > HEAD_NAME_BYTES || (value.len > HEAD_VALUE_BYTES && !is_path) ||
		 s->header_bytes > HEAD_BYTES || s->header_count == EXCHANGE_HEADERS_MAX)
		s->status = 431;
	else if (!head_is_value(value))
		s->status = 400;
	if (s->status)
		return;
	name = arena_str(&s->transaction->arena, name);
	value = arena_str(&s->transaction->arena, value);
	if (name.data[0] == ':') {
		take_pseudo(s, name, value);
		return;
	}
	if (str_is(name, "host"))
		s->host = value;
	if (str_is(name, "content-length") && !str_to_int(value, 0, INT64_MAX, &s->content_length))
		s->status = 400;
	if (str_is(name, "expect") && !str_equal_ignoring_case(value, STR("100-continue")))
		s->status = 417;
	add_header(s, name, value);
}

static void refuse(struct http2_stream *s, int status)
{
	if (status != 204)
		limit_acted(METRIC_http_requests_refused, s->owner->conn->conn.peer);
	transaction_refuse(s->transaction, status);
}

/* 0, or the status of the answer. */
static int understand(struct http2_stream *s)
{
	struct transaction *t = s->transaction;
	struct str host = s->authority.data ? s->authority : s->host;
	int status;

	if (s->status)
		return s->status;
	/* What a client calls one thing has one name. */
	if (s->host.data && s->authority.data && !str_equal_ignoring_case(s->host, s->authority))
		return 400;
	t->x.headers = s->headers;
	t->x.header_count = s->header_count;
	status = transaction_set_method(t, s->method);
	if (!status)
		status = s->path.data && s->path.len && (s->path.data[0] == '/' || str_is(s->path, "*"))
			     ? transaction_set_target(t, s->path, host.data ? host : STR(""))
			     : 400;
	return status ? status : transaction_route(t, s->content_length);
}

void http2_stream_take_head(struct http2_stream *s, bool is_whole)
{
	int status = s->transaction ? understand(s) : 0;

	if (!s->transaction)
		return;
	s->is_reading = !is_whole;
	if (status)
		refuse(s, status);
	else if (is_whole)
		http2_stream_run(s);
}

void http2_stream_take_body(struct http2_stream *s, struct str piece)
{
	int status = s->transaction && s->is_reading ? transaction_take_body(s->transaction, piece) : 0;

	if (status)
		refuse(s, status);
}

void http2_stream_run(struct http2_stream *s)
{
	if (!s->transaction || s->transaction->is_running || !s->transaction->route)
		return;
	s->is_reading = false;
	metric_add(METRIC_http_requests, 1);
	transaction_run(s->transaction);
}

/* ---- deadlines ---- */

static void look(struct http2_stream *s)
{
	const struct hosting_rules *rules = hosting_get_rules(s->owner->conn->hosting);
	uint64_t waited_ms = now_ms(s) - s->progress_ms;
	uint64_t patience_ms = rules->body_ms + (s->transaction ? s->transaction->body.len : 0) / PACE_BYTES * 1000;

	if (s->is_reading && s->transaction && waited_ms > patience_ms) {
		limit_acted(METRIC_http_deadline_expired, s->owner->conn->conn.peer);
		refuse(s, 408);
	} else if ((unsent_of(s) || s->constant.len) && waited_ms > READER_MS) {
		limit_acted(METRIC_http_deadline_expired, s->owner->conn->conn.peer);
		nghttp2_submit_rst_stream(s->owner->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_CANCEL);
	}
}

void http2_stream_look(struct http2 *h)
{
	list_each (link, &h->streams)
		look(container_of(link, struct http2_stream, link));
}

void http2_stream_tell_drained(struct http2 *h)
{
	list_each (link, &h->streams) {
		struct http2_stream *s = container_of(link, struct http2_stream, link);

		if (s->transaction && unsent_of(s) == 0)
			transaction_tell_drained(s->transaction);
	}
}

void http2_stream_tell_ending(struct http2 *h)
{
	list_each (link, &h->streams) {
		struct http2_stream *s = container_of(link, struct http2_stream, link);

		if (s->transaction)
			transaction_tell_ending(s->transaction);
	}
}
