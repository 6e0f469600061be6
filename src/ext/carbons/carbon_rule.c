/* XEP-0280 §6.1 (recommended rules), §7, §11. */
#include "ext/carbons/carbon_rule.h"

#include "xmpp/node.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

#define NS_MARKERS "urn:xmpp:chat-markers:0"
#define NS_DIRECT_INVITATION "jabber:x:conference"
#define NS_JINGLE_MESSAGE "urn:xmpp:jingle-message:0"

/* Payloads that belong to conversations also where there is no body. */
static const char *const conversational[] = {NS_RECEIPTS, NS_CHATSTATES, NS_MARKERS, NS_DIRECT_INVITATION,
					     NS_JINGLE_MESSAGE};

struct content {
	bool is_private;        /* <private/>, <no-copy/>, or a copy itself */
	bool is_conversation;
	bool is_from_occupant;  /* a private message of a room: it sends its own copies */
};

static bool is_invitation(const struct stanza *s, const struct node *x)
{
	return node_find_child(s, x, "invite", NS_MUC_USER) || node_find_child(s, x, "decline", NS_MUC_USER);
}

static void look_at(const struct stanza *s, const struct node *n, struct content *c)
{
	struct str ns = node_ns(s, n);

	if (str_is(ns, NS_CARBONS) || node_is(s, n, "no-copy", NS_HINTS))
		c->is_private = true;
	if (node_is(s, n, "x", NS_MUC_USER)) {
		c->is_conversation = true;
		c->is_from_occupant |= !is_invitation(s, n);
	}
	if (str_is(node_name(s, n), "body") && str_equal(ns, node_ns(s, node_root(s))))
		c->is_conversation = true;
	for (size_t i = 0; i < sizeof(conversational) / sizeof(conversational[0]); i++)
		c->is_conversation |= str_is(ns, conversational[i]);
}

bool carbon_rule_copies(const struct stanza *s, enum carbon_rule direction)
{
	struct content c = {0};

	if (s->type == STANZA_TYPE_GROUPCHAT || s->type == STANZA_TYPE_HEADLINE || s->type == STANZA_TYPE_ERROR)
		return false;
	for (const struct node *n = node_first_child(s, node_root(s)); n; n = node_next_sibling(s, n))
		look_at(s, n, &c);
	if (c.is_private || (direction == CARBON_RULE_RECEIVED && c.is_from_occupant))
		return false;
	return s->type == STANZA_TYPE_CHAT || c.is_conversation;
}

struct stanza *carbon_rule_wrap(const struct stanza *message, struct jid from, struct jid to,
				enum carbon_rule direction)
{
	struct stanza *copy;
	struct writer w;
	struct buf b;

	buf_init(&b);
	writer_init(&w, &b);
	writer_open(&w, "message", NULL);
	if (message->type != STANZA_TYPE_NONE && message->type != STANZA_TYPE_INVALID)
		writer_attribute_text(&w, "type", stanza_type_name(message->type));
	writer_open(&w, direction == CARBON_RULE_SENT ? "sent" : "received", NS_CARBONS);
	writer_open(&w, "forwarded", NS_FORWARD);
	writer_raw(&w, STR(""));
	writer_stanza(&b, message, from, to, NS_CLIENT, true);
	writer_close(&w);
	writer_close(&w);
	writer_close(&w);
	copy = stanza_from_text(buf_str(&b), NS_CLIENT);
	buf_fini(&b);
	return copy;
}
