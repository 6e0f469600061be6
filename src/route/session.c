#include "route/session.h"

#include <stdlib.h>

#include "auth/guest.h"
#include "base/check.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "route/eviction.h"
#include "route/host.h"
#include "route/module.h"
#include "route/registry.h"
#include "route/resumption.h"
#include "route/settlement.h"
#include "route/unsent.h"
#include "route/source.h"
#include "store/store.h"
#include "xmpp/ns.h"

/* Without a rule max_user_sessions. */
enum { SESSIONS_MAX = 100 };

void session_ref(struct session *s)
{
	s->refs++;
}

void session_unref(struct session **session)
{
	struct session *s = *session;

	*session = NULL;
	check(s->refs > 0);
	if (--s->refs > 0)
		return;
	check(!s->user && list_is_empty(&s->held));
	for (const struct module_def *const *def = module_all(); *def; def++)
		if ((*def)->has_session_state && (*def)->session_free && *session_slot(s, *def))
			(*def)->session_free(s, *session_slot(s, *def));
	free(s);
}

void **session_slot(struct session *s, const struct module_def *def)
{
	return &s->slots[module_session_slot(def)];
}

static struct access_subject subject_of(const struct host *h, struct jid who)
{
	return (struct access_subject){jid_local(who), jid_domain(who), jid_resource(who), h->name};
}

static int64_t sessions_max(const struct host *h, struct jid who)
{
	struct access_subject subject = subject_of(h, who);
	struct access_value value = access_ask(h->config->access, STR("max_user_sessions"), &subject);

	if (value.kind != ACCESS_NUMBER)
		return SESSIONS_MAX;
	/* No more than can be chosen for a stanza, also when the rule says "infinity". */
	if (value.number > SESSION_CHOSEN_MAX)
		return SESSION_CHOSEN_MAX;
	return value.number > 0 ? value.number : 1;
}

/* In the user and in the registry, with one reference for them and one for who opened it. */
static struct session *new_session(struct user *u, const struct session_opening *o)
{
	struct registry *r = u->registry;
	size_t slots_size = (size_t)module_session_slot_count() * sizeof(void *), len = jid_len(o->address);
	struct session *s = mem_new(sizeof(*s) + slots_size + len + 1);
	char *text = (char *)s->slots + slots_size;

	memcpy(text, o->address.text, len);
	s->address = o->address;
	s->address.text = text;
	s->refs = 2;
	s->registry = r;
	s->user = u;
	s->outlet = o->outlet;
	s->peer = o->peer;
	s->is_secure = o->is_secure;
	s->is_guest = o->is_guest;
	s->opened_s = (uint32_t)(store_now_ms() / 1000);
	list_init(&s->held);
	do
		s->id = ++r->last_session_id & ~(uint32_t)SOURCE_IS;
	while (registry_find_session(r, s->id));
	map_add(&r->sessions, s);
	list_append(&u->sessions, &s->link);
	return s;
}

static void end_earlier(struct user *u, const struct session_opening *o)
{
	list_each(link, &u->sessions) {
		struct session *s = container_of(link, struct session, link);
		struct str resource = jid_resource(s->address);

		if (str_equal(resource, jid_resource(o->address)) || (o->client.len && str_ends_with(resource, o->client)))
			session_kick(s, STREAM_ERROR_CONFLICT, "Replaced by a new session");
	}
}

static void make_room(struct user *u, const struct session_opening *o)
{
	int64_t max = sessions_max(u->host, o->address);

	end_earlier(u, o);
	while (u->session_count >= max) {
		limit_acted_on(METRIC_max_user_sessions_exceeded, jid_bare_str(o->address));
		session_kick(container_of(u->sessions.next, struct session, link), STREAM_ERROR_CONFLICT,
			     "Too many sessions of this account");
	}
}

/* Somebody else may have come with the name since it was asked for. */
static bool is_taken(const struct registry *r, const struct host *h, const struct session_opening *o)
{
	const struct config_auth_anonymous *a = h->config->auth->anonymous;
	const struct user *u = o->is_guest && !(a && a->allow_multiple_connections) ? registry_find_user(r, jid_bare_str(o->address)) : NULL;

	return u && u->session_count > 0;
}

enum stanza_error session_open(struct registry *r, const struct session_opening *o, struct session **out)
{
	const struct host *h = host_find(r->hosts, jid_domain(o->address));
	struct access_subject subject = h ? subject_of(h, o->address) : (struct access_subject){0};

	check(o->address.local_len > 0 && o->address.resource_len > 0);
	*out = NULL;
	if (!h || !access_allows(h->config->access, o->access, &subject) || is_taken(r, h, o))
		return STANZA_ERROR_NOT_ALLOWED;

