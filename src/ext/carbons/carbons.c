/* XEP-0280: a user's other resources see the conversations of one (mod_carboncopy). */
#include "ext/carbons/carbon_rule.h"
#include "route/host.h"
#include "route/module.h"
#include "route/registry.h"
#include "xmpp/ns.h"

static enum answer set_carbons(struct call *c, bool is_on)
{
	if (!c->session)
		return call_error(c, STANZA_ERROR_NOT_ALLOWED, NULL);
	c->session->carbons = is_on;
	return call_result(c);
}

static enum answer enable(struct call *c, const struct module *m)
{
	(void)m;
	return set_carbons(c, true);
}

static enum answer disable(struct call *c, const struct module *m)
{
	(void)m;
	return set_carbons(c, false);
}

static void enable_at_bind(const struct module *m, struct session *s, const struct module_inline_request *r)
{
	(void)m;
	if (node_is(r->element, r->node, "enable", NS_CARBONS))
		s->carbons = true;
}

static bool is_among(const struct session *s, struct session *const *some, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (some[i] == s)
			return true;
	return false;
}

static bool wants_copy(const struct session *s, struct session *const *have_it, size_t count)
{
	return s->carbons && !is_among(s, have_it, count);
}

/* A copy for every resource that asked for copies and does not have the message. */
static void copy_to_others(struct call *c, struct jid to, enum carbon_rule direction, struct session *const *have_it,
			   size_t count)
{
	struct stanza *copy = NULL;

	list_each(link, &c->user->sessions) {
		struct session *s = container_of(link, struct session, link);

		if (!wants_copy(s, have_it, count))
			continue;
		if (!copy && !carbon_rule_copies(c->stanza, direction))
			return;
		if (!copy)
			copy = carbon_rule_wrap(c->stanza, c->from, to, direction);
		session_deliver(s, copy, c->user->address, s->address);
	}
	if (copy)
		stanza_unref(&copy);
}

/* What goes to the own account is copied when it arrives there. */
static enum answer on_sent(struct call *c, const struct module *m)
{
	(void)m;
	if (c->user->session_count < 2 || !jid_is_set(c->to) || jid_bare_equal(c->to, c->user->address))
		return ANSWER_PASS;
	copy_to_others(c, c->to, CARBON_RULE_SENT, &c->session, 1);
	return ANSWER_PASS;
}

static enum answer on_received(struct call *c, const struct module *m)
{
	struct session *have_it[SESSION_CHOSEN_MAX + 1];
	size_t count;

	(void)m;
	if (c->user->session_count < 2 ||
		session_choose(c->user, c->stanza, c->to, have_it, &count) != SESSION_DELIVERED)
		return ANSWER_PASS;
	/* From one of the user's resources to another: the sender knows what it sent. */
	if (call_is_own(c) && count <= SESSION_CHOSEN_MAX)
		have_it[count++] = user_find_session(c->user, jid_resource(c->from));
	copy_to_others(c, c->to, CARBON_RULE_RECEIVED, have_it, count);
	return ANSWER_PASS;
}

static const struct option_table option_table = {
	.name = "modules.mod_carboncopy",
	.options = (const struct option[]){{0}},
	.help = "A user's other resources get copies of conversations (XEP-0280).",
};

static const char *const features[] = {NS_CARBONS, NULL};

static const struct module_query queries[] = {
	{.ns = NS_CARBONS, .name = "enable", .types = QUERY_SET, .targets = QUERY_OWN, .run = enable},
	{.ns = NS_CARBONS, .name = "disable", .types = QUERY_SET, .targets = QUERY_OWN, .run = disable},
	{0},
};

static const struct module_hook hooks[] = {
	{.run = on_sent, .side = SIDE_SENDER, .stage = STAGE_COPY, .kinds = 1 << STANZA_MESSAGE},
	{.run = on_received, .side = SIDE_RECEIVER, .stage = STAGE_COPY, .kinds = 1 << STANZA_MESSAGE},
	{0},
};

static const struct module_inline inlines[] = {{NS_CARBONS, enable_at_bind}, {0}};

const struct module_def carbons_module = {
	.name = "mod_carboncopy",
	.summary = "copies conversations to a user's other resources (XEP-0280)",
	.options = &option_table,
	.host_features = features,
	.account_features = features,
	.queries = queries,
	.hooks = hooks,
	.inlines = inlines,
};
