#include "net/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/conn_out.h"
#include "net/conn_side.h"

enum conn_flag {
	IS_PAUSED = 1 << 0,
	IS_CLOSING = 1 << 1,  /* conn_close was called */
	IS_ENDED = 1 << 2,    /* on_closed is due */
	IS_BLOCKED = 1 << 3,  /* output waits until the socket takes more */
	IN_INPUT = 1 << 4,    /* input is worked on, callers below still need the connection */
	IN_BYTES = 1 << 5,    /* on_bytes is on the stack */
	IS_RESUMED = 1 << 6,  /* ... in which it was paused and resumed */
	IS_NEW_TLS = 1 << 7,  /* ... in which TLS was started */
	REST_IS_TLS = 1 << 8, /* ... and what it did not take is ciphertext */
	IS_SECURE = 1 << 9,   /* on_secure was called */
	NO_LINGER = 1 << 10,
	SAID_CLOSE = 1 << 11, /* close_notify is in the output */
	SENT_FIN = 1 << 12,
};

#define NEVER_MS UINT32_MAX

static bool has(const struct conn *c, unsigned flags)
{
	return (c->flags & flags) != 0;
}

static void set(struct conn *c, unsigned flags, bool to)
{
	c->flags = (uint16_t)(to ? c->flags | flags : c->flags & ~flags);
}

static bool has_output(const struct conn *c)
{
	return c->wire.first || (c->side && c->side->plain.first);
}

static void watch(struct conn *c, bool reads)
{
	uint32_t events = (reads ? EPOLLIN : 0) | (has(c, IS_BLOCKED) ? EPOLLOUT : 0);

	if (events)
		loop_watch(c->loop, &c->source, events);
	else
		loop_unwatch(c->loop, &c->source);
}

static bool wants_input(const struct conn *c)
{
	return !has(c, IS_PAUSED) || has(c, IS_CLOSING);
}

/* A pause takes effect here only when something comes: most are over before, and cost no system call. */
static void update_watch(struct conn *c)
{
	watch(c, wants_input(c) || (c->source.events & EPOLLIN));
}

static void queue_in(struct conn *c, struct list *list)
{
	list_remove(&c->link);
	list_append(list, &c->link);
}

/* Its output is to be written at the end of the turn, unless the socket will say when. */
static void mark_dirty(struct conn *c)
{
	if (!has(c, IS_BLOCKED | IS_ENDED) && list_is_empty(&c->link))
		list_append(&c->loop->dirty, &c->link);
}

static void end(struct conn *c, enum err reason)
{
	if (has(c, IS_ENDED))
		return;
	set(c, IS_ENDED, true);
	c->reason = (uint8_t)reason;
	conn_side_stop(c);
	loop_unwatch(c->loop, &c->source);
	queue_in(c, &c->loop->due);
}

static void on_timer(struct timer *t)
{
	struct conn *c = container_of(t, struct conn_side, timer)->conn;

	if (has(c, IS_CLOSING)) {
		end(c, has_output(c) ? ERR_TIMEOUT : ERR_CLOSED);
		return;
	}
	tls_give_back(c->tls);
	metric_add(METRIC_hibernations, 1);
}

static void start_timer(struct conn *c, uint64_t delay_ms)
{
	struct timer *t = &conn_side_get(c)->timer;

	t->on_due = on_timer;
	timer_start(c->loop->timers, t, delay_ms);
}

static void expect_silence(struct conn *c)
{
	if (c->tls && c->hibernate_ms != 0 && c->hibernate_ms != NEVER_MS && !has(c, IS_CLOSING | IS_ENDED))
		start_timer(c, c->hibernate_ms);
}

static void queue_close_notify(struct conn *c)
{
	struct buf out;

	set(c, SAID_CLOSE, true);
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

	if (!e && !is_blocked && has(c, IS_CLOSING) && c->tls && !has(c, SAID_CLOSE)) {
		queue_close_notify(c);
		e = conn_out_write(c, &is_blocked);
	}
	set(c, IS_BLOCKED, is_blocked);
	return e;
}

