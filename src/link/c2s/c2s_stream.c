/* RFC 6120 §7 (bind); what is negotiated is stream/stream's */
#include "link/c2s/c2s_stream.h"

#include <stdlib.h>

#include "base/limit.h"
#include "base/mem.h"
#include "auth/admission.h"
#include "link/c2s/c2s_carrier.h"
#include "route/host.h"
#include "route/inline_feature.h"
#include "route/registry.h"
#include "route/resumption.h"
#include "route/resumption_stream.h"
#include "route/router.h"
#include "stream/revoked.h"
#include "xmpp/ns.h"

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

void c2s_stream_on_login(struct stream *s, bool has_succeeded)
{
	struct c2s_peer *p = peer_of_stream(s);

	if (has_succeeded) {
		c2s_peer_leave_admission(p);
		p->parser.limits = &c2s_peer_settings(p)->after_login;
	} else if (!admission_fail(c2s_carrier_address(p), c2s_peer_limits(p), timer_now_ms(s->place->timers))) {
		limit_acted(METRIC_max_login_failures_refused, c2s_carrier_address(p));
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

bool c2s_stream_query(struct stream *s, const struct stanza *iq)
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
		.peer = c2s_carrier_address(p),
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

void c2s_stream_write_features(struct stream *s, struct writer *w, bool is_logged_in)
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

void c2s_stream_write_inline(struct stream *s, struct writer *w)
{
	const struct host *h = host_find(peer_of_stream(s)->place->registry->hosts, stream_host(s));

	if (h)
		inline_feature_write(h, w);
}

void c2s_stream_write_bound(struct stream *s, const struct stanza *request, const struct node *bind, struct writer *w)
{
	inline_feature_enable(peer_of_stream(s)->session, request, bind, w);
}

static void open_session(struct c2s_peer *p)
{
	struct session_opening opening = {
		.address = stream_who(&p->stream),
		.outlet = &p->outlet,
		.peer = c2s_carrier_address(p),
		.is_secure = p->stream.is_secure,
		.is_guest = p->stream.is_guest,
		.access = c2s_peer_settings(p)->base.listen->access,
		.client = stream_client(&p->stream),
	};
	enum stanza_error e;

	e = session_open(p->place->registry, &opening, &p->session);
	if (e == STANZA_ERROR_NONE)
		c2s_carrier_of(p)->shape(p);
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
		.peer = c2s_carrier_address(p),
		.is_secure = p->stream.is_secure,
	};

	if (resumption_stream_claim(p->place->registry, &claim, &error) == RESUMPTION_STREAM_FAILS)
		stream_error_with(&p->stream, error.error, error.text, str_from(error.detail));
	else if (stream_claim(&p->stream))
		p->stream.rules->link->pause(&p->stream); /* the answer comes later */
}

void c2s_stream_take_claim(struct c2s_peer *p, struct session *session, struct str xml)
{
	p->session = session;
	p->stream.rules->link->resume(&p->stream);
	if (session)
		c2s_carrier_of(p)->shape(p);
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
	if (p->place->is_ended)
		stream_error(&p->stream, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
	else if (!host_find(p->place->registry->hosts, jid_domain(stream_who(&p->stream))))
		stream_error(&p->stream, STREAM_ERROR_HOST_GONE, NULL);
	else if (revoked_since_login(&p->stream))
		stream_error(&p->stream, STREAM_ERROR_NOT_AUTHORIZED, "the account has changed since the login began");
	else if (stream_claim(&p->stream))
		claim_session(p);
	else
		open_session(p);
}

void c2s_stream_go_home(struct stream *s)
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
	p->place = service_place_beside(p->place, home->index);
	c2s_carrier_of(p)->move(p);
}

void c2s_stream_bind(struct stream *s, struct jid address)
{
	(void)address; /* stream_who */
	c2s_stream_go_home(s);
}
