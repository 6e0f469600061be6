#include "route/forgery.h"

#include "xmpp/node.h"
#include "xmpp/ns.h"
#include "xmpp/strip.h"

static bool is_domain_of_ours(const struct host_set *hosts, struct str domain)
{
	while (domain.len > 0) {
		if (host_find(hosts, domain))
			return true;
		str_split(domain, '.', &domain);
	}
	return false;
}

/* Does the attribute name somebody here for whom the sender cannot speak? What cannot be an address names nobody. A domain speaks for all that
 * is in it, but a user of ours only for himself, and that not about ids of stanzas. */
static bool is_ours(const struct stanza *s, const struct node *n, const char *attribute, const struct forgery_source *from)
{
	struct arena scratch;
	struct str text;
	struct jid who;
	bool is_ours;

	arena_init(&scratch, 0);
	text = node_attribute(s, n, attribute, &scratch);
	is_ours = text.data && jid_parse(&who, text, &scratch) && is_domain_of_ours(from->hosts, jid_domain(who)) &&
		  (from->is_client || !str_equal(jid_domain(who), jid_domain(from->sender)));
	arena_fini(&scratch);
	return is_ours;
}

static bool is_sender(const struct stanza *s, const struct node *n, const char *attribute, const struct forgery_source *from)
{
	struct arena scratch;
	struct jid who;
	bool is_sender;

	arena_init(&scratch, 0);
	is_sender = jid_parse(&who, node_attribute(s, n, attribute, &scratch), &scratch) && jid_bare_equal(who, from->sender);
	arena_fini(&scratch);
	return is_sender;
}

static bool has_attribute(const struct stanza *s, const struct node *n, const char *attribute)
{
	return node_attribute_raw(s, n, attribute).data != NULL;
}

static bool is_stamp(const struct stanza *s, const struct node *n)
{
	return node_is(s, n, "delay", NS_DELAY) || node_is(s, n, "x", NS_DELAY_OLD);
}

static bool is_forged(const struct stanza *s, const struct node *n, const void *context)
{
	const struct forgery_source *from = context;

	if (node_is(s, n, "stanza-id", NS_STANZA_ID))
		return is_ours(s, n, "by", from);
	if (node_is(s, n, "occupant-id", NS_OCCUPANT_ID))
		return has_attribute(s, n, "by") ? is_ours(s, n, "by", from) : from->is_client;
	if (is_stamp(s, n))
		return is_ours(s, n, "from", from) && !is_sender(s, n, "from", from);
	return node_is(s, n, "received", NS_CARBONS) || node_is(s, n, "sent", NS_CARBONS);
}

void forgery_strip(struct stanza **s, const struct forgery_source *from)
{
	struct stanza *rest;

	if ((*s)->kind != STANZA_MESSAGE && (*s)->kind != STANZA_PRESENCE)
		return;
	rest = strip_children(*s, is_forged, from);
	if (!rest)
		return;
	stanza_unref(s);
	*s = rest;
}