static void write_out(struct conn *c)
{
	enum err e = write_all(c);

	if (e) {
		end(c, e);
		return;
	}
	if (has(c, IS_CLOSING)) {
		if (!has(c, IS_BLOCKED | SENT_FIN)) {
			set(c, SENT_FIN, true);
			shutdown(c->source.fd, SHUT_WR);
		}
		if (has(c, NO_LINGER)) {
			end(c, ERR_CLOSED);
			return;
		}
	}
	conn_out_tell_written(c);
	update_watch(c);
	expect_silence(c);
}

/* The last words of a connection that ends now: what the socket takes at once. */
static void write_parting(struct conn *c)
{
	bool is_blocked;
	enum err e = conn_out_write(c, &is_blocked);

	if (!e && !is_blocked && c->tls && !has(c, SAID_CLOSE)) {
		queue_close_notify(c);
		(void)conn_out_write(c, &is_blocked);
	}
}

static void on_peer_end(struct conn *c)
{
	if (!has(c, IS_CLOSING))
		write_parting(c);
	end(c, ERR_CLOSED);
}

static void keep(struct conn *c, struct str bytes)
{
	buf_append_str(&conn_side_get(c)->kept, bytes);
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
	set(c, IN_INPUT, true);
	c->handler->on_moved(c);
	set(c, IN_INPUT, false);
	if (has(c, IS_ENDED))
		return;
	update_watch(c);
	/* With what it brought along; or it moves on. */
	queue_in(c, &c->loop->due);
}

/* From the post on the connection is the other loop's. */
static void leave(struct conn *c)
{
	struct arrival *a = mem_new(sizeof(*a));
	struct loop *to = c->side->move_to;

	conn_side_stop(c);
	loop_unwatch(c->loop, &c->source);
	list_remove(&c->link);
	set(c, IS_BLOCKED, false);
	conn_side_tidy(c);
	c->loop = to;
	a->conn = c;
	a->letter.run = arrive;
	mailbox_post(&to->mailbox, &a->letter);
}

static bool enter_input(struct conn *c)
{
	bool was_in = has(c, IN_INPUT);

	set(c, IN_INPUT, true);
	return was_in;
}

/* The connection may be gone afterwards. */
static void leave_input(struct conn *c, bool was_in)
{
	set(c, IN_INPUT, was_in);
	if (!was_in && conn_side_moves(c))
		leave(c);
	else
		expect_silence(c);
}

/* Gives plaintext to the owner and settles what it did not take: dropped, kept, or ciphertext, which is returned. */
static struct str deliver(struct conn *c, struct str bytes)
{
	struct str rest;
	size_t taken;

	set(c, IS_RESUMED | IS_NEW_TLS, false);
	set(c, IN_BYTES, true);
	taken = c->handler->on_bytes(c, bytes);
	set(c, IN_BYTES, false);
	check(taken <= bytes.len);
	rest = str_make(bytes.data + taken, bytes.len - taken);
	if (has(c, IS_CLOSING | IS_ENDED) || rest.len == 0)
		return STR_NONE;
	if (has(c, IS_NEW_TLS))
		return has(c, REST_IS_TLS) ? rest : STR_NONE;
	check(has(c, IS_PAUSED | IS_RESUMED) || conn_side_moves(c));
	keep(c, rest);
	if (!has(c, IS_PAUSED) && !conn_side_moves(c))
		queue_in(c, &c->loop->due);
	return STR_NONE;
}

static void tell_secure(struct conn *c)
{
	if (has(c, IS_SECURE | IS_CLOSING | IS_ENDED) || !tls_is_established(c->tls))
		return;
	set(c, IS_SECURE, true);
	if (c->handler->on_secure)
		c->handler->on_secure(c);
	if (has_output(c))
		mark_dirty(c);
}

struct receiving {
	struct conn *conn;
	struct buf answer;
};

