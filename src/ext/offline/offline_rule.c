/* XEP-0160 §3, XEP-0334, and RFC 6121 §8.5.2.2.1. */
#include "ext/offline/offline_rule.h"

#include "xmpp/node.h"
#include "xmpp/ns.h"

/* What a message is about, as far as keeping it goes. */
struct content {
	bool is_wanted;     /* <store/> */
	bool is_unwanted;   /* <no-store/> */
	bool has_state;     /* a chat state */
	bool has_substance; /* anything else, but for the thread */
};

static void look_at(const struct stanza *s, const struct node *n, struct content *c)
{
	struct str ns = node_ns(s, n), name = node_name(s, n);

	if (str_is(ns, NS_HINTS)) {
		c->is_wanted |= str_is(name, "store");
		c->is_unwanted |= str_is(name, "no-store");
	} else if (str_is(ns, NS_CHATSTATES)) {
		c->has_state = true;
	} else if (!str_is(name, "thread")) {
		c->has_substance = true;
	}
}

static bool type_is_kept(enum stanza_type type, bool keeps_groupchat)
{
	switch (type) {
	case STANZA_TYPE_ERROR:
	case STANZA_TYPE_HEADLINE:
		return false;
	case STANZA_TYPE_GROUPCHAT:
		return keeps_groupchat;
	default: /* a type nobody knows is normal (RFC 6121 §5.2.2) */
		return true;
	}
}

enum offline_rule offline_rule_for(const struct stanza *s, bool keeps_groupchat)
{
	struct content c = {0};

	if (!type_is_kept(s->type, keeps_groupchat))
		return OFFLINE_RULE_REFUSE;
	for (const struct node *n = node_first_child(s, node_root(s)); n; n = node_next_sibling(s, n))
		look_at(s, n, &c);
	if (c.is_wanted)
		return OFFLINE_RULE_KEEP;
	if (c.has_state && !c.has_substance)
		return OFFLINE_RULE_DROP;
	return c.has_substance && !c.is_unwanted ? OFFLINE_RULE_KEEP : OFFLINE_RULE_REFUSE;
}
