#include "http/http_conn.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/limit.h"
#include "http/http1.h"
#include "http/http2.h"
#include "net/conn_give.h"

enum {
	LINGER_MS = 1000,      /* for the client's last words */
	END_MS = 1800,         /* for answers that are still made when the listener ends */
	READER_MS = 30 * 1000, /* without taking a byte of what waits for it */
};

struct exchange_seat {
	struct hosting *hosting; /* counted */
	void *context;
	void (*on_gone)(void *context);
};

void exchange_seat_release(struct exchange_seat **seat)
{
	struct exchange_seat *s = *seat;

	*seat = NULL;
	if (!s)
		return;
	hosting_unref(&s->hosting);
	s->on_gone(s->context);
	free(s);
}

static void forget(struct http_conn *c)
{
	timer_stop(&c->timer);
	list_remove(&c->link);
	hosting_unref(&c->hosting);
	free(c);
}

/* ---- deadlines ---- */

void http_conn_await(struct http_conn *c, uint32_t ms)
{
	if (c->is_ending)
		return;
	c->watches_reader = false;
	timer_start(c->conn.loop->timers, &c->timer, ms);
}

static uint64_t left(const struct http_conn *c)
{
	return c->queued - c->conn.out_bytes;
}

void http_conn_watch_reader(struct http_conn *c)
{
	if (c->is_ending)
		return;
	c->watches_reader = true;
	c->left_at = left(c);
	timer_start(c->conn.loop->timers, &c->timer, READER_MS);
}

/* All output is gone, or was never there: the deadlines of the version hold again. */
static void expire(struct http_conn *c)
{
	if (c->two)
		http2_expire(c);
	else
		http1_expire(c);
}

static void look_at_reader(struct http_conn *c)
{
	bool is_asking = c->two || !http1_is_answering(c);

	if (c->conn.out_bytes > 0 && left(c) == c->left_at) {
		limit_acted(METRIC_http_deadline_expired, c->conn.peer);
		conn_abort(&c->conn, ERR_TIMEOUT);
	} else if (c->conn.out_bytes == 0 && is_asking && !c->is_finishing) {
		expire(c);
	} else {
		if (c->two)
			http2_look(c);
		http_conn_watch_reader(c);
	}
}

static void give_to_heir(struct http_conn *c)
{
	conn_give(&c->conn, c->heir, c->heir_handler);
	forget(c);
}

static void on_timer(struct timer *t)
{
	struct http_conn *c = container_of(t, struct http_conn, timer);

	if (c->heir)
		give_to_heir(c);
	else if (c->is_ending)
		conn_abort(&c->conn, ERR_TIMEOUT);
	else if (c->watches_reader)
		look_at_reader(c);
	else if (c->conn.out_bytes > 0)
		http_conn_watch_reader(c);
	else
		expire(c);
}

/* ---- bytes ---- */

void http_conn_send(struct http_conn *c, struct str bytes)
{
	c->queued += bytes.len;
	conn_send(&c->conn, bytes);
}

void http_conn_finish(struct http_conn *c)
{
	if (c->is_finishing || conn_is_closing(&c->conn))
		return;
	c->is_finishing = true;
	http_conn_watch_reader(c);
	conn_resume(&c->conn);
	conn_await_written(&c->conn);
}

static size_t on_bytes(struct conn *conn, struct str bytes)
{
	struct http_conn *c = container_of(conn, struct http_conn, conn);
	size_t taken = 0;

	if (c->is_finishing)
		return bytes.len;
	if (c->heir) {
		conn_pause(conn);
		return 0;
	}
	if (!c->two)
		taken = http1_take(c, bytes);
	if (c->two)
		taken += http2_take(c, str_make(bytes.data + taken, bytes.len - taken));
	return c->is_finishing ? bytes.len : taken;
}

static void on_written(struct conn *conn)
{
	struct http_conn *c = container_of(conn, struct http_conn, conn);

	if (c->is_finishing) {
		if (!c->is_ending)
			timer_stop(&c->timer);
		conn_close(conn, LINGER_MS);
	} else if (c->two) {
		http2_drained(c);
	} else {
		http1_drained(c);
	}
}

static void on_closed(struct conn *conn, enum err reason)
{
	struct http_conn *c = container_of(conn, struct http_conn, conn);
	struct http_conn_place place = c->place;
	struct conn *heir = c->heir;
	const struct conn_handler *heir_handler = c->heir_handler;

	http1_end(c);
	http2_end(c);
	if (heir)
		*heir = *conn;
	forget(c);
	/* The place is counted by the seat then. */
	if (heir)
		heir_handler->on_closed(heir, reason);
	else
		place.on_gone(place.context);
}

static const struct conn_handler handler = {.on_bytes = on_bytes, .on_written = on_written, .on_closed = on_closed};

/* ---- life ---- */

void http_conn_accept(const struct http_conn_place *place, struct hosting *hosting, int fd, struct ip peer,
		      bool is_refused)
{
	const struct hosting_rules *rules = hosting_get_rules(hosting);
	struct http_conn *c = mem_new(sizeof(*c));

	c->place = *place;
	c->hosting = hosting;
	hosting_ref(hosting);
	c->is_refused = is_refused;
	buf_init(&c->one.head);
	list_append(place->conns, &c->link);
	conn_init(&c->conn, place->loop, fd, peer, &handler);
	c->conn.output_limit_bytes = rules->output_limit_bytes;
	conn_set_hibernate(&c->conn, rules->hibernate_after_ms);
	timer_init(&c->timer, on_timer);
	http_conn_await(c, rules->first_ms);
	if (rules->tls)
		conn_start_tls(&c->conn, rules->tls, false);
}

struct exchange_seat *http_conn_leave_to(struct http_conn *c, struct conn *to, const struct conn_handler *h)
{
	struct exchange_seat *seat = mem_new(sizeof(*seat));

	*seat = (struct exchange_seat){.hosting = c->hosting, .context = c->place.context, .on_gone = c->place.on_gone};
	hosting_ref(c->hosting);
	c->heir = to;
	c->heir_handler = h;
	/* Not from here: the request came from within the connection. */
	timer_start(c->conn.loop->timers, &c->timer, 0);
	return seat;
}

void http_conn_end_all(struct list *conns)
{
	list_each (link, conns) {
		struct http_conn *c = container_of(link, struct http_conn, link);

		if (c->heir)
			continue;
		if (c->two)
			http2_leave(c);
		else if (http1_is_idle(c))
			conn_close(&c->conn, LINGER_MS);
		else
			http1_leave(c);
		timer_start(c->conn.loop->timers, &c->timer, END_MS);
		c->is_ending = true;
	}
}