/* Before anything can be encrypted that comes after it. */
static void queue_answer(struct receiving *r)
{
	if (r->answer.len == 0)
		return;
	conn_out_append_wire(r->conn, buf_str(&r->answer));
	buf_clear(&r->answer);
	mark_dirty(r->conn);
}

static bool on_plain(void *context, struct str bytes)
{
	struct receiving *r = context;
	struct conn *c = r->conn;

	queue_answer(r);
	tell_secure(c);
	if (has(c, IS_CLOSING | IS_ENDED))
		return false;
	if (has(c, IS_PAUSED) || conn_side_moves(c) || conn_side_has_kept(c))
		keep(c, bytes);
	else
		deliver(c, bytes);
	return !has(c, IS_CLOSING | IS_ENDED);
}

static void on_tls_failed(struct conn *c)
{
	char peer[IP_TEXT_MAX];
	bool is_blocked;

	log_event(LOG_DEBUG, "net", "TLS failed", LOG_TEXT("peer", ip_format(c->peer, true, peer)),
		  LOG_TEXT("reason", tls_error(c->tls)));
	/* There may be an alert to be sent. */
	conn_out_drop(c, &c->side->plain);
	(void)conn_out_write(c, &is_blocked);
	end(c, ERR_INVALID);
}

static void decrypt(struct conn *c, struct str bytes)
{
	struct receiving r = {.conn = c};
	enum tls_result result;

	buf_init(&r.answer);
	result = tls_receive(c->tls, bytes, &r.answer, on_plain, &r);
	if (!has(c, IS_ENDED))
		queue_answer(&r);
	buf_fini(&r.answer);
	if (has(c, IS_CLOSING | IS_ENDED))
		return;
	if (result == TLS_FAILED) {
		on_tls_failed(c);
		return;
	}
	tell_secure(c);
	if (result == TLS_CLOSED)
		on_peer_end(c);
}

static void take_plain(struct conn *c, struct str bytes)
{
	struct str ciphertext = deliver(c, bytes);

	if (ciphertext.len)
		decrypt(c, ciphertext);
}

static void take_input(struct conn *c, struct str bytes)
{
	bool was_in = enter_input(c);

	if (c->tls)
		decrypt(c, bytes);
	else
		take_plain(c, bytes);
	leave_input(c, was_in);
}

static void take_kept(struct conn *c)
{
	struct buf kept;
	bool was_in;

	if (!conn_side_has_kept(c) || has(c, IS_PAUSED | IS_CLOSING | IS_ENDED))
		return;
	kept = conn_side_take_kept(c);
	was_in = enter_input(c);
	take_plain(c, buf_str(&kept));
	buf_fini(&kept);
	leave_input(c, was_in);
}

static void read_some(struct conn *c)
{
	struct loop *l = c->loop;
	ssize_t len = recv(c->source.fd, l->input, LOOP_INPUT_BYTES, MSG_DONTWAIT);

	if (len < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			end(c, err_from_errno(errno));
		return;
	}
	if (len == 0)
		on_peer_end(c);
	else if (!has(c, IS_CLOSING))
		take_input(c, str_make(l->input, (size_t)len));
}

static void on_ready(struct loop_source *s, uint32_t events)
{
	struct conn *c = container_of(s, struct conn, source);

	if (has(c, IS_BLOCKED) && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))) {
		set(c, IS_BLOCKED, false);
		mark_dirty(c);
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	if (!wants_input(c))
		watch(c, false);
	else if (!conn_side_has_kept(c))
		read_some(c); /* last: the connection may move away in it */
}

