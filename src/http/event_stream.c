/* WHATWG HTML §9.2.5, §9.2.6 */
#include "http/event_stream.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/limit.h"
#include "base/mem.h"
#include "net/loop.h"

enum { QUEUE_LIMIT_BYTES = 64 * 1024 };

struct event_stream {
	struct exchange_holder holder;
	struct exchange *exchange; /* NULL: it is over */
	struct loop *loop;
	struct ip peer;
	struct timer timer; /* for what is due next; when it is over: to tell the owner */
	struct event_stream_settings settings;
	enum event_stream_reason reason;
	uint64_t event_ms, written_ms;  /* when there was one */
	_Atomic uint32_t refs;          /* one until the owner is told, or stops it */
	_Atomic size_t posted_bytes;    /* not yet taken by the loop */
	_Atomic size_t unsent_bytes;    /* as of the last look */
	_Atomic bool is_over;           /* for other threads */
};

/* An event on its way to its loop. */
struct posted {
	struct letter letter;
	struct event_stream *stream; /* counted */
	size_t len;                  /* 0: there was no room for it */
	char text[];
};

/* ---- references ---- */

void event_stream_ref(struct event_stream *s)
{
	atomic_fetch_add(&s->refs, 1);
}

void event_stream_unref(struct event_stream **s)
{
	struct event_stream *gone = *s;

	*s = NULL;
	if (gone && atomic_fetch_sub(&gone->refs, 1) == 1)
		free(gone);
}

/* ---- the end ---- */

static struct exchange *leave(struct event_stream *s, enum event_stream_reason reason)
{
	struct exchange *x = s->exchange;

	timer_stop(&s->timer);
	s->exchange = NULL;
	s->reason = reason;
	atomic_store(&s->is_over, true);
	return x;
}

static void tell_owner(struct event_stream *s)
{
	if (s->settings.on_ended)
		s->settings.on_ended(s->settings.context, s->reason);
	event_stream_unref(&s);
}

/* This may be within a call of the owner. */
static void tell_owner_later(struct event_stream *s)
{
	timer_start(s->loop->timers, &s->timer, 0);
}

static void cut_off(struct event_stream *s)
{
	limit_acted(METRIC_event_streams_cut_off, s->peer);
	exchange_abort(leave(s, EVENT_STREAM_SLOW));
	tell_owner_later(s);
}

static void complete(struct event_stream *s, enum event_stream_reason reason)
{
	exchange_end(leave(s, reason));
	tell_owner(s);
}

static void on_cancelled(struct exchange_holder *h)
{
	struct event_stream *s = container_of(h, struct event_stream, holder);

	if (!s->exchange)
		return;
	leave(s, EVENT_STREAM_GONE);
	tell_owner(s);
}

static void on_ending(struct exchange_holder *h)
{
	struct event_stream *s = container_of(h, struct event_stream, holder);

	if (s->exchange)
		complete(s, EVENT_STREAM_LEAVING);
}

void event_stream_stop(struct event_stream **s)
{
	struct event_stream *gone = *s;
	struct exchange *x = gone ? gone->exchange : NULL;

	*s = NULL;
	if (!gone)
		return;
	timer_stop(&gone->timer);
	gone->exchange = NULL;
	atomic_store(&gone->is_over, true);
	if (x)
		exchange_end(x);
	event_stream_unref(&gone);
}

/* ---- out ---- */

static void on_drained(struct exchange_holder *h)
{
	atomic_store(&container_of(h, struct event_stream, holder)->unsent_bytes, 0);
}

/* False: it is over. */
static bool write_text(struct event_stream *s, struct str text)
{
	if (!s->exchange)
		return false;
	if (exchange_unsent(s->exchange) + text.len > s->settings.queue_limit_bytes) {
		cut_off(s);
		return false;
	}
	s->written_ms = timer_now_ms(s->loop->timers);
	exchange_write(s->exchange, text);
	atomic_store(&s->unsent_bytes, exchange_unsent(s->exchange));
	return true;
}

static bool write_event(struct event_stream *s, struct str text)
{
	s->event_ms = timer_now_ms(s->loop->timers);
	return write_text(s, text);
}

static void append_field(const char *name, struct str value, struct buf *out)
{
	if (!value.data)
		return;
	check(!memchr(value.data, '\n', value.len) && !memchr(value.data, '\r', value.len) && !memchr(value.data, '\0', value.len));
	buf_printf(out, "%s: %.*s\n", name, STR_ARGS(value));
}

/* Each line has a field of its own; CR, LF and CRLF end one. */
static void append_data(struct str data, struct buf *out)
{
	size_t at = 0;

	for (;;) {
		size_t end = at;

		while (end < data.len && data.data[end] != '\n' && data.data[end] != '\r')
			end++;
		buf_append_text(out, "data: ");
		buf_append_str(out, str_make(data.data + at, end - at));
		buf_append_char(out, '\n');
		if (end == data.len)
			return;
		at = end + 1;
		if (data.data[end] == '\r' && at < data.len && data.data[at] == '\n')
			at++;
	}
}

