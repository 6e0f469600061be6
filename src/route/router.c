#include "route/router.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/limit.h"
#include "base/mem.h"
#include "route/annex.h"
#include "route/builtin.h"
#include "route/forgery.h"
#include "route/module.h"
#include "route/outbox.h"
#include "route/resumption.h"
#include "route/settlement.h"
#include "xmpp/ns.h"

/* Calls that wait for one user. A receiver whose storage lags behind gets no more than this. */
enum { CALLS_MAX = 10000 };

/* Connections of components that a call may miss because they have just gone. */
enum { DETOURS_MAX = 3 };

bool router_may_bounce(const struct stanza *s)
{
	switch (s->kind) {
	case STANZA_MESSAGE:
		return s->type != STANZA_TYPE_ERROR;
	case STANZA_PRESENCE:
		return s->type == STANZA_TYPE_SUBSCRIBE || s->type == STANZA_TYPE_INVALID;
	case STANZA_IQ:
		return s->type != STANZA_TYPE_ERROR && s->type != STANZA_TYPE_RESULT;
	default:
		return false;
	}
}

/* Ends a call that goes nowhere. */
static void refuse(struct call *c, enum stanza_error e)
{
	router_bounce(c->registry, c->stanza, c->to, c->from, e);
	call_free(&c);
}

static void send_abroad(struct call *c)
{
	const struct realm *realm = c->registry->realm;

	if (!realm->send_abroad) {
		refuse(c, STANZA_ERROR_REMOTE_SERVER_NOT_FOUND);
		return;
	}
	realm->send_abroad(c->registry, c);
}

static void start_at_host(struct call *c, const struct host *h)
{
	c->host = h;
	c->hosts = registry_use_hosts(c->registry->kept_hosts);
	c->side = SIDE_RECEIVER;
	registry_make_call_runnable(c);
	registry_run(c->registry);
}

/* Does it matter to a user who is not here, so has no sessions? A probe of one of our own users does not: who comes online takes everybody
 * for offline. This is what makes a login with many absent contacts cheap. */
static bool matters_to_absent(const struct call *c)
{
	if (c->stanza->kind == STANZA_PRESENCE && c->stanza->type == STANZA_TYPE_PROBE)
		return !host_find(c->registry->hosts, jid_domain(c->from));
	return c->is_promised || builtin_needs_account(c->stanza);
}

static void start_at_user(struct call *c)
{
	struct user *u = registry_find_user(c->registry, jid_bare_str(c->to));

	if (!u && !matters_to_absent(c)) {
		call_free(&c);
		return;
	}
	u = u ? u : registry_get_user(c->registry, c->to);
	if (u->call_count >= CALLS_MAX) {
		limit_acted_on(METRIC_user_queue_exceeded, jid_bare_str(c->to));
		refuse(c, STANZA_ERROR_RESOURCE_CONSTRAINT);
		return;
	}
	c->user = u;
	c->side = SIDE_RECEIVER;
	registry_enqueue(c);
}

/* To whoever has the domain: here, on another loop, or abroad when nobody has it any more. The table of this loop may not know yet that
 * a connection has gone; detours come to an end. */
static void start_at_annex(struct call *c)
{
	enum stanza_error e = STANZA_ERROR_NONE;

	while (!annex_deliver(c, &e)) {
		struct registry *other = c->detours++ < DETOURS_MAX ? annex_choose(c) : NULL;

		if (!other) {
			send_abroad(c);
			return;
		}
		if (other != c->registry) {
			outbox_add(c->registry, other, c);
			return;
		}
	}
	if (e != STANZA_ERROR_NONE)
		router_bounce(c->registry, c->stanza, c->to, c->from, e);
	call_free(&c);
}

void router_arrive(struct call *c)
{
	if (c->annex)
		start_at_annex(c);
	else if (host_find(c->registry->hosts, jid_domain(c->to)))
		start_at_user(c);
	else
		send_abroad(c); /* it was ours when the call left */
}

