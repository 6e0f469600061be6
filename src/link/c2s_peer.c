/* RFC 6120 §3 (TCP), §8.1 (addresses of stanzas); what is negotiated is stream/stream's */
#include "link/c2s_peer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "link/admission.h"
#include "route/host.h"
#include "route/registry.h"
#include "route/router.h"
#include "route/session.h"
#include "xmpp/fault.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

enum { LINGER_MS = 1500 }; /* for the peer's half of an orderly end */

/* An open one is all there is of an idle client, but for its session. */
struct c2s_peer {
	struct conn conn;
	struct stream stream;
	struct parser parser;
	struct outlet outlet;
	struct c2s_place *place;
	struct session *session;  /* from bind to the end */
	struct c2s_query *query;  /* the one that is being answered */
	struct list link;         /* in place->peers */
	size_t held_bytes;        /* as counted by admission_hold */
	bool is_admitted;         /* counted by admission_enter */
	bool is_backed_up;        /* until outlet.resume */
};

_Static_assert(sizeof(struct c2s_peer) < 450, "an idle client is small");

/* A query before login, on its way through a module. */
struct c2s_query {
	struct login_query query;
	struct c2s_peer *peer;
	const struct host_set *hosts; /* counted: the module's options are in it */
};

static struct c2s_peer *peer_of_stream(struct stream *s)
{
	return container_of(s, struct c2s_peer, stream);
}

static struct c2s_peer *peer_of_conn(struct conn *c)
{
	return container_of(c, struct c2s_peer, conn);
}

static struct c2s_peer *peer_of_outlet(struct outlet *o)
{
	return container_of(o, struct c2s_peer, outlet);
}

static const struct config_meerkat *limits_of(const struct c2s_peer *p)
{
	return &p->place->service->config->meerkat;
}

/* A limit has acted: counted always, told once a second. */
static void note_limit(enum metric m, struct log_throttle *throttle, struct ip address, const struct c2s_place *place)
{
	char text[IP_TEXT_MAX];
	uint64_t suppressed;

	metric_add(m, 1);
	if (log_on(LOG_INFO) && log_throttle_pass(throttle, timer_now_ms(place->loop->timers), &suppressed))
		log_event(LOG_INFO, "c2s", "a limit has acted", LOG_TEXT("limit", metric_name(m)),
			  LOG_TEXT("peer", ip_format(address, true, text)), LOG_NUM("suppressed", suppressed));
}

/* ---- the session's side ---- */

static void outlet_send(struct outlet *o, const struct stanza *s, struct jid from, struct jid to)
{
	struct c2s_peer *p = peer_of_outlet(o);
	struct buf *scratch = &p->place->loop->scratch;

	writer_stanza(scratch, s, from, to, NS_CLIENT, false);
	conn_send(&p->conn, buf_str(scratch));
	buf_clear(scratch);
	metric_add(METRIC_stanzas_out, 1);
}

static void outlet_end(struct outlet *o, enum stream_error e, const char *text)
{
	stream_error(&peer_of_outlet(o)->stream, e, text);
}

static void outlet_resume(struct outlet *o)
{
	struct c2s_peer *p = peer_of_outlet(o);

	if (!p->is_backed_up)
		return;
	p->is_backed_up = false;
	conn_resume(&p->conn);
}

static const struct outlet_ops outlet_ops = {.send = outlet_send, .end = outlet_end, .resume = outlet_resume};

/* Once, whichever of the many ends it is. */
static void close_session(struct c2s_peer *p)
{
	struct session *s = p->session;

	p->session = NULL;
	if (!s)
		return;
	s->outlet = NULL;
	session_close(s);
}

static void leave_admission(struct c2s_peer *p)
{
	if (p->is_admitted)
		admission_leave(p->conn.peer);
	p->is_admitted = false;
}

/* ---- the stream's side ---- */

static void send_header(struct stream *s, const struct stream_header *h)
{
	struct buf *out = s->place->scratch;

	buf_append_text(out, "<?xml version='1.0'?><stream:stream xmlns='" NS_CLIENT "' xmlns:stream='" NS_STREAM "' id='");
	writer_escape(out, h->id);
	buf_append_text(out, "' from='");
	writer_escape(out, h->from);
	if (h->to.len) {
		buf_append_text(out, "' to='");
		writer_escape(out, h->to);
	}
	buf_append_text(out, "' version='1.0' xml:lang='");
	writer_escape(out, h->language);
	buf_append_text(out, "'>");
	conn_send(&peer_of_stream(s)->conn, buf_str(out));
	buf_clear(out);
}

