#include "http/http2.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/limit.h"
#include "http/http2_stream.h"

enum {
	STREAMS_MAX = 100,
	OUTPUT_PAUSE_BYTES = 256 * 1024,
	ACKS_MAX = 100,    /* answers to pings and settings that wait */
	SETTINGS_MAX = 32, /* in a frame */
	PATIENCE = 1000,   /* frames that ask for nothing */
	PER_REQUEST = 10,  /* given back for a request */
	PER_RESET = 20,    /* the price of taking a request back */
	PER_FRAME = 2,     /* given back for a frame with a part of an answer */
	PATIENCE_MS = 100, /* after which one more is had */
	BYTES_FOR_NOBODY = 256, /* count as one frame */
	LOOK_MS = 5000,
};

static const struct hosting_rules *rules_of(const struct http2 *h)
{
	return hosting_get_rules(h->conn->hosting);
}

/* ---- patience ---- */

static void earn(struct http2 *h, int64_t frames)
{
	h->patience = h->patience + frames > PATIENCE ? PATIENCE : h->patience + frames;
}

static void earn_by_time(struct http2 *h)
{
	uint64_t now_ms = timer_now_ms(h->conn->conn.loop->timers);

	earn(h, (int64_t)((now_ms - h->looked_ms) / PATIENCE_MS));
	h->looked_ms = now_ms - (now_ms - h->looked_ms) % PATIENCE_MS;
}

/* False: it is used up. */
static bool spend(struct http2 *h, int64_t frames)
{
	h->patience -= frames;
	if (h->patience >= 0)
		return true;
	if (!h->is_sent_away) {
		limit_acted(METRIC_http2_floods_refused, h->conn->conn.peer);
		nghttp2_session_terminate_session(h->session, NGHTTP2_ENHANCE_YOUR_CALM);
		h->is_sent_away = true;
	}
	return false;
}

/* Requests are being worked on: each has its own deadlines. */
static void watch(struct http2 *h)
{
	h->is_watched = true;
	http_conn_await(h->conn, LOOK_MS);
}

/* ---- frames that come ---- */

/* Every frame, also those that nobody looks at any more. */
static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *frame, void *context)
{
	bool is_body = frame->type == NGHTTP2_DATA && frame->length > 0 && nghttp2_session_get_stream_user_data(session, frame->stream_id);

	if (!is_body && frame->type != NGHTTP2_HEADERS)
		spend(context, frame->type == NGHTTP2_RST_STREAM ? PER_RESET : 1);
	return 0;
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct http2 *h = context;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	struct http2_stream *s = http2_stream_new(h, frame->hd.stream_id);

	nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, s);
	return 0;
}

static struct http2_stream *find(struct http2 *h, int32_t id)
{
	return nghttp2_session_get_stream_user_data(h->session, id);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
		     const uint8_t *value, size_t value_len, uint8_t flags, void *context)
{
	struct http2_stream *s = find(context, frame->hd.stream_id);

	(void)session;
	(void)flags;
	if (s && frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		http2_stream_take_header(s, str_make((const char *)name, name_len),
					 str_make((const char *)value, value_len));
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *context)
{
	struct http2_stream *s = find(context, id);

	(void)session;
	(void)flags;
	if (s)
		http2_stream_take_body(s, str_make((const char *)data, len));
	return 0;
}

/* A whole head. */
static void on_request(struct http2 *h, struct http2_stream *s, bool is_whole)
{
	earn(h, PER_REQUEST);
	/* Requests that come now and then do not put the look off. */
	if (!h->is_watched)
		watch(h);
	if (h->unsent_bytes > HTTP2_UNSENT_BYTES)
		nghttp2_submit_rst_stream(h->session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_REFUSED_STREAM);
	else
		http2_stream_take_head(s, is_whole);
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct http2 *h = context;
	struct http2_stream *s = frame->hd.stream_id ? find(h, frame->hd.stream_id) : NULL;
	bool is_whole = frame->hd.flags & NGHTTP2_FLAG_END_STREAM;

	(void)session;
	if (frame->hd.type == NGHTTP2_HEADERS && s && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		on_request(h, s, is_whole);
	else if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) && s && is_whole)
		http2_stream_run(s);
	return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error, void *context)
{
	struct http2 *h = context;
	struct http2_stream *s = find(h, id);

	(void)session;
	(void)error;
	if (s)
		http2_stream_free(&s);
	if (list_is_empty(&h->streams) && !h->is_sent_away) {
		h->is_watched = false;
		http_conn_await(h->conn, rules_of(h)->idle_ms);
	}
	return 0;
}

static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *context)
{
	struct http2_stream *s = frame->hd.stream_id ? find(context, frame->hd.stream_id) : NULL;
	bool has_ended = frame->hd.type <= NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM);

	if (frame->hd.type == NGHTTP2_DATA)
		earn(context, PER_FRAME);
	if (s && s->drops_body && has_ended)
		nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, s->id, NGHTTP2_NO_ERROR);
	return 0;
}

/* ---- out ---- */