	bool was_running = registry_hold(r);
	struct user *u = registry_get_user(r, jid_bare(o->address));

	user_keep(u);
	make_room(u, o);
	u->existence = USER_EXISTS;
	*out = new_session(u, o);
	u->session_count++;
	u->keeps--;
	r->session_count++;
	if (o->is_guest)
		guest_arrive(&r->realm->accounts, o->address);
	metric_add(METRIC_sessions, 1);
	metric_add(METRIC_sessions_opened, 1);
	for (size_t i = 0; i < h->module_count; i++)
		if (h->modules[i].def->session_opened)
			h->modules[i].def->session_opened(&h->modules[i], *out);
	log_event(LOG_INFO, "session", "session opened", LOG_STR("jid", jid_str((*out)->address)), LOG_NUM("loop", r->index));
	registry_let_run(r, was_running);
	return STANZA_ERROR_NONE;
}

/* Nothing of a guest stays. Its modules are told as when an account is deleted; what they read is read before it goes. */
static void forget_guest(struct user *u)
{
	user_keep(u);
	if (u->session_count == 0)
		eviction_prepare(u->registry, u->address);
	guest_leave(&u->registry->realm->accounts, u->address, u->registry->mailbox);
	u->keeps--;
}

/* The session leaves its user; the reference of who opened it stays. */
static void leave(struct session *s)
{
	struct user *u = s->user;
	struct registry *r = s->registry;
	bool was_running = registry_hold(r);

	for (size_t i = 0; i < u->host->module_count; i++)
		if (u->host->modules[i].def->session_closing)
			u->host->modules[i].def->session_closing(&u->host->modules[i], s);
	log_event(LOG_INFO, "session", "session closed", LOG_STR("jid", jid_str(s->address)));
	settlement_release(s);
	list_remove(&s->link);
	map_take(&r->sessions, str_make((const char *)&s->id, sizeof(s->id)));
	u->session_count--;
	unsent_end(s);
	if (s->resumption)
		resumption_end(s->resumption);
	r->session_count--;
	metric_add(METRIC_sessions, -1);
	s->user = NULL;
	s->outlet = NULL;
	if (s->presence)
		stanza_unref(&s->presence);
	if (s->is_guest)
		forget_guest(u);
	registry_release_user(u);
	session_unref(&s);
	registry_let_run(r, was_running);
}

void session_close(struct session *s)
{
	s->outlet = NULL;
	if (s->user)
		leave(s);
	session_unref(&s);
}

void session_lost(struct session *s)
{
	s->outlet = NULL;
	if (!s->user || !s->resumption || !resumption_detach(s->resumption))
		session_close(s);
}

void session_kick(struct session *s, enum stream_error e, const char *text)
{
	/* The reference of the link that it lost. */
	struct session *lost = s->resumption && s->resumption->is_detached ? s : NULL;

	session_ref(s);
	if (s->outlet) {
		struct outlet *o = s->outlet;

		s->outlet = NULL;
		o->ops->end(o, e, text);
	}
	if (s->user)
		leave(s);
	if (lost)
		session_unref(&lost);
	session_unref(&s);
}

void session_deliver(struct session *s, const struct stanza *stanza, struct jid from, struct jid to)
{
	if (s->resumption)
		resumption_deliver(s->resumption, stanza, from, to);
	else if (s->outlet)
		s->outlet->ops->send(s->outlet, stanza, from, to);
}

void session_deliver_call(struct session *s, struct call *c)
{
	if (s->resumption) {
		resumption_deliver_call(s->resumption, c);
	} else if (s->outlet) {
		bool is_stuck = s->outlet->ops->is_stuck && s->outlet->ops->is_stuck(s->outlet);

		s->outlet->ops->send(s->outlet, c->stanza, c->from, c->to);
		/* Too much of it may have ended the connection. */
		if (!is_stuck || !s->outlet || !unsent_add(s, c))
			c->is_taken = true;
	}
}

void session_deliver_kept(struct session *s, struct stanza *message, int64_t number)
{
	if (s->resumption)
		resumption_deliver_kept(s->resumption, message, number);
	else
		session_deliver(s, message, message->from, message->to);
}

void session_remind(struct session *s)
{
	if (s->resumption)
		s->resumption->is_reminded = true;
}

void session_await_written(struct session *s, struct outlet_wait *w)
{
	if (s->outlet && s->outlet->ops->await_sent)
		s->outlet->ops->await_sent(s->outlet, w);
	else
		w->run(w, s->outlet != NULL);
}

void session_await_sent(struct session *s, struct outlet_wait *w)
{
	if (s->resumption)
		resumption_await_sent(s->resumption, w);
	else
		session_await_written(s, w);
}

