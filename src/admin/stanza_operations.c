/* The category "stanza": sending in the name of a user. What is sent passes all that passes what a client of that user sends. */
#include <stdlib.h>
#include <string.h>

#include "admin/own_operations.h"
#include "base/check.h"
#include "base/codec.h"
#include "base/mem.h"
#include "route/errand.h"
#include "route/forgery.h"
#include "xmpp/ns.h"

struct sending {
	struct errand errand;
	struct arena arena;
	struct operation_call *call;
	struct str id;
};

static struct sending *sending_new(struct operation_call *c)
{
	struct sending *s = mem_new(sizeof(*s));

	*s = (struct sending){.call = c, .errand = {.asker = c->registry, .leaves_answer = true}};
	arena_init(&s->arena, 0);
	return s;
}

static void sending_free(struct sending *s)
{
	if (s->errand.stanza)
		stanza_unref(&s->errand.stanza);
	errand_fini(&s->errand);
	arena_fini(&s->arena);
	free(s);
}

/* What others answer to it they answer to the user. */
static void on_sent(struct errand *e)
{
	struct sending *s = container_of(e, struct sending, errand);

	if (errand_is_done(e))
		operation_reply(s->call, s->id.len ? json_pack("{s:s%}", "id", s->id.data, s->id.len) : json_pack("{s:n}", "id"));
	else
		errand_fail(e, s->call);
	sending_free(s);
}

static void post(struct sending *s)
{
	s->errand.on_done = on_sent;
	errand_post(&s->errand);
}

/* False: somebody else than the caller is meant. Administrators have no `caller`. */
static bool is_own(const struct operation_call *c, struct jid from)
{
	struct str caller = operation_str(c, "caller");

	return !caller.len || str_equal(caller, jid_bare_str(from));
}

/* ---- messages ---- */

static void leaf(struct writer *w, const char *name, struct str text)
{
	if (text.data)
		writer_leaf(w, name, NULL, text);
}

static struct stanza *make_message(const struct sending *s, const char *type)
{
	const struct operation_call *c = s->call;
	struct stanza *message;
	struct buf text;
	struct writer w;

	buf_init(&text);
	writer_init(&w, &text);
	writer_open(&w, "message", NS_CLIENT);
	writer_attribute_jid(&w, "to", s->errand.to);
	writer_attribute_text(&w, "type", type);
	writer_attribute(&w, "id", s->id);
	leaf(&w, "subject", operation_str(c, "subject"));
	leaf(&w, "body", operation_str(c, "body"));
	writer_close(&w);
	message = stanza_try_from_text(buf_str(&text), NS_CLIENT);
	buf_fini(&text);
	return message;
}

static void send_message(struct operation_call *c, const char *type)
{
	enum { ID_LEN = 26 };
	char id[ID_LEN + 1];
	struct sending *s = sending_new(c);
	struct str from = operation_str(c, "from");

	check(jid_parse(&s->errand.from, from.len ? from : operation_str(c, "caller"), &s->arena));
	check(jid_parse(&s->errand.to, operation_str(c, "to"), &s->arena));
	codec_random_text(id, ID_LEN);
	s->id = arena_str(&s->arena, str_make(id, ID_LEN));
	s->errand.stanza = make_message(s, type);
	if (s->errand.stanza && is_own(c, s->errand.from)) {
		post(s);
		return;
	}
	if (s->errand.stanza)
		operation_fail(c, "invalid_sender", "the sender must be the caller, not %.*s", STR_ARGS(jid_str(s->errand.from)));
	else
		operation_fail(c, "bad_body", "the text has characters that XML cannot carry, or is too long");
	sending_free(s);
}

static void run_send_message(struct operation_call *c)
{
	send_message(c, "chat");
}

static void run_send_headline(struct operation_call *c)
{
	send_message(c, "headline");
}

/* ---- any stanza ---- */

/* NULL, or why it cannot be sent: a code, and a sentence. */
static const char *read_addresses(struct sending *s, struct stanza *stanza, const char **sentence)
{
	struct str caller = operation_str(s->call, "caller");
	struct jid from = JID_NONE;

	*sentence = "the stanza's address from or to is malformed";
	if (!stanza_address(stanza) || !stanza_sender(stanza))
		return "bad_stanza";
	if (jid_is_set(stanza->from))
		from = jid_copy(&s->arena, stanza->from);
	else if (caller.len)
		check(jid_parse(&from, caller, &s->arena));
	*sentence = "the stanza does not say from whom it is";
	if (!jid_is_set(from))
		return "no_sender";
	*sentence = "the stanza must be from a user of this server, and from the caller where that is a user";
	if (!from.local_len || !is_own(s->call, from))
		return "invalid_sender";
	s->errand.from = from;
	s->errand.to = jid_is_set(stanza->to) ? jid_copy(&s->arena, stanza->to) : JID_NONE;
	return NULL;
}