static void send_text(struct stream *s, struct str xml)
{
	conn_send(&peer_of_stream(s)->conn, xml);
}

static void end(struct stream *s)
{
	struct c2s_peer *p = peer_of_stream(s);

	conn_send(&p->conn, STR("</stream:stream>"));
	conn_close(&p->conn, LINGER_MS);
	close_session(p);
}

static void drop(struct stream *s)
{
	struct conn *c = &peer_of_stream(s)->conn;

	if (c->tls && !tls_is_established(c->tls))
		conn_abort(c, ERR_TIMEOUT);
	else
		conn_close(c, LINGER_MS);
}

static void pause_input(struct stream *s)
{
	conn_pause(&peer_of_stream(s)->conn);
}

static void resume_input(struct stream *s)
{
	conn_resume(&peer_of_stream(s)->conn);
}

static void restart(struct stream *s)
{
	parser_restart(&peer_of_stream(s)->parser);
}

static void start_tls(struct stream *s)
{
	struct c2s_peer *p = peer_of_stream(s);

	conn_start_tls(&p->conn, p->place->service->tls, false);
}

static bool binding(struct stream *s, const char *type, struct buf *out)
{
	struct conn *c = &peer_of_stream(s)->conn;

	return c->tls && tls_binding(c->tls, type, out);
}

static void on_login(struct stream *s, bool has_succeeded)
{
	static struct log_throttle throttle;
	struct c2s_peer *p = peer_of_stream(s);

	if (has_succeeded) {
		leave_admission(p);
		p->parser.limits = &p->place->service->after_login;
	} else if (!admission_fail(p->conn.peer, limits_of(p), timer_now_ms(s->place->timers))) {
		note_limit(METRIC_max_login_failures_refused, &throttle, p->conn.peer, p->place);
		stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "too many failed logins from this address");
	}
}

static void end_query(struct c2s_peer *p)
{
	host_set_unref(&p->query->hosts);
	free(p->query);
	p->query = NULL;
}

static void answer_query(struct login_query *q, struct str xml)
{
	struct c2s_peer *p = container_of(q, struct c2s_query, query)->peer;

	stream_answer_query(&p->stream, xml);
	end_query(p);
}

static bool login_query(struct stream *s, const struct stanza *iq)
{
	struct c2s_peer *p = peer_of_stream(s);
	struct c2s_query *query = mem_new(sizeof(*query));

	query->peer = p;
	query->hosts = p->place->registry->hosts;
	host_set_ref(query->hosts);
	query->query = (struct login_query){
		.registry = p->place->registry,
		.host = host_find(query->hosts, stream_host(s)),
		.stanza = iq,
		.peer = p->conn.peer,
		.is_secure = s->is_secure,
		.answer = answer_query,
	};
	p->query = query;
	if (query->query.host && router_login_query(&query->query))
		return true;
	end_query(p);
	return false;
}

static void cancel_query(struct c2s_peer *p)
{
	if (!p->query)
		return;
	if (p->query->query.cancel)
		p->query->query.cancel(&p->query->query);
	end_query(p);
}

static void write_features(struct stream *s, struct writer *w, bool is_logged_in)
{
	const struct host *h = host_find(peer_of_stream(s)->place->registry->hosts, stream_host(s));

	for (size_t i = 0; h && i < h->module_count; i++)
		if (h->modules[i].def->stream_features)
			h->modules[i].def->stream_features(&h->modules[i], w, is_logged_in);
}

/* ---- bind ---- */

