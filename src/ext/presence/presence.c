/* RFC 6121 §4: who is there (mod_presence). A session tells its contacts and the user's other resources when it comes,
 * changes and goes; it learns about them by asking (probes). What a presence does to a subscription is not decided
 * here: see the roster. */
#include "ext/presence/directed.h"
#include "route/contacts.h"
#include "route/host.h"
#include "route/module.h"
#include "route/registry.h"
#include "route/router.h"
#include "xmpp/ns.h"

const struct module_def presence_module;

/* §4.7.2.3: a number from -128 to 127. */
static bool priority_is_valid(struct call *c)
{
	const struct stanza *s = c->stanza;
	const struct node *priority = node_find_child(s, node_root(s), "priority", NULL);
	int64_t number;

	return !priority || str_to_int(str_trim(node_text(s, priority, &c->arena)), INT8_MIN, INT8_MAX, &number);
}

static struct directed **directed_of(struct session *s)
{
	return (struct directed **)session_slot(s, &presence_module);
}

/* To everybody who may see the user. */
static void send_to_contacts(struct user *u, struct stanza *presence, struct jid from)
{
	struct contact contact;
	size_t cursor = 0;

	while (contacts_next(u, &cursor, &contact))
		if ((contact.flags & CONTACT_SEES_USER) && !contacts_is_blocked(u, contact.address))
			router_send(u->registry, presence, from, jid_bare(contact.address));
}

/* To the user's available resources; NULL for `but`: all of them. */
static void send_to_own(struct user *u, const struct stanza *presence, struct jid from, const struct session *but)
{
	list_each(link, &u->sessions) {
		struct session *s = container_of(link, struct session, link);

		if (s != but && s->presence)
			session_deliver(s, presence, from, u->address);
	}
}

/* To those who saw the session by directed presence only; they are forgotten. */
static void send_to_directed(struct session *s, struct stanza *presence)
{
	struct directed **directed = directed_of(s);
	struct arena a;
	struct jid to;
	struct str text;
	size_t cursor = 0;

	if (!*directed)
		return;
	arena_init(&a, 0);
	while ((text = directed_next(*directed, &cursor)).data)
		if (jid_parse(&to, text, &a) && !(s->presence && (contacts_flags_of(s->user, to) & CONTACT_SEES_USER)))
			router_send(s->registry, presence, s->address, to);
	arena_fini(&a);
	directed_free(directed);
}

/* §4.2.2, §4.3.1: the session learns who of the others is there. */
static void ask_around(struct session *s)
{
	struct user *u = s->user;
	struct stanza *probe = NULL;
	struct contact contact;
	size_t cursor = 0;

	list_each(link, &u->sessions) {
		struct session *other = container_of(link, struct session, link);

		if (other != s && other->presence)
			session_deliver(s, other->presence, other->address, u->address);
	}
	while (contacts_next(u, &cursor, &contact)) {
		if (!(contact.flags & CONTACT_SEEN_BY_USER) || contacts_is_blocked(u, contact.address))
			continue;
		if (!probe)
			probe = stanza_from_text(STR("<presence type='probe'/>"), NS_CLIENT);
		router_send(s->registry, probe, s->address, jid_bare(contact.address));
	}
	if (probe)
		stanza_unref(&probe);
}

/* Most sessions have little else. */
static bool keep_presence(struct session *s, const struct stanza *presence)
{
	struct stanza *kept = stanza_copy(presence);
	bool is_reachable = session_set_presence(s, kept);

	stanza_unref(&kept);
	return is_reachable;
}

/* §4.2.2 and §4.4.2. The session sees its own presence, too. */
static enum answer announce(struct call *c)
{
	struct session *s = c->session;
	bool is_first = !s->presence;

	if (!priority_is_valid(c))
		return call_error(c, STANZA_ERROR_BAD_REQUEST, "priority must be a number from -128 to 127");
	/* Also below zero: there is something for it, though no messages. */
	c->became_available = keep_presence(s, c->stanza) || is_first;
	send_to_own(c->user, c->stanza, s->address, NULL);
	send_to_contacts(c->user, c->stanza, s->address);
	if (is_first)
		ask_around(s);
	return ANSWER_DONE;
}

/* §4.5.2 */
static enum answer withdraw(struct call *c)
{
	struct session *s = c->session;

	if (s->presence) {
		send_to_own(c->user, c->stanza, s->address, NULL);
		send_to_contacts(c->user, c->stanza, s->address);
	}
	send_to_directed(s, c->stanza);
	session_set_presence(s, c->stanza);
	return ANSWER_DONE;
}

static enum answer broadcast(struct call *c)
{
	switch (c->stanza->type) {
	case STANZA_TYPE_NONE:
		return announce(c);
	case STANZA_TYPE_UNAVAILABLE:
		return withdraw(c);
	case STANZA_TYPE_ERROR:
		return ANSWER_DONE;
	default: /* something that is for somebody */
		return call_error(c, STANZA_ERROR_BAD_REQUEST, NULL);
	}
}

/* §4.6.3. On its way it goes by itself. */
static enum answer note_directed(struct call *c)
{
	struct session *s = c->session;
	struct directed **directed = directed_of(s);

