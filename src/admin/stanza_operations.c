/* The category "stanza": sending in the name of a user. */
#include "admin/own_operations.h"
#include "base/check.h"
#include "base/codec.h"
#include "route/registry.h"
#include "route/router.h"
#include "xmpp/ns.h"

static bool is_ours(struct operation_call *c, struct jid who)
{
	if (host_find(c->registry->hosts, jid_domain(who)))
		return true;
	operation_fail(c, "domain_not_found", "the sender must be of a domain served here, not of %.*s", STR_ARGS(jid_domain(who)));
	return false;
}

static struct stanza *make_message(const struct operation_call *c, struct jid from, struct jid to, const char *id)
{
	struct buf text;
	struct writer w;
	buf_init(&text);
	writer_init(&w, &text);
	writer_open(&w, "message", NS_CLIENT);
	writer_attribute_jid(&w, "from", from);
	writer_attribute_jid(&w, "to", to);
	writer_attribute_text(&w, "type", "chat");
	writer_attribute_text(&w, "id", id);
	writer_leaf(&w, "body", NULL, operation_str(c, "body"));
	writer_close(&w);
	struct stanza *s = stanza_try_from_text(buf_str(&text), NS_CLIENT);
	buf_fini(&text);
	return s;
}

static void run_send_message(struct operation_call *c)
{
	enum { ID_LEN = 26 };
	char id[ID_LEN + 1];
	struct arena a;
	struct jid from, to;
	arena_init(&a, 0);
	check(jid_parse(&from, operation_str(c, "from"), &a) && jid_parse(&to, operation_str(c, "to"), &a));
	if (is_ours(c, from)) {
		codec_random_text(id, ID_LEN);
		struct stanza *s = make_message(c, from, to, id);
		if (s) {
			router_send(c->registry, s, from, to);
			stanza_unref(&s);
			operation_reply(c, json_pack("{s:s}", "id", id));
		} else {
			operation_fail(c, "bad_body", "the body has characters that XML cannot carry");
		}
	}
	arena_fini(&a);
}

static const struct operation_arg args_message[] = {
	{"from", OPERATION_JID, false, NULL, "the sender, of a domain served here"},
	{"to", OPERATION_JID, false, NULL, "the receiver"},
	{"body", OPERATION_STRING, false, NULL, "the text"},
	{0},
};

static const struct operation_field sent_fields[] = {{"id", &operation_type_string, "of the stanza that was sent"}, {0}};
static const struct operation_type sent = {.name = "SendStanzaPayload", .fields = sent_fields};

const struct operation stanza_operations[] = {
	{"stanza", "sendMessage", "sends a chat message in the name of a user", args_message, OPERATION_AT_USER, OPERATION_FOR_DOMAIN_ADMIN, true,
	 run_send_message, &sent},
	{0},
};