static void run_send_stanza(struct operation_call *c)
{
	struct sending *s = sending_new(c);
	struct stanza *stanza = stanza_try_from_text(operation_str(c, "stanza"), NS_CLIENT);
	bool is_stanza = stanza && (stanza->kind == STANZA_MESSAGE || stanza->kind == STANZA_PRESENCE || stanza->kind == STANZA_IQ);
	const char *sentence = "it is no message, presence or iq, is not well-formed, or too long", *code = "bad_stanza";

	if (is_stanza)
		code = read_addresses(s, stanza, &sentence);
	if (code) {
		operation_fail(c, code, "%s", sentence);
		if (stanza)
			stanza_unref(&stanza);
		sending_free(s);
		return;
	}
	s->id = arena_str(&s->arena, node_attribute(stanza, node_root(stanza), "id", &s->arena));
	forgery_strip(&stanza, &(struct forgery_source){c->registry->hosts, s->errand.from, .is_client = true});
	s->errand.stanza = stanza;
	post(s);
}

#define ARG_CALLER {"caller", OPERATION_USER, OPERATION_OWN, NULL, "the caller"}
#define ARG_TO {"to", OPERATION_JID, OPERATION_ANY_DOMAIN, NULL, "the receiver"}
#define ARG_BODY {"body", OPERATION_STRING, 0, NULL, "the text"}
#define ARG_SUBJECT {"subject", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "what it is about"}
#define ARG_TEXT {"body", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "the text"}
#define ARG_FROM {"from", OPERATION_JID, 0, NULL, "the sender, of a domain served here"}
#define ARG_OWN_FROM {"from", OPERATION_JID, OPERATION_OPTIONAL, NULL, "the sender, who is the caller"}

static const struct operation_arg args_message[] = {ARG_FROM, ARG_TO, ARG_BODY, {0}};
static const struct operation_arg args_own_message[] = {ARG_CALLER, ARG_OWN_FROM, ARG_TO, ARG_BODY, {0}};
static const struct operation_arg args_headline[] = {ARG_FROM, ARG_TO, ARG_SUBJECT, ARG_TEXT, {0}};
static const struct operation_arg args_own_headline[] = {ARG_CALLER, ARG_OWN_FROM, ARG_TO, ARG_SUBJECT, ARG_TEXT, {0}};
static const struct operation_arg args_stanza[] = {
	{"stanza", OPERATION_XML, 0, NULL, "a message, presence or iq, with its sender in `from`"},
	{0},
};
static const struct operation_arg args_own_stanza[] = {
	ARG_CALLER,
	{"stanza", OPERATION_XML, 0, NULL, "a message, presence or iq; its sender is the caller"},
	{0},
};

static const struct operation_field sent_fields[] = {{"id", &operation_type_id, "of the stanza that was sent"}, {0}};
static const struct operation_type sent = {.name = "SendStanzaPayload", .fields = sent_fields};

#define OF_ADMIN OPERATION_ANYWHERE, OPERATION_FOR_DOMAIN_ADMIN, true
#define OF_USER OPERATION_ANYWHERE, OPERATION_FOR_USER_ONLY, true

const struct operation stanza_operations[] = {
	{"stanza", "sendMessage", "sends a chat message in the name of a user", args_message, OF_ADMIN, run_send_message, &sent},
	{"stanza", "sendMessageHeadLine", "sends a message that is not kept for later", args_headline, OF_ADMIN, run_send_headline, &sent},
	{"stanza", "sendStanza", "sends any stanza in the name of a user", args_stanza, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, true,
	 run_send_stanza, &sent},
	{"stanza", "sendMessage", "sends a chat message", args_own_message, OF_USER, run_send_message, &sent},
	{"stanza", "sendMessageHeadLine", "sends a message that is not kept for later", args_own_headline, OF_USER, run_send_headline, &sent},
	{"stanza", "sendStanza", "sends any stanza", args_own_stanza, OF_USER, run_send_stanza, &sent},
	{0},
};
