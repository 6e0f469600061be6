#include "net/conn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/limit.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/conn_in.h"
#include "net/conn_inner.h"
#include "net/conn_out.h"
#include "net/tls_outgoing.h"

#define NEVER_MS UINT32_MAX

void conn_inner_watch(struct conn *c, bool reads)
{
	uint32_t events = (reads ? EPOLLIN : 0) | (conn_inner_has(c, IS_BLOCKED) ? EPOLLOUT : 0);

	if (events)
		loop_watch(c->loop, &c->source, events);
	else
		loop_unwatch(c->loop, &c->source);
}

void conn_inner_update_watch(struct conn *c)
{
	conn_inner_watch(c, conn_inner_wants_input(c) || (c->source.events & EPOLLIN));
}

void conn_inner_make_due(struct conn *c)
{
	list_remove(&c->link);
	list_append(&c->loop->due, &c->link);
}

void conn_inner_mark_dirty(struct conn *c)
{
	if (!conn_inner_has(c, IS_BLOCKED | IS_ENDED) && list_is_empty(&c->link))
		list_append(&c->loop->dirty, &c->link);
}

void conn_inner_end(struct conn *c, enum err reason)
{
	if (conn_inner_has(c, IS_ENDED))
		return;
	conn_inner_set(c, IS_ENDED, true);
	c->reason = (uint8_t)reason;
	conn_side_stop(c);
	loop_unwatch(c->loop, &c->source);
	conn_inner_make_due(c);
}

static void on_timer(struct timer *t)
{
	struct conn *c = container_of(t, struct conn_side, timer)->conn;

	if (conn_inner_has(c, IS_CLOSING)) {
		conn_inner_end(c, conn_inner_has_output(c) ? ERR_TIMEOUT : ERR_CLOSED);
		return;
	}
	metric_add(METRIC_hibernated_bytes, (int64_t)tls_give_back(c->tls));
	metric_add(METRIC_hibernations, 1);
}

static void start_timer(struct conn *c, uint64_t delay_ms)
{
	struct timer *t = &conn_side_get(c)->timer;

	t->on_due = on_timer;
	timer_start(c->loop->timers, t, delay_ms);
}

void conn_inner_expect_silence(struct conn *c)
{
	if (c->tls && c->hibernate_ms != 0 && c->hibernate_ms != NEVER_MS && !conn_inner_has(c, IS_CLOSING | IS_ENDED))
		start_timer(c, c->hibernate_ms);
}

static void queue_close_notify(struct conn *c)
{
	struct buf out;

	conn_inner_set(c, SAID_CLOSE, true);
	/* What waits for a handshake that will not be finished any more. */
	conn_out_drop(c, &c->side->plain);
	buf_init(&out);
	tls_close(c->tls, &out);
	conn_out_append_wire(c, buf_str(&out));
	buf_fini(&out);
}

static enum err write_all(struct conn *c)
{
	bool is_blocked = true;
	enum err e = conn_out_write(c, &is_blocked);

	if (!e && !is_blocked && conn_inner_has(c, IS_CLOSING) && c->tls && !conn_inner_has(c, SAID_CLOSE)) {
		queue_close_notify(c);
		e = conn_out_write(c, &is_blocked);
	}
	conn_inner_set(c, IS_BLOCKED, is_blocked);
	return e;
}

static void write_out(struct conn *c)
{
	enum err e = write_all(c);

	if (e) {
		conn_inner_end(c, e);
		return;
	}
	if (conn_inner_has(c, IS_CLOSING)) {
		if (!conn_inner_has(c, IS_BLOCKED | SENT_FIN)) {
			conn_inner_set(c, SENT_FIN, true);
			shutdown(c->source.fd, SHUT_WR);
		}
		if (conn_inner_has(c, NO_LINGER)) {
			conn_inner_end(c, ERR_CLOSED);
			return;
		}
	}
	conn_out_tell_written(c);
	conn_inner_update_watch(c);
	conn_inner_expect_silence(c);
}