void session_deliver_text(struct session *s, struct str xml)
{
	struct stanza *stanza = stanza_from_text(xml, NS_CLIENT);

	session_deliver(s, stanza, stanza->from, stanza->to);
	stanza_unref(&stanza);
}

/* RFC 6121 §4.7.2.3; what is no number from -128 to 127 is none. */
static int8_t priority_of(const struct stanza *presence)
{
	const struct node *element = node_find_child(presence, node_root(presence), "priority", NULL);
	struct arena scratch;
	int64_t priority = 0;

	if (!element)
		return 0;
	arena_init(&scratch, 64);
	if (!str_to_int(str_trim(node_text(presence, element, &scratch)), INT8_MIN, INT8_MAX, &priority))
		priority = 0;
	arena_fini(&scratch);
	return (int8_t)priority;
}

bool session_set_presence(struct session *s, struct stanza *presence)
{
	bool was_reachable = s->presence && s->priority >= 0;

	if (!s->user)
		return false;
	if (s->presence)
		stanza_unref(&s->presence);
	s->priority = 0;
	if (presence->type != STANZA_TYPE_NONE)
		return false;
	stanza_ref(presence);
	s->presence = presence;
	s->priority = priority_of(presence);
	return s->priority >= 0 && !was_reachable;
}

static bool gets_messages(const struct session *s)
{
	return s->presence && s->priority >= 0;
}

static bool gets_presence(const struct session *s)
{
	return s->presence;
}

static enum session_choice choose_all(struct user *u, bool (*gets)(const struct session *), struct session **chosen, size_t *count_out)
{
	*count_out = 0;
	list_each(link, &u->sessions) {
		struct session *s = container_of(link, struct session, link);

		if (gets(s) && *count_out < SESSION_CHOSEN_MAX)
			chosen[(*count_out)++] = s;
	}
	return *count_out > 0 ? SESSION_DELIVERED : SESSION_IGNORE;
}

/* A message that goes to the account: to all who may get it, or to the store. */
enum session_choice session_choose_reachable(struct user *u, struct session **chosen, size_t *count_out)
{
	return choose_all(u, gets_messages, chosen, count_out) == SESSION_DELIVERED ? SESSION_DELIVERED : SESSION_TO_STORE;
}

/* RFC 6121 §8.5.2.1.1, §8.5.2.2.1 */
static enum session_choice choose_for_bare(struct user *u, const struct stanza *s, struct session **chosen, size_t *count_out)
{
	if (s->kind == STANZA_PRESENCE)
		return s->type == STANZA_TYPE_NONE || s->type == STANZA_TYPE_UNAVAILABLE ?
			       choose_all(u, gets_presence, chosen, count_out) :
			       SESSION_IGNORE;
	switch (s->type) {
	case STANZA_TYPE_GROUPCHAT:
		return SESSION_REFUSE;
	case STANZA_TYPE_HEADLINE:
		return choose_all(u, gets_messages, chosen, count_out);
	case STANZA_TYPE_ERROR:
		return SESSION_IGNORE;
	default: /* chat, normal, and whatever is not known: normal (§5.2.2) */
		return session_choose_reachable(u, chosen, count_out);
	}
}

/* RFC 6121 §8.5.3.2.1: a full address that nobody has; chat goes to the account instead. */
static enum session_choice choose_for_missing(struct user *u, const struct stanza *s, struct session **chosen, size_t *count_out)
{
	if (s->kind == STANZA_PRESENCE)
		return SESSION_IGNORE;
	switch (s->type) {
	case STANZA_TYPE_CHAT:
		return session_choose_reachable(u, chosen, count_out);
	case STANZA_TYPE_HEADLINE:
	case STANZA_TYPE_ERROR:
		return SESSION_IGNORE;
	default:
		return SESSION_REFUSE;
	}
}

/* Subscriptions and probes are for the account, whatever resource they name (RFC 6121 §8.5.3.1 and §3). */
static bool is_for_account(const struct stanza *s)
{
	return s->kind == STANZA_PRESENCE && s->type >= STANZA_TYPE_SUBSCRIBE && s->type <= STANZA_TYPE_PROBE;
}

enum session_choice session_choose(struct user *u, const struct stanza *s, struct jid to, struct session **chosen, size_t *count_out)
{
	struct session *same;

	*count_out = 0;
	if (is_for_account(s))
		return SESSION_IGNORE;
	if (jid_is_bare(to))
		return choose_for_bare(u, s, chosen, count_out);
	same = user_find_session(u, jid_resource(to));
	if (!same)
		return choose_for_missing(u, s, chosen, count_out);
	chosen[0] = same;
	*count_out = 1;
	return SESSION_DELIVERED;
}