	if (c->stanza->type == STANZA_TYPE_UNAVAILABLE) {
		directed_remove(directed, jid_str(c->to));
	} else if (c->stanza->type == STANZA_TYPE_NONE) {
		if (!priority_is_valid(c))
			return call_error(c, STANZA_ERROR_BAD_REQUEST, "priority must be a number from -128 to 127");
		if (s->presence && (contacts_flags_of(c->user, c->to) & CONTACT_SEES_USER))
			return ANSWER_PASS;
		if (!directed_add(directed, jid_str(c->to)))
			return call_error(c, STANZA_ERROR_RESOURCE_CONSTRAINT, "too many directed presences");
	}
	return ANSWER_PASS;
}

static enum answer on_sent(struct call *c, const struct module *m)
{
	(void)m;
	if (!c->session || !c->session->user)
		return ANSWER_PASS;
	return jid_is_set(c->to) ? note_directed(c) : broadcast(c);
}

static bool is_here(const struct session *s, struct jid asked_for)
{
	return s->presence && (jid_is_bare(asked_for) || jid_equal(asked_for, s->address));
}

/* §4.3.2 */
static enum answer answer_probe(struct call *c)
{
	struct stanza *gone;
	bool is_seen = false;

	list_each(link, &c->user->sessions) {
		struct session *s = container_of(link, struct session, link);

		if (!is_here(s, c->to))
			continue;
		router_send(c->registry, s->presence, s->address, c->from);
		is_seen = true;
	}
	if (is_seen)
		return ANSWER_DONE;
	gone = stanza_from_text(STR("<presence type='unavailable'/>"), NS_CLIENT);
	router_send(c->registry, gone, c->to, c->from);
	stanza_unref(&gone);
	return ANSWER_DONE;
}

/* RFC 6121 §4.3.2. A server elsewhere that thinks its user may see ours is put right, whether there is such an account or not; a request that
 * still waits must not be taken for refused. Our own users get no answer: their rosters are here, and there is nothing to put right. */
static enum answer refuse_probe(struct call *c, unsigned flags)
{
	struct stanza *refusal;

	if ((flags & CONTACT_ASKS) || host_find(c->host->set, jid_domain(c->from)))
		return ANSWER_DONE;
	refusal = stanza_from_text(STR("<presence type='unsubscribed'/>"), NS_CLIENT);
	router_send(c->registry, refusal, c->user->address, jid_bare(c->from));
	stanza_unref(&refusal);
	return ANSWER_DONE;
}

static enum answer on_received(struct call *c, const struct module *m)
{
	unsigned flags;

	(void)m;
	if (c->stanza->type != STANZA_TYPE_PROBE)
		return ANSWER_PASS;
	flags = contacts_flags_of(c->user, c->from);
	return call_is_own(c) || (flags & CONTACT_SEES_USER) ? answer_probe(c) : refuse_probe(c, flags);
}

/* What follows needs to know the contacts. */
static enum answer prepare_sent(struct call *c, const struct module *m)
{
	(void)m;
	return contacts_load(c);
}

static enum answer prepare_received(struct call *c, const struct module *m)
{
	(void)m;
	return c->stanza->type == STANZA_TYPE_PROBE ? contacts_load(c) : ANSWER_PASS;
}

/* §4.5.2: the server says it for a session that ended without a word. */
static void on_session_closing(const struct module *m, struct session *s)
{
	struct stanza *gone;

	(void)m;
	if (!s->presence && !*directed_of(s))
		return;
	gone = stanza_from_text(STR("<presence type='unavailable'/>"), NS_CLIENT);
	if (s->presence) {
		send_to_own(s->user, gone, s->address, s);
		send_to_contacts(s->user, gone, s->address);
	}
	send_to_directed(s, gone);
	stanza_unref(&gone);
}

static void on_session_free(struct session *s, void *state)
{
	struct directed *d = state;

	(void)s;
	directed_free(&d);
}

static const struct option_table option_table = {
	.name = "modules.mod_presence",
	.options = (const struct option[]){{0}},
	.help = "Presence (RFC 6121 section 4). Without it nobody is seen, and messages to bare addresses reach nobody.",
};

static const struct module_hook hooks[] = {
	{.run = prepare_sent, .side = SIDE_SENDER, .stage = STAGE_ACCEPT, .kinds = 1 << STANZA_PRESENCE},
	{.run = on_sent, .side = SIDE_SENDER, .stage = STAGE_DELIVER, .kinds = 1 << STANZA_PRESENCE},
	{.run = prepare_received, .side = SIDE_RECEIVER, .stage = STAGE_ACCEPT, .kinds = 1 << STANZA_PRESENCE},
	{.run = on_received, .side = SIDE_RECEIVER, .stage = STAGE_DELIVER, .kinds = 1 << STANZA_PRESENCE},
	{0},
};

const struct module_def presence_module = {
	.name = "mod_presence",
	.summary = "tells contacts who is there (RFC 6121)",
	.options = &option_table,
	.hooks = hooks,
	.session_closing = on_session_closing,
	.has_session_state = true,
	.session_free = on_session_free,
};