void http2_write(struct http2 *h)
{
	struct http_conn *c = h->conn;

	if (h->is_busy || h->is_over)
		return;
	h->is_busy = true;
	while (c->conn.out_bytes <= OUTPUT_PAUSE_BYTES && !conn_is_closing(&c->conn)) {
		const uint8_t *data;
		ssize_t len = nghttp2_session_mem_send(h->session, &data);

		if (len <= 0) {
			h->is_over = len < 0;
			break;
		}
		http_conn_send(c, str_make((const char *)data, (size_t)len));
	}
	h->is_busy = false;
	if (c->conn.out_bytes > OUTPUT_PAUSE_BYTES)
		conn_await_written(&c->conn);
	if (h->is_over || (!nghttp2_session_want_read(h->session) && !nghttp2_session_want_write(h->session)))
		http_conn_finish(c);
}

static void on_soon(struct timer *t)
{
	http2_write(container_of(t, struct http2, soon));
}

void http2_write_soon(struct http2 *h)
{
	if (!h->is_busy && !h->is_over)
		timer_start(h->conn->conn.loop->timers, &h->soon, 0);
}

/* ---- life ---- */

static nghttp2_session *new_session(struct http2 *h)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *option;
	nghttp2_session *session;

	check(nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0);
	nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_option_set_max_outbound_ack(option, ACKS_MAX);
	nghttp2_option_set_max_settings(option, SETTINGS_MAX);
	nghttp2_option_set_max_send_header_block_length(option, 65536);
	check(nghttp2_session_server_new2(&session, callbacks, h, option) == 0);
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_option_del(option);
	return session;
}

void http2_begin(struct http_conn *c)
{
	static const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEAD_BYTES},
	};
	static const uint8_t first_half[] = "PRI * HTTP/2.0\r\n\r\n";
	struct http2 *h = mem_new(sizeof(*h));

	h->conn = c;
	h->patience = PATIENCE;
	h->looked_ms = timer_now_ms(c->conn.loop->timers);
	timer_init(&h->soon, on_soon);
	list_init(&h->streams);
	h->session = new_session(h);
	c->two = h;
	check(nghttp2_submit_settings(h->session, NGHTTP2_FLAG_NONE, settings, 2) == 0);
	h->is_busy = true;
	check(nghttp2_session_mem_recv(h->session, first_half, sizeof(first_half) - 1) ==
	      (ssize_t)sizeof(first_half) - 1);
	h->is_busy = false;
	if (c->is_refused)
		nghttp2_session_terminate_session(h->session, NGHTTP2_REFUSED_STREAM);
}

size_t http2_take(struct http_conn *c, struct str bytes)
{
	struct http2 *h = c->two;

	if (h->is_over)
		return bytes.len;
	/* It has to read before it may ask for more. */
	if (c->conn.out_bytes > OUTPUT_PAUSE_BYTES) {
		conn_pause(&c->conn);
		conn_await_written(&c->conn);
		return 0;
	}
	earn_by_time(h);
	h->is_busy = true;
	ssize_t taken = nghttp2_session_mem_recv(h->session, (const uint8_t *)bytes.data, bytes.len);

	h->is_busy = false;
	/* nghttp2 tells of no frames of streams that are closed. */
	if (list_is_empty(&h->streams))
		spend(h, (int64_t)bytes.len / BYTES_FOR_NOBODY);
	/* What nghttp2 has to say about it comes with mem_send; what cannot be told ends it. */
	if (taken == NGHTTP2_ERR_FLOODED) {
		limit_acted(METRIC_http2_floods_refused, c->conn.peer);
		conn_abort(&c->conn, ERR_LIMIT);
		return bytes.len;
	}
	if (taken < 0) {
		http2_write(h);
		http_conn_finish(c);
		h->is_over = true;
		return bytes.len;
	}
	http2_write(h);
	return bytes.len;
}

void http2_drained(struct http_conn *c)
{
	conn_resume(&c->conn);
	http2_write(c->two);
	if (c->conn.out_bytes == 0 && !conn_is_closing(&c->conn))
		http2_stream_tell_drained(c->two);
}

void http2_look(struct http_conn *c)
{
	http2_stream_look(c->two);
	http2_write(c->two);
}

void http2_expire(struct http_conn *c)
{
	struct http2 *h = c->two;

	if (list_is_empty(&h->streams)) {
		nghttp2_session_terminate_session(h->session, NGHTTP2_NO_ERROR);
		h->is_sent_away = true;
	} else {
		http2_stream_look(h);
		watch(h);
	}
	http2_write(h);
}

void http2_leave(struct http_conn *c)
{
	nghttp2_submit_shutdown_notice(c->two->session);
	nghttp2_submit_goaway(c->two->session, NGHTTP2_FLAG_NONE,
			      nghttp2_session_get_last_proc_stream_id(c->two->session), NGHTTP2_NO_ERROR, NULL, 0);
	http2_stream_tell_ending(c->two);
	http2_write(c->two);
	if (list_is_empty(&c->two->streams))
		http_conn_finish(c);
}

void http2_end(struct http_conn *c)
{
	struct http2 *h = c->two;

	if (!h)
		return;
	h->is_over = true;
	timer_stop(&h->soon);
	http2_stream_free_all(h);
	nghttp2_session_del(h->session);
	free(h);
	c->two = NULL;
}
