#include "link/c2s_peer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/limit.h"
#include "base/mem.h"
#include "link/admission.h"
#include "link/c2s_stanza.h"
#include "link/c2s_stream.h"
#include "link/shaping.h"
#include "xmpp/fault.h"

_Static_assert(sizeof(struct c2s_peer) < 450, "an idle client is small");

static struct c2s_peer *peer_of_conn(struct conn *c)
{
	return container_of(c, struct c2s_peer, conn);
}

void c2s_peer_end_waits(struct c2s_peer *p, bool is_sent)
{
	struct outlet_wait *w = p->waits;

	p->waits = NULL;
	while (w) {
		struct outlet_wait *next = w->next;

		w->run(w, is_sent);
		w = next;
	}
}

static void leave_session(struct c2s_peer *p, void (*leave)(struct session *s))
{
	struct session *s = p->session;

	p->session = NULL;
	if (!s) {
		c2s_stream_withdraw_claim(p);
		return;
	}
	s->outlet = NULL;
	leave(s);
	c2s_peer_end_waits(p, false);
}

void c2s_peer_close_session(struct c2s_peer *p)
{
	leave_session(p, session_close);
}

void c2s_peer_lose_session(struct c2s_peer *p)
{
	leave_session(p, session_lost);
}

void c2s_peer_leave_admission(struct c2s_peer *p)
{
	if (p->is_admitted)
		admission_leave(p->conn.peer);
	p->is_admitted = false;
}

void c2s_peer_end_input(struct c2s_peer *p)
{
	parser_fini(&p->parser);
	admission_hold(p->held_bytes, 0, c2s_peer_limits(p));
	p->held_bytes = 0;
}

/* ---- input ---- */

static void on_fault(struct c2s_peer *p)
{
	if (p->parser.fault == FAULT_TOO_LARGE)
		limit_acted(METRIC_max_stanza_size_exceeded, p->conn.peer);
	stream_error(&p->stream, p->parser.error, parser_error_text(&p->parser));
}

/* Until something is complete. Returns how much was taken. */
static size_t feed(struct c2s_peer *p, struct str bytes)
{
	struct stanza *stanza;
	size_t used;

	switch (parser_feed(&p->parser, bytes, &used, &stanza)) {
	case PARSER_MORE:
		break;
	case PARSER_HEADER:
	case PARSER_STANZA:
		stream_receive(&p->stream, stanza);
		break;
	case PARSER_CLOSE:
		stream_receive_end(&p->stream);
		break;
	case PARSER_FAILED:
		on_fault(p);
		break;
	}
	return used;
}

/* What is left in mid-element counts, for all connections together. */
static void account_input(struct c2s_peer *p)
{
	size_t held = parser_held_bytes(&p->parser);

	if (held == p->held_bytes)
		return;
	bool fits = admission_hold(p->held_bytes, held, c2s_peer_limits(p));
	bool grew = held > p->held_bytes;
	p->held_bytes = held;
	if (!fits && grew) {
		limit_acted(METRIC_input_budget_exceeded, p->conn.peer);
		stream_error(&p->stream, STREAM_ERROR_RESOURCE_CONSTRAINT, "the server holds too much unfinished input");
	}
}

/* What nobody has logged in for waits for an answer, and is kept meanwhile. */
static bool keeps_too_much(const struct c2s_peer *p, size_t len)
{
	return !p->stream.is_logged_in && len > (size_t)c2s_peer_limits(p)->preauth_max_stanza_size;
}

static size_t on_bytes(struct conn *c, struct str bytes)
{
	struct c2s_peer *p = peer_of_conn(c);
	size_t used = 0;

	while (used < bytes.len && !p->is_backed_up && stream_takes_input(&p->stream))
		used += feed(p, str_make(bytes.data + used, bytes.len - used));
	account_input(p);
	/* Nothing that came in the clear outlives STARTTLS. */
	if (p->stream.state == STREAM_IN_TLS)
		return bytes.len;
	if (keeps_too_much(p, bytes.len - used))
		stream_error(&p->stream, STREAM_ERROR_POLICY_VIOLATION, "too much at once before login");
	return used;
}