static void append_event(const struct event_stream_event *e, struct buf *out)
{
	append_field("event", e->type, out);
	append_field("id", e->id, out);
	append_data(e->data, out);
	buf_append_char(out, '\n');
}

bool event_stream_send(struct event_stream *s, const struct event_stream_event *e)
{
	struct buf text;
	bool is_there;

	if (!s->exchange)
		return false;
	buf_init(&text);
	append_event(e, &text);
	is_there = write_event(s, buf_str(&text));
	buf_fini(&text);
	return is_there;
}

/* ---- from other threads ---- */

static void take_posted(struct letter *l)
{
	struct posted *p = container_of(l, struct posted, letter);
	struct event_stream *s = p->stream;

	atomic_fetch_sub(&s->posted_bytes, p->len);
	if (p->len)
		write_event(s, str_make(p->text, p->len));
	else if (s->exchange)
		cut_off(s);
	free(p);
	event_stream_unref(&s);
}

static void post(struct event_stream *s, struct str text)
{
	struct posted *p = mem_new(sizeof(*p) + text.len);

	*p = (struct posted){.letter.run = take_posted, .stream = s, .len = text.len};
	if (text.len)
		memcpy(p->text, text.data, text.len);
	event_stream_ref(s);
	mailbox_post(&s->loop->mailbox, &p->letter);
}

static bool post_text(struct event_stream *s, struct str text)
{
	if (atomic_fetch_add(&s->posted_bytes, text.len) + text.len <= s->settings.queue_limit_bytes) {
		post(s, text);
		return true;
	}
	atomic_fetch_sub(&s->posted_bytes, text.len);
	if (!atomic_exchange(&s->is_over, true))
		post(s, STR(""));
	return false;
}

bool event_stream_post(struct event_stream *s, const struct event_stream_event *e)
{
	struct buf text;
	bool has_room;

	if (atomic_load(&s->is_over))
		return false;
	buf_init(&text);
	append_event(e, &text);
	has_room = post_text(s, buf_str(&text));
	buf_fini(&text);
	return has_room;
}

size_t event_stream_waiting(const struct event_stream *s)
{
	return atomic_load(&s->posted_bytes) + atomic_load(&s->unsent_bytes);
}

/* ---- time ---- */

static uint64_t due_in(uint64_t since_ms, uint32_t limit_ms, uint64_t now_ms)
{
	if (limit_ms == 0)
		return UINT64_MAX;
	return since_ms + limit_ms > now_ms ? since_ms + limit_ms - now_ms : 0;
}

static void schedule(struct event_stream *s)
{
	uint64_t now_ms = timer_now_ms(s->loop->timers);
	uint64_t ping = due_in(s->written_ms, s->settings.ping_ms, now_ms), idle = due_in(s->event_ms, s->settings.idle_ms, now_ms);
	uint64_t next = ping < idle ? ping : idle;

	if (next != UINT64_MAX)
		timer_start(s->loop->timers, &s->timer, next);
}

/* Events do not move the timer: it looks when it is due whether it really is. */
static void on_timer(struct timer *t)
{
	struct event_stream *s = container_of(t, struct event_stream, timer);
	uint64_t now_ms = timer_now_ms(s->loop->timers);

	if (!s->exchange) {
		tell_owner(s);
		return;
	}
	if (due_in(s->event_ms, s->settings.idle_ms, now_ms) == 0)
		complete(s, EVENT_STREAM_IDLE);
	else if (due_in(s->written_ms, s->settings.ping_ms, now_ms) > 0 || write_text(s, STR(":\n\n")))
		schedule(s);
}

/* ---- the beginning ---- */

struct event_stream *event_stream_start(struct exchange *x, const struct event_stream_settings *settings)
{
	struct event_stream *s;

	exchange_set_header(x, "cache-control", STR("no-store"));
	/* nginx would collect events before it passes them on. */
	exchange_set_header(x, "x-accel-buffering", STR("no"));
	exchange_begin(x, 200, STR("text/event-stream"));
	if (x->is_head) {
		exchange_end(x);
		return NULL;
	}
	s = mem_new(sizeof(*s));
	*s = (struct event_stream){.exchange = x, .loop = x->loop, .peer = x->peer, .settings = *settings, .refs = 1};
	s->holder = (struct exchange_holder){.on_cancelled = on_cancelled, .on_drained = on_drained, .on_ending = on_ending};
	if (s->settings.queue_limit_bytes == 0)
		s->settings.queue_limit_bytes = QUEUE_LIMIT_BYTES;
	s->event_ms = s->written_ms = timer_now_ms(x->loop->timers);
	timer_init(&s->timer, on_timer);
	exchange_keep(x, &s->holder);
	schedule(s);
	return s;
}
