#include "net/conn_in.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/check.h"
#include "base/log.h"
#include "net/conn_inner.h"
#include "net/conn_out.h"
#include "net/conn_rate.h"

static void keep(struct conn *c, struct str bytes)
{
	buf_append_str(&conn_side_get(c)->kept, bytes);
}

static bool enter_input(struct conn *c)
{
	bool was_in = conn_inner_has(c, IN_INPUT);

	conn_inner_set(c, IN_INPUT, true);
	return was_in;
}

/* The connection may be gone afterwards. */
static void leave_input(struct conn *c, bool was_in)
{
	conn_inner_set(c, IN_INPUT, was_in);
	if (!was_in && conn_side_moves(c))
		conn_inner_leave(c);
	else
		conn_inner_expect_silence(c);
}

/* Gives plaintext to the owner and settles what it did not take: dropped, kept, or ciphertext, which is returned. */
static struct str deliver(struct conn *c, struct str bytes)
{
	struct str rest;
	size_t taken;

	conn_inner_set(c, IS_RESUMED | IS_NEW_TLS, false);
	conn_inner_set(c, IN_BYTES, true);
	taken = c->handler->on_bytes(c, bytes);
	conn_inner_set(c, IN_BYTES, false);
	check(taken <= bytes.len);
	rest = str_make(bytes.data + taken, bytes.len - taken);
	if (conn_inner_has(c, IS_CLOSING | IS_ENDED) || rest.len == 0)
		return STR_NONE;
	if (conn_inner_has(c, IS_NEW_TLS))
		return conn_inner_has(c, REST_IS_TLS) ? rest : STR_NONE;
	check(conn_inner_has(c, IS_PAUSED | IS_RESUMED) || conn_side_moves(c));
	keep(c, rest);
	if (!conn_inner_has(c, IS_PAUSED) && !conn_side_moves(c))
		conn_inner_make_due(c);
	return STR_NONE;
}

static void tell_secure(struct conn *c)
{
	if (conn_inner_has(c, IS_SECURE | IS_CLOSING | IS_ENDED) || !tls_is_established(c->tls))
		return;
	conn_inner_set(c, IS_SECURE, true);
	if (c->handler->on_secure)
		c->handler->on_secure(c);
	if (conn_inner_has_output(c))
		conn_inner_mark_dirty(c);
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
	conn_inner_mark_dirty(r->conn);
}

static bool on_plain(void *context, struct str bytes)
{
	struct receiving *r = context;
	struct conn *c = r->conn;

	queue_answer(r);
	tell_secure(c);
	if (conn_inner_has(c, IS_CLOSING | IS_ENDED))
		return false;
	if (conn_inner_has(c, IS_PAUSED) || conn_side_moves(c) || conn_side_has_kept(c))
		keep(c, bytes);
	else
		deliver(c, bytes);
	return !conn_inner_has(c, IS_CLOSING | IS_ENDED);
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
	conn_inner_end(c, ERR_INVALID);
}

static void decrypt(struct conn *c, struct str bytes)
{
	struct receiving r = {.conn = c};
	enum tls_result result;

	buf_init(&r.answer);
	result = tls_receive(c->tls, bytes, &r.answer, on_plain, &r);
	if (!conn_inner_has(c, IS_ENDED))
		queue_answer(&r);
	buf_fini(&r.answer);
	if (conn_inner_has(c, IS_CLOSING | IS_ENDED))
		return;
	if (result == TLS_FAILED) {
		on_tls_failed(c);
		return;
	}
	tell_secure(c);
	if (result == TLS_CLOSED)
		conn_inner_peer_ended(c);
}

static void take_plain(struct conn *c, struct str bytes)
{
	struct str ciphertext = deliver(c, bytes);

	if (ciphertext.len)
		decrypt(c, ciphertext);
}

void conn_in_take(struct conn *c, struct str bytes)
{
	bool was_in = enter_input(c);

	if (c->tls)
		decrypt(c, bytes);
	else
		take_plain(c, bytes);
	leave_input(c, was_in);
}

void conn_in_take_kept(struct conn *c)
{
	struct buf kept;
	bool was_in;

	if (!conn_side_has_kept(c) || conn_inner_has(c, IS_PAUSED | IS_CLOSING | IS_ENDED))
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
	bool has_rate = c->side && c->side->rate && !conn_inner_has(c, IS_CLOSING);
	size_t room = has_rate ? conn_rate_room(c) : LOOP_INPUT_BYTES;
	ssize_t len;

	if (room == 0)
		return;
	len = recv(c->source.fd, l->input, room, MSG_DONTWAIT);
	if (len < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
			conn_inner_end(c, err_from_errno(errno));
		return;
	}
	if (has_rate)
		conn_rate_took(c, (size_t)len);
	if (len == 0)
		conn_inner_peer_ended(c);
	else if (!conn_inner_has(c, IS_CLOSING))
		conn_in_take(c, str_make(l->input, (size_t)len));
}

void conn_in_on_ready(struct loop_source *s, uint32_t events)
{
	struct conn *c = container_of(s, struct conn, source);

	if (conn_inner_has(c, IS_BLOCKED) && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))) {
		conn_inner_set(c, IS_BLOCKED, false);
		conn_inner_mark_dirty(c);
	}
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	if (!conn_inner_wants_input(c))
		conn_inner_watch(c, false);
	else if (!conn_side_has_kept(c))
		read_some(c); /* last: the connection may move away in it */
}