/* The last words of a connection that ends now: what the socket takes at once. */
static void write_parting(struct conn *c)
{
	bool is_blocked;
	enum err e = conn_out_write(c, &is_blocked);

	if (!e && !is_blocked && c->tls && !conn_inner_has(c, SAID_CLOSE)) {
		queue_close_notify(c);
		(void)conn_out_write(c, &is_blocked);
	}
}

void conn_inner_peer_ended(struct conn *c)
{
	if (!conn_inner_has(c, IS_CLOSING))
		write_parting(c);
	conn_inner_end(c, ERR_CLOSED);
}

struct arrival {
	struct letter letter;
	struct conn *conn;
};

static void arrive(struct letter *l)
{
	struct arrival *a = container_of(l, struct arrival, letter);
	struct conn *c = a->conn;

	free(a);
	conn_inner_set(c, IN_INPUT, true);
	conn_inner_set(c, IS_SLOWED, false); /* if it still is too fast, that shows */
	c->handler->on_moved(c);
	conn_inner_set(c, IN_INPUT, false);
	if (conn_inner_has(c, IS_ENDED))
		return;
	conn_inner_update_watch(c);
	/* With what it brought along; or it moves on. */
	conn_inner_make_due(c);
}

void conn_inner_leave(struct conn *c)
{
	struct arrival *a = mem_new(sizeof(*a));
	struct loop *to = c->side->move_to;

	conn_side_stop(c);
	loop_unwatch(c->loop, &c->source);
	list_remove(&c->link);
	conn_inner_set(c, IS_BLOCKED, false);
	conn_side_tidy(c);
	c->loop = to;
	a->conn = c;
	a->letter.run = arrive;
	mailbox_post(&to->mailbox, &a->letter);
}

