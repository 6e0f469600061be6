/* RFC 6120 §3 (TCP), §4.2 (tags), §7 (bind); what is negotiated is stream/stream's */
#include "link/c2s_stream.h"

#include <stdlib.h>

#include "auth/sasl.h"
#include "base/limit.h"
#include "base/mem.h"
#include "link/admission.h"
#include "link/c2s_stanza.h"
#include "link/shaping.h"
#include "net/tls_peer.h"
#include "route/host.h"
#include "route/inline_feature.h"
#include "route/registry.h"
#include "route/resumption.h"
#include "route/resumption_stream.h"
#include "route/router.h"
#include "xmpp/ns.h"

enum { LINGER_MS = 1500 }; /* for the peer's half of an orderly end */

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

/* ---- out ---- */

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
	c2s_peer_end_input(p);
	c2s_peer_close_session(p);
}

static void drop(struct stream *s)
{
	struct c2s_peer *p = peer_of_stream(s);
	struct conn *c = &p->conn;

	c2s_peer_end_input(p);
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

	conn_start_tls(&p->conn, p->settings->base.tls, false);
}

static bool binding(struct stream *s, const char *type, struct buf *out)
{
	struct conn *c = &peer_of_stream(s)->conn;

	return c->tls && tls_binding(c->tls, type, out);
}

static bool certificate(struct stream *s, struct arena *a, struct sasl_certificate *out)
{
	const struct tls *tls = peer_of_stream(s)->conn.tls;
	struct tls_name_list addresses, common_names;

	if (!tls || !tls_peer_is_verified(tls))
		return false;
	addresses = tls_peer_addresses(tls, a);
	common_names = tls_peer_common_names(tls, a);
	*out = (struct sasl_certificate){addresses.items, addresses.count, common_names.items, common_names.count};
	return true;
}

static void on_login(struct stream *s, bool has_succeeded)
{
	struct c2s_peer *p = peer_of_stream(s);

	if (has_succeeded) {
		c2s_peer_leave_admission(p);
		p->parser.limits = &p->settings->after_login;
	} else if (!admission_fail(p->conn.peer, c2s_peer_limits(p), timer_now_ms(s->place->timers))) {
		limit_acted(METRIC_max_login_failures_refused, p->conn.peer);
		stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "too many failed logins from this address");
	}
}

/* ---- queries before login ---- */

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

void c2s_stream_cancel_query(struct c2s_peer *p)
{
	if (!p->query)
		return;
	if (p->query->query.cancel)
		p->query->query.cancel(&p->query->query);
	end_query(p);
}

/* ---- features and bind ---- */

static void write_features(struct stream *s, struct writer *w, bool is_logged_in)
{
	const struct c2s_peer *p = peer_of_stream(s);
	const struct host *h = host_find(p->place->registry->hosts, stream_host(s));

	for (size_t i = 0; h && i < h->module_count; i++) {
		const struct module_def *def = h->modules[i].def;

		/* What is on already is not offered. */
		if (def->stream_features && !(def->is_resumption && p->session && p->session->resumption))
			def->stream_features(&h->modules[i], w, is_logged_in);
	}
}

static void write_inline(struct stream *s, struct writer *w)
{
	const struct host *h = host_find(peer_of_stream(s)->place->registry->hosts, stream_host(s));

	if (h)
		inline_feature_write(h, w);
}

static void write_bound(struct stream *s, const struct stanza *request, const struct node *bind, struct writer *w)
{
	inline_feature_enable(peer_of_stream(s)->session, request, bind, w);
}

/* As far as it depends on whose session it is. */
static void set_rate(struct c2s_peer *p)
{
	shaping_come_home(&p->conn, &p->settings->base, p->session->address);
}

static void open_session(struct c2s_peer *p)
{
	struct session_opening opening = {
	    .address = stream_who(&p->stream),
	    .outlet = &p->outlet,
	    .peer = p->conn.peer,
	    .is_secure = p->stream.is_secure,
	    .is_guest = p->stream.is_guest,
	    .access = p->settings->base.listen->access,
	    .client = stream_client(&p->stream),
	};
	enum stanza_error e;

	e = session_open(p->place->registry, &opening, &p->session);
	if (e == STANZA_ERROR_NONE)
		set_rate(p);
	if (e == STANZA_ERROR_NONE)
		stream_bound(&p->stream);
	else
		stream_refuse_bind(&p->stream, e);
}

/* A session that the client had before (XEP-0198). */
static void claim_session(struct c2s_peer *p)
{
	struct resumption_stream_error error;
	struct resumption_stream_claim claim = {
		.who = stream_who(&p->stream),
		.outlet = &p->outlet,
		.request = stream_claim(&p->stream),
		.peer = p->conn.peer,
		.is_secure = p->stream.is_secure,
	};

	if (resumption_stream_claim(p->place->registry, &claim, &error) == RESUMPTION_STREAM_FAILS)
		stream_error_with(&p->stream, error.error, error.text, str_from(error.detail));
	else if (stream_claim(&p->stream))
		conn_pause(&p->conn); /* the answer comes later */
}

void c2s_stream_take_claim(struct c2s_peer *p, struct session *session, struct str xml)
{
	p->session = session;
	conn_resume(&p->conn);
	if (session)
		set_rate(p);
	if (session)
		stream_claimed(&p->stream, session->address, xml);
	else
		stream_refuse_claim(&p->stream, xml);
}

void c2s_stream_withdraw_claim(struct c2s_peer *p)
{
	struct user *u;

	/* On its way it has not claimed anything yet. */
	if (!p->stream.place || !stream_claim(&p->stream))
		return;
	u = registry_find_user(p->place->registry, jid_bare_str(stream_who(&p->stream)));
	if (u)
		resumption_withdraw(u, &p->outlet);
}

void c2s_stream_come_home(struct c2s_peer *p)
{
	if (service_is_stopping(p->place->service))
		stream_error(&p->stream, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
	else if (!host_find(p->place->registry->hosts, jid_domain(stream_who(&p->stream))))
		stream_error(&p->stream, STREAM_ERROR_HOST_GONE, NULL);
	else if (stream_claim(&p->stream))
		claim_session(p);
	else
		open_session(p);
}

static void go_home(struct stream *s)
{
	struct c2s_peer *p = peer_of_stream(s);
	const struct realm *realm = p->place->registry->realm;
	struct registry *home = realm_home_of(realm, jid_bare_str(stream_who(s)));

	if (home == p->place->registry) {
		c2s_stream_come_home(p);
		return;
	}
	stream_leave(s);
	list_remove(&p->link);
	p->place = service_place_on(p->place->service, home->index);
	conn_move(&p->conn, p->place->loop);
}

static void bind_address(struct stream *s, struct jid address)
{
	(void)address; /* stream_who */
	go_home(s);
}

const struct stream_link c2s_stream_link = {
	.send_header = send_header,
	.send = send_text,
	.end = end,
	.drop = drop,
	.pause = pause_input,
	.resume = resume_input,
	.restart = restart,
	.start_tls = start_tls,
	.binding = binding,
	.certificate = certificate,
	.on_login = on_login,
	.login_query = login_query,
	.write_features = write_features,
	.write_inline = write_inline,
	.write_bound = write_bound,
	.bind = bind_address,
	.claim = go_home,
	.take = c2s_stanza_take,
};