/* ---- other events ---- */

static void on_secure(struct conn *c)
{
	struct c2s_peer *p = peer_of_conn(c);

	log_event(LOG_DEBUG, "c2s", "secured", LOG_TEXT("version", tls_version(c->tls)), LOG_TEXT("cipher", tls_cipher(c->tls)));
	stream_secured(&p->stream);
}

static void on_moved(struct conn *c)
{
	struct c2s_peer *p = peer_of_conn(c);

	list_append(&p->place->peers, &p->link);
	stream_arrive(&p->stream, &p->place->stream);
	c2s_stream_come_home(p);
}

static void on_written(struct conn *c)
{
	c2s_peer_end_waits(peer_of_conn(c), true);
}

static void on_closed(struct conn *c, enum err reason)
{
	struct c2s_peer *p = peer_of_conn(c);
	struct service *service = p->place->service;
	struct service_settings *settings = &p->settings->base;
	char text[IP_TEXT_MAX];

	log_event(LOG_DEBUG, "c2s", "connection closed", LOG_TEXT("peer", ip_format(c->peer, true, text)),
		  LOG_TEXT("reason", err_text(reason)), LOG_TEXT("state", stream_state_name(p->stream.state)));
	c2s_peer_lose_session(p);
	c2s_stream_cancel_query(p);
	stream_fini(&p->stream);
	c2s_peer_end_input(p);
	c2s_peer_leave_admission(p);
	list_remove(&p->link);
	service_settings_unref(&settings);
	free(p);
	service_released(service);
}

static const struct conn_handler conn_handler = {
	.on_bytes = on_bytes, .on_secure = on_secure, .on_moved = on_moved, .on_written = on_written, .on_closed = on_closed,
};

/* ---- life ---- */

static bool is_let_in(struct service_place *place, struct ip address)
{
	const struct config_meerkat *limits = &place->settings->config->meerkat;

	if (service_is_stopping(place->service))
		return false;
	switch (admission_enter(address, limits, timer_now_ms(place->loop->timers))) {
	case ADMISSION_GRANTED:
		return true;
	case ADMISSION_CROWDED:
		limit_acted(METRIC_max_unauthenticated_refused, address);
		return false;
	case ADMISSION_FAILED:
		limit_acted(METRIC_max_login_failures_refused, address);
		return false;
	}
	return false;
}

void c2s_peer_accept(struct service_place *place, int fd, struct ip address)
{
	struct c2s_settings *settings = c2s_settings(place->settings);
	const struct service_settings *base = place->settings;
	const struct config_tls *tls = base->listen->tls;
	bool starts_with_tls = tls && tls->mode == CONFIG_TLS;
	struct stream_start start = {
	    .rules = &settings->rules,
	    .place = &place->stream,
	    .config = base->config,
	    .peer = address,
	    .awaits_tls = starts_with_tls,
	};
	struct c2s_peer *p;

	if (!is_let_in(place, address)) {
		close(fd);
		service_released(place->service);
		return;
	}
	p = mem_new(sizeof(*p));
	p->place = place;
	p->settings = settings;
	service_settings_ref(place->settings);
	p->outlet.ops = &c2s_stanza_outlet;
	p->is_admitted = true;
	list_append(&place->peers, &p->link);
	conn_init(&p->conn, place->loop, fd, address, &conn_handler);
	p->conn.output_limit_bytes = (size_t)base->config->meerkat.max_output_bytes;
	shaping_begin(&p->conn, base);
	conn_set_hibernate(&p->conn, base->listen->hibernate_after_ms);
	parser_init(&p->parser, PARSER_STREAM, &settings->before_login);
	stream_init(&p->stream, &start);
	if (starts_with_tls)
		conn_start_tls(&p->conn, base->tls, true);
}

void c2s_peer_end_all(struct service_place *place)
{
	list_each (link, &place->peers)
		stream_error(&container_of(link, struct c2s_peer, link)->stream, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
}