void conn_init(struct conn *c, struct loop *l, int fd, struct ip peer, const struct conn_handler *h)
{
	int on = 1;

	*c = (struct conn){.source = {.fd = fd, .on_ready = on_ready}, .loop = l, .handler = h, .peer = peer};
	list_init(&c->link);
	/* Fails on what is not TCP, which has no delay either. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	update_watch(c);
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
	if (has(c, IN_BYTES)) {
		set(c, IS_NEW_TLS, true);
		set(c, REST_IS_TLS, kept_is_tls);
		return;
	}
	kept = conn_side_take_kept(c);
	if (kept.len && kept_is_tls)
		take_input(c, buf_str(&kept));
	buf_fini(&kept);
}

/* A peer that does not read is cut off; but what is only waiting for the end of the turn is written first. */
static bool has_room(struct conn *c, size_t len)
{
	if (conn_out_has_room(c, len))
		return true;
	if (!has(c, IS_BLOCKED))
		write_out(c);
	if (has(c, IS_ENDED))
		return false;
	if (conn_out_has_room(c, len))
		return true;
	metric_add(METRIC_output_limit_exceeded, 1);
	end(c, ERR_LIMIT);
	return false;
}

void conn_send(struct conn *c, struct str bytes)
{
	if (bytes.len == 0 || conn_is_closing(c) || !has_room(c, bytes.len))
		return;
	conn_out_append(c, bytes);
	mark_dirty(c);
}

void conn_send_shared(struct conn *c, struct conn_bytes *bytes)
{
	if (bytes->len == 0 || conn_is_closing(c) || !has_room(c, bytes->len))
		return;
	conn_out_append_shared(c, bytes);
	mark_dirty(c);
}

void conn_pause(struct conn *c)
{
	if (conn_is_closing(c))
		return;
	set(c, IS_PAUSED, true);
}

void conn_resume(struct conn *c)
{
	if (!has(c, IS_PAUSED) || conn_is_closing(c))
		return;
	set(c, IS_PAUSED, false);
	set(c, IS_RESUMED, true);
	update_watch(c);
	/* Not from here: the caller may be anywhere. */
	if (conn_side_has_kept(c))
		queue_in(c, &c->loop->due);
}

void conn_move(struct conn *c, struct loop *to)
{
	if (conn_is_closing(c))
		return;
	conn_side_get(c)->move_to = to;
	if (!has(c, IN_INPUT))
		leave(c);
}

void conn_close(struct conn *c, uint32_t linger_ms)
{
	if (conn_is_closing(c))
		return;
	set(c, IS_CLOSING, true);
	set(c, NO_LINGER, linger_ms == 0);
	conn_side_stop(c);
	conn_side_drop_kept(c);
	if (linger_ms)
		start_timer(c, linger_ms);
	update_watch(c);
	if (linger_ms == 0)
		set(c, IS_BLOCKED, false);
	mark_dirty(c);
}

void conn_abort(struct conn *c, enum err reason)
{
	end(c, reason);
}

bool conn_is_closing(const struct conn *c)
{
	return has(c, IS_CLOSING | IS_ENDED);
}

void conn_set_hibernate(struct conn *c, int64_t after_ms)
{
	c->hibernate_ms = after_ms < 0 || after_ms >= NEVER_MS ? NEVER_MS : (uint32_t)after_ms;
	if (c->tls)
		tls_keep_buffers(c->tls, c->hibernate_ms != 0);
	if (!has(c, IS_CLOSING) && c->side)
		timer_stop(&c->side->timer);
	expect_silence(c);
}

static void finish(struct conn *c)
{
	close(c->source.fd);
	c->source.fd = -1;
	conn_out_drop(c, &c->wire);
	if (c->side)
		conn_out_drop(c, &c->side->plain);
	conn_side_free(c);
	tls_free(&c->tls);
	c->handler->on_closed(c, (enum err)c->reason);
}

static void go_on(struct conn *c)
{
	if (has_output(c) || has(c, IS_CLOSING))
		mark_dirty(c);
	conn_out_run_written(c);
	take_kept(c);
}

/* Those that become due meanwhile wait for the next turn, so that a turn ends. */
void conn_run_due(struct loop *l)
{
	struct list due;

	list_move_all(&l->due, &due);
	while (!list_is_empty(&due)) {
		struct conn *c = container_of(due.next, struct conn, link);

		list_remove(&c->link);
		if (has(c, IS_ENDED))
			finish(c);
		else if (conn_side_moves(c))
			leave(c);
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