/* On the home loop of the account. */
static void open_session(struct c2s_peer *p)
{
	const struct c2s_service *service = p->place->service;
	struct session_opening opening = {
		.address = stream_who(&p->stream),
		.outlet = &p->outlet,
		.peer = p->conn.peer,
		.is_secure = p->stream.is_secure,
		.access = service->listen->access,
	};
	enum stanza_error e;

	if (atomic_load(&service->is_stopping)) {
		stream_error(&p->stream, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
		return;
	}
	if (!host_find(p->place->registry->hosts, jid_domain(opening.address))) {
		stream_error(&p->stream, STREAM_ERROR_HOST_GONE, NULL);
		return;
	}
	e = session_open(p->place->registry, &opening, &p->session);
	if (e == STANZA_ERROR_NONE)
		stream_bound(&p->stream);
	else
		stream_refuse_bind(&p->stream, e);
}

static void bind_address(struct stream *s, struct jid address)
{
	struct c2s_peer *p = peer_of_stream(s);
	struct c2s_service *service = p->place->service;
	struct registry *home = realm_home_of(service->realm, jid_bare_str(address));

	if (home == p->place->registry) {
		open_session(p);
		return;
	}
	stream_leave(s);
	list_remove(&p->link);
	p->place = &service->places[home->index];
	conn_move(&p->conn, p->place->loop);
}

static void on_moved(struct conn *c)
{
	struct c2s_peer *p = peer_of_conn(c);

	list_append(&p->place->peers, &p->link);
	stream_arrive(&p->stream, &p->place->stream);
	open_session(p);
}

/* ---- the open stream ---- */

/* RFC 6120 §8.1.2.1: a client may say who it is, but nobody else. */
static bool is_from_itself(struct c2s_peer *p, struct stanza *e)
{
	struct jid own = p->session->address;

	return stanza_sender(e) && jid_bare_equal(e->from, own) && (jid_is_bare(e->from) || jid_equal(e->from, own));
}

/* RFC 6120 §8.3.3.8; errors and results get no error. */
static void refuse_address(struct c2s_peer *p, const struct stanza *e)
{
	struct buf *scratch = &p->place->loop->scratch;
	struct str domain = jid_domain(p->session->address);
	struct jid host = {.text = domain.data, .domain_len = (uint16_t)domain.len};

	if (e->type == STANZA_TYPE_ERROR || e->type == STANZA_TYPE_RESULT)
		return;
	writer_stanza_error(scratch, e, host, p->session->address, STANZA_ERROR_JID_MALFORMED, STR_NONE);
	conn_send(&p->conn, buf_str(scratch));
	buf_clear(scratch);
}

/* To nobody, our host or the own account. */
static bool is_for_server(const struct c2s_peer *p, const struct stanza *e)
{
	struct jid own = p->session->address;

	if (!jid_is_set(e->to))
		return true;
	return jid_is_bare(e->to) && (jid_bare_equal(e->to, own) ||
				      (e->to.local_len == 0 && str_equal(jid_domain(e->to), jid_domain(own))));
}

static bool is_session_request(const struct c2s_peer *p, const struct stanza *e)
{
	if (e->kind != STANZA_IQ || e->type != STANZA_TYPE_SET)
		return false;
	const struct node *payload = stanza_payload(e);
	return payload && node_is(e, payload, "session", NS_SESSION) && is_for_server(p, e);
}

static void give_to_router(struct c2s_peer *p, struct stanza *e)
{
	struct session *s = p->session;

	router_receive(s, e);
	/* The session may have ended by what it sent. */
	if (p->session == s && router_is_backed_up(s)) {
		p->is_backed_up = true;
		conn_pause(&p->conn);
	}
}

static void take(struct stream *s, struct stanza *e)
{
	struct c2s_peer *p = peer_of_stream(s);

	if (e->kind == STANZA_OTHER) {
		stanza_unref(&e);
		return;
	}
	metric_add(METRIC_stanzas_in, 1);
	if (e->has_from && !is_from_itself(p, e)) {
		stanza_unref(&e);
		stream_error(s, STREAM_ERROR_INVALID_FROM, "'from' is not who has logged in");
		return;
	}
	stanza_stamp(e, p->session->address);
	if (!stanza_address(e))
		refuse_address(p, e);
	else if (is_session_request(p, e))
		stream_answer_session(s, e);
	else {
		give_to_router(p, e);
		return;
	}
	stanza_unref(&e);
}

const struct stream_link c2s_peer_link = {
	.send_header = send_header,
	.send = send_text,
	.end = end,
	.drop = drop,
	.pause = pause_input,
	.resume = resume_input,
	.restart = restart,
	.start_tls = start_tls,
	.binding = binding,
	.on_login = on_login,
	.login_query = login_query,
	.write_features = write_features,
	.bind = bind_address,
	.take = take,
};

/* ---- the connection's side ---- */

static void on_fault(struct c2s_peer *p)
{
	static struct log_throttle throttle;

	if (p->parser.fault == FAULT_TOO_LARGE)
		note_limit(METRIC_max_stanza_size_exceeded, &throttle, p->conn.peer, p->place);
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

/* What is left in mid-element counts for all connections together. */
static void account_input(struct c2s_peer *p)
{
	static struct log_throttle throttle;
	size_t held = parser_held_bytes(&p->parser);

	if (held == p->held_bytes)
		return;
	bool fits = admission_hold(p->held_bytes, held, limits_of(p));
	bool grew = held > p->held_bytes;
	p->held_bytes = held;
	if (!fits && grew) {
		note_limit(METRIC_input_budget_exceeded, &throttle, p->conn.peer, p->place);
		stream_error(&p->stream, STREAM_ERROR_RESOURCE_CONSTRAINT, "the server holds too much unfinished input");
	}
}

/* What nobody has logged in for waits for an answer, and is kept meanwhile. */
static bool keeps_too_much(const struct c2s_peer *p, size_t len)
{
	return !p->stream.is_logged_in && len > (size_t)limits_of(p)->preauth_max_stanza_size;
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

static void on_secure(struct conn *c)
{
	struct c2s_peer *p = peer_of_conn(c);

	log_event(LOG_DEBUG, "c2s", "secured", LOG_TEXT("version", tls_version(c->tls)), LOG_TEXT("cipher", tls_cipher(c->tls)));
	stream_secured(&p->stream);
}

static void on_closed(struct conn *c, enum err reason)
{
	struct c2s_peer *p = peer_of_conn(c);
	struct c2s_service *service = p->place->service;
	char text[IP_TEXT_MAX];

	log_event(LOG_DEBUG, "c2s", "connection closed", LOG_TEXT("peer", ip_format(c->peer, true, text)),
		  LOG_TEXT("reason", err_text(reason)), LOG_TEXT("state", stream_state_name(p->stream.state)));
	close_session(p);
	cancel_query(p);
	stream_fini(&p->stream);
	parser_fini(&p->parser);
	admission_hold(p->held_bytes, 0, limits_of(p));
	leave_admission(p);
	list_remove(&p->link);
	free(p);
	listener_released(service->listener);
	c2s_service_unref(service);
}

static const struct conn_handler conn_handler = {
	.on_bytes = on_bytes, .on_secure = on_secure, .on_moved = on_moved, .on_closed = on_closed,
};

/* ---- life ---- */

static bool is_let_in(struct c2s_place *place, struct ip address)
{
	static struct log_throttle crowded, failed;
	const struct config_meerkat *limits = &place->service->config->meerkat;

	if (atomic_load(&place->service->is_stopping))
		return false;
	switch (admission_enter(address, limits, timer_now_ms(place->loop->timers))) {
	case ADMISSION_GRANTED:
		return true;
	case ADMISSION_CROWDED:
		note_limit(METRIC_max_unauthenticated_refused, &crowded, address, place);
		return false;
	case ADMISSION_FAILED:
		note_limit(METRIC_max_login_failures_refused, &failed, address, place);
		return false;
	}
	return false;
}

void c2s_peer_accept(struct c2s_place *place, int fd, struct ip address)
{
	struct c2s_service *service = place->service;
	const struct config_tls *tls = service->listen->tls;
	bool starts_with_tls = tls && tls->mode == CONFIG_TLS;
	struct stream_start start = {
		.rules = &service->rules, .place = &place->stream, .config = service->config, .peer = address, .awaits_tls = starts_with_tls,
	};
	struct c2s_peer *p;

	if (!is_let_in(place, address)) {
		close(fd);
		listener_released(service->listener);
		return;
	}
	p = mem_new(sizeof(*p));
	p->place = place;
	p->outlet.ops = &outlet_ops;
	p->is_admitted = true;
	list_append(&place->peers, &p->link);
	atomic_fetch_add(&service->refs, 1);
	conn_init(&p->conn, place->loop, fd, address, &conn_handler);
	p->conn.output_limit_bytes = (size_t)service->config->meerkat.max_output_bytes;
	conn_set_hibernate(&p->conn, service->listen->hibernate_after_ms);
	parser_init(&p->parser, PARSER_STREAM, &service->before_login);
	stream_init(&p->stream, &start);
	if (starts_with_tls)
		conn_start_tls(&p->conn, service->tls, true);
}

void c2s_peer_end_all(struct c2s_place *place)
{
	list_each (link, &place->peers)
		stream_error(&container_of(link, struct c2s_peer, link)->stream, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
}