void conn_init(struct conn *c, struct loop *l, int fd, struct ip peer, const struct conn_handler *h)
{
	int on = 1;

	*c = (struct conn){.source = {.fd = fd, .on_ready = conn_in_on_ready}, .loop = l, .handler = h, .peer = peer};
	list_init(&c->link);
	/* Fails on what is not TCP, which has no delay either. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	conn_inner_update_watch(c);
}

void conn_start_tls(struct conn *c, struct tls_context *context, bool kept_is_tls)
{
	struct buf kept;

	check(!c->tls);
	if (conn_is_closing(c))
		return;
	c->tls = tls_new(context);
	conn_side_get(c);
	tls_keep_buffers(c->tls, c->hibernate_ms != 0);
	if (conn_inner_has(c, IN_BYTES)) {
		conn_inner_set(c, IS_NEW_TLS, true);
		conn_inner_set(c, REST_IS_TLS, kept_is_tls);
		return;
	}
	kept = conn_side_take_kept(c);
	if (kept.len && kept_is_tls)
		conn_in_take(c, buf_str(&kept));
	buf_fini(&kept);
}

void conn_start_tls_outgoing(struct conn *c, struct tls_context *context, const struct tls_outgoing_wish *wish)
{
	struct buf hello;

	check(!c->tls);
	if (conn_is_closing(c))
		return;
	c->tls = tls_outgoing_new(context, wish);
	conn_side_get(c);
	conn_side_drop_kept(c);
	tls_keep_buffers(c->tls, c->hibernate_ms != 0);
	if (conn_inner_has(c, IN_BYTES)) {
		conn_inner_set(c, IS_NEW_TLS, true);
		conn_inner_set(c, REST_IS_TLS, false);
	}
	buf_init(&hello);
	(void)tls_begin(c->tls, &hello);
	conn_out_append_wire(c, buf_str(&hello));
	buf_fini(&hello);
	conn_inner_mark_dirty(c);
}

/* A peer that does not read is cut off; but what is only waiting for the end of the turn is written first. */
static bool has_room(struct conn *c, size_t len)
{
	if (conn_out_has_room(c, len))
		return true;
	if (!conn_inner_has(c, IS_BLOCKED))
		write_out(c);
	if (conn_inner_has(c, IS_ENDED))
		return false;
	if (conn_out_has_room(c, len))
		return true;
	limit_acted(METRIC_output_limit_exceeded, c->peer);
	conn_inner_end(c, ERR_LIMIT);
	return false;
}

void conn_send(struct conn *c, struct str bytes)
{
	if (bytes.len == 0 || conn_is_closing(c) || !has_room(c, bytes.len))
		return;
	conn_out_append(c, bytes);
	conn_inner_mark_dirty(c);
}

void conn_send_shared(struct conn *c, struct conn_bytes *bytes)
{
	if (bytes->len == 0 || conn_is_closing(c) || !has_room(c, bytes->len))
		return;
	conn_out_append_shared(c, bytes);
	conn_inner_mark_dirty(c);
}

void conn_pause(struct conn *c)
{
	if (conn_is_closing(c))
		return;
	conn_inner_set(c, IS_PAUSED, true);
}

void conn_resume(struct conn *c)
{
	if (!conn_inner_has(c, IS_PAUSED) || conn_is_closing(c))
		return;
	conn_inner_set(c, IS_PAUSED, false);
	conn_inner_set(c, IS_RESUMED, true);
	conn_inner_update_watch(c);
	/* Not from here: the caller may be anywhere. */
	if (conn_side_has_kept(c))
		conn_inner_make_due(c);
}

void conn_move(struct conn *c, struct loop *to)
{
	if (conn_is_closing(c))
		return;
	conn_side_get(c)->move_to = to;
	if (!conn_inner_has(c, IN_INPUT))
		conn_inner_leave(c);
}

void conn_close(struct conn *c, uint32_t linger_ms)
{
	if (conn_is_closing(c))
		return;
	conn_inner_set(c, IS_CLOSING, true);
	conn_inner_set(c, NO_LINGER, linger_ms == 0);
	conn_side_stop(c);
	conn_side_drop_kept(c);
	if (linger_ms)
		start_timer(c, linger_ms);
	conn_inner_update_watch(c);
	if (linger_ms == 0)
		conn_inner_set(c, IS_BLOCKED, false);
	conn_inner_mark_dirty(c);
}

void conn_abort(struct conn *c, enum err reason)
{
	conn_inner_end(c, reason);
}

bool conn_is_closing(const struct conn *c)
{
	return conn_inner_has(c, IS_CLOSING | IS_ENDED);
}

bool conn_is_blocked(const struct conn *c)
{
	return conn_inner_has(c, IS_BLOCKED);
}

void conn_set_hibernate(struct conn *c, int64_t after_ms)
{
	c->hibernate_ms = after_ms < 0 || after_ms >= NEVER_MS ? NEVER_MS : (uint32_t)after_ms;
	if (c->tls)
		tls_keep_buffers(c->tls, c->hibernate_ms != 0);
	if (!conn_inner_has(c, IS_CLOSING) && c->side)
		timer_stop(&c->side->timer);
	conn_inner_expect_silence(c);
}

static void finish(struct conn *c)
{
	struct tls *tls = c->tls;

	close(c->source.fd);
	c->source.fd = -1;
	conn_out_drop(c, &c->wire);
	if (c->side)
		conn_out_drop(c, &c->side->plain);
	conn_side_free(c);
	/* The owner frees the connection. */
	c->handler->on_closed(c, (enum err)c->reason);
	tls_free(&tls);
}

static void go_on(struct conn *c)
{
	if (conn_inner_has_output(c) || conn_inner_has(c, IS_CLOSING))
		conn_inner_mark_dirty(c);
	conn_out_run_written(c);
	conn_in_take_kept(c);
}

/* Those that become due meanwhile wait for the next turn, so that a turn ends. */
void conn_run_due(struct loop *l)
{
	struct list due;

	list_move_all(&l->due, &due);
	while (!list_is_empty(&due)) {
		struct conn *c = container_of(due.next, struct conn, link);

		list_remove(&c->link);
		if (conn_inner_has(c, IS_ENDED))
			finish(c);
		else if (conn_side_moves(c))
			conn_inner_leave(c);
		else
			go_on(c);
	}
}

void conn_write_dirty(struct loop *l)
{
	struct list dirty;

	list_move_all(&l->dirty, &dirty);
	while (!list_is_empty(&dirty)) {
		struct conn *c = container_of(dirty.next, struct conn, link);

		list_remove(&c->link);
		write_out(c);
	}
}