/* `sender`: the session that counts it, if known already. */
static void start(struct call *c, struct session *sender, struct call_origin origin)
{
	struct registry *r = c->registry;
	const struct host *h = host_find(r->hosts, jid_domain(c->to));
	struct registry *home = r, *annex = h ? NULL : annex_choose(c);

	if (annex)
		home = annex;
	else if (!h)
		home = realm_home_of(r->realm, jid_domain(c->to)); /* abroad */
	else if (c->to.local_len > 0)
		home = realm_home_of(r->realm, jid_bare_str(c->to));
	c->side = SIDE_RECEIVER;
	c->origin = origin;
	if (sender)
		settlement_count(c, sender, home != r);
	else
		settlement_count_origin(c, origin, home != r);
	if (home != r)
		outbox_add(r, home, c);
	else if (annex)
		start_at_annex(c);
	else if (!h)
		send_abroad(c);
	else if (c->to.local_len > 0)
		start_at_user(c);
	else
		start_at_host(c, h);
}

void router_send_from(struct registry *r, struct stanza *s, struct jid from, struct jid to, struct call_origin origin)
{
	check(jid_is_set(to));
	start(call_new(r, s, from, to), NULL, origin);
}

void router_send(struct registry *r, struct stanza *s, struct jid from, struct jid to)
{
	router_send_from(r, s, from, to, (struct call_origin){.registry = -1});
}

void router_return(struct registry *r, const struct stanza *s, const struct router_return *how)
{
	struct stanza *error;
	struct call *c;
	struct buf xml;

	if (!router_may_bounce(s))
		return;
	buf_init(&xml);
	writer_stanza_error(&xml, s, how->from, how->to, how->error, STR_NONE);
	error = stanza_from_text(buf_str(&xml), NS_CLIENT);
	c = call_new(r, error, how->from, how->to);
	c->is_promised = how->is_promised;
	start(c, NULL, how->origin);
	stanza_unref(&error);
	buf_fini(&xml);
}

void router_bounce(struct registry *r, const struct stanza *s, struct jid from, struct jid to, enum stanza_error e)
{
	router_return(r, s, &(struct router_return){.from = from, .to = to, .error = e, .origin.registry = -1});
}

void router_forward(struct call *c, struct jid to)
{
	start(call_new(c->registry, c->stanza, c->from, to), c->session, c->origin);
}

void router_start(struct call *c, struct session *s)
{
	c->side = SIDE_SENDER;
	c->user = s->user;
	c->session = s;
	session_ref(s);
	c->origin.registry = s->registry->index;
	c->origin.session = s->id;
	c->origin.load = c->stanza->len / 1024;
	settlement_queued(c);
	registry_enqueue(c);
}

void router_receive(struct session *s, struct stanza *stanza)
{
	if (!s->user) {
		stanza_unref(&stanza);
		return;
	}

	forgery_strip(&stanza, &(struct forgery_source){s->registry->hosts, s->address, .is_client = true});

	struct call *c = call_new(s->registry, stanza, s->address, stanza->to);

	stanza_unref(&stanza);
	if (s->resumption)
		c->origin.number = resumption_receive(s->resumption);
	router_start(c, s);
}

void router_remind(struct session *s)
{
	struct call *c;

	if (!s->user || !s->presence || s->priority < 0)
		return;
	c = call_new(s->registry, s->presence, s->address, JID_NONE);
	c->stage = STAGE_AVAILABLE;
	router_start(c, s);
}

bool router_is_backed_up(const struct session *s)
{
	return s->is_backed_up;
}

bool router_login_query(struct login_query *q)
{
	const struct node *payload = stanza_payload(q->stanza);

	if (!payload)
		return false;

	const struct module_login_query *query =
		host_find_login_query(q->host, node_ns(q->stanza, payload), node_name(q->stanza, payload), &q->module);

	if (!query)
		return false;
	query->run(q);
	return true;
}

struct post {
	struct letter letter;
	struct registry *registry;
	void (*run)(struct registry *r, void *context);
	void *context;
};

static void on_post(struct letter *l)
{
	struct post *p = container_of(l, struct post, letter);

	p->run(p->registry, p->context);
	free(p);
}

void router_post_to_all(struct realm *realm, void (*run)(struct registry *r, void *context), void *context)
{
	for (int i = 0; i < realm->count; i++) {
		struct post *p = mem_new(sizeof(*p));

		*p = (struct post){{NULL, on_post}, realm->registries[i], run, context};
		mailbox_post(p->registry->mailbox, &p->letter);
	}
}
