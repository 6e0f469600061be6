/* Subscriptions of the category "stanza". Whoever listens to an account's messages is a session of it, as MongooseIM has it: with a resource of
 * its own, a priority above zero, and no presence that others are told of. */
#include <stdlib.h>

#include "admin/own_operations.h"
#include "auth/account.h"
#include "base/check.h"
#include "base/codec.h"
#include "base/mem.h"
#include "route/feed.h"
#include "route/registry.h"
#include "route/router.h"
#include "xmpp/delay.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

enum { RESOURCE_LEN = 20 };

struct subscriber {
	struct outlet outlet;
	struct session *session; /* NULL: not yet, or ended from outside */
	struct feed *feed;
	struct registry *registry;
	/* While the accounts are asked. */
	struct operation_call *call;
	const struct host_set *hosts; /* counted */
	struct jid who;
	struct arena arena;
};

static void subscriber_free(struct subscriber *s)
{
	host_set_unref(&s->hosts);
	arena_fini(&s->arena);
	free(s);
}

/* ---- what comes for it ---- */

static void set_text(json_t *object, const char *name, struct str text)
{
	json_object_set_new(object, name, text.data ? json_stringn(text.data, text.len) : json_null());
}

static json_t *describe(const struct stanza *s, struct jid from, struct str xml)
{
	json_t *event = json_object();
	char now[DELAY_TIME_MAX];
	struct arena a;

	arena_init(&a, 0);
	delay_format_time(now, store_now_ms());
	set_text(event, "sender", jid_str(from));
	set_text(event, "timestamp", str_from(now));
	set_text(event, "stanza_id", node_attribute(s, s->nodes, "id", &a));
	set_text(event, "stanza", xml);
	arena_fini(&a);
	return event;
}

static void pass_on(struct subscriber *me, const struct stanza *s, struct jid from, struct jid to)
{
	struct buf xml;

	buf_init(&xml);
	writer_stanza(&xml, s, from, to, NS_CLIENT, true);
	feed_post(me->feed, describe(s, from, buf_str(&xml)), xml.len);
	buf_fini(&xml);
}

/* Nobody is there who could answer (RFC 6120 §8.4). */
static void refuse(struct subscriber *me, const struct stanza *s, struct jid from, struct jid to)
{
	struct buf xml;
	struct stanza *error;

	buf_init(&xml);
	writer_stanza_error(&xml, s, to, from, STANZA_ERROR_SERVICE_UNAVAILABLE, STR_NONE);
	error = stanza_from_text(buf_str(&xml), NS_CLIENT);
	router_send(me->registry, error, to, from);
	stanza_unref(&error);
	buf_fini(&xml);
}

static void outlet_send(struct outlet *o, const struct stanza *s, struct jid from, struct jid to)
{
	struct subscriber *me = container_of(o, struct subscriber, outlet);

	if (s->kind == STANZA_MESSAGE && s->type != STANZA_TYPE_ERROR)
		pass_on(me, s, from, to);
	else if (s->kind == STANZA_IQ && (s->type == STANZA_TYPE_GET || s->type == STANZA_TYPE_SET) && jid_is_set(from))
		refuse(me, s, from, to);
}

/* ---- its end ---- */

static void subscriber_end(struct subscriber *me)
{
	feed_end(&me->feed);
	session_close(me->session);
	subscriber_free(me);
}

static void outlet_end(struct outlet *o, enum stream_error e, const char *text)
{
	(void)e;
	(void)text;
	subscriber_end(container_of(o, struct subscriber, outlet));
}

static void outlet_resume(struct outlet *o)
{
	(void)o; /* it sends nothing */
}

static void outlet_write(struct outlet *o, struct str xml)
{
	(void)o;
	(void)xml; /* nothing of a stream: there is none */
}

static const struct outlet_ops outlet_ops = {.send = outlet_send, .end = outlet_end, .resume = outlet_resume, .write = outlet_write};

static void on_closed(void *context)
{
	subscriber_end(context);
}

/* ---- its beginning ---- */

static void become_available(struct subscriber *me)
{
	struct stanza *presence = stanza_from_text(STR("<presence><priority>1</priority></presence>"), NS_CLIENT);

	stanza_stamp(presence, me->session->address);
	session_set_presence(me->session, presence);
	stanza_unref(&presence);
}

static struct jid address_of(struct subscriber *me)
{
	char resource[4 + RESOURCE_LEN + 1] = "sse-";

	codec_random_text(resource + 4, RESOURCE_LEN);
	return jid_make(&me->arena, jid_local(me->who), jid_domain(me->who), str_from(resource));
}

static bool open_session(struct subscriber *me)
{
	struct session_opening opening = {
		.address = address_of(me), .outlet = &me->outlet, .peer = feed_peer(me->call->feed), .access = STR("all"), .client = STR("")};

	/* Those who stop close what they know of. */
	return !atomic_load(&me->registry->realm->is_stopping) && session_open(me->registry, &opening, &me->session) == STANZA_ERROR_NONE;
}

static void begin(struct subscriber *me)
{
	if (!open_session(me)) {
		operation_fail(me->call, "not_allowed", "this account may not have a session now");
		subscriber_free(me);
		return;
	}
	me->feed = me->call->feed;
	feed_begin(me->feed, me->registry->mailbox, on_closed, me);
	/* The listener hears of it before it hears what came. */
	operation_reply(me->call, json_true());
	me->call = NULL;
	become_available(me);
}

static void on_exists(void *context, enum err e)
{
	struct subscriber *me = context;

	if (e == ERR_NONE) {
		begin(me);
		return;
	}
	if (e == ERR_NOT_FOUND)
		operation_fail(me->call, "user_not_found", "no such account");
	else
		operation_fail(me->call, "internal", "the accounts could not be asked: %s", err_text(e));
	subscriber_free(me);
}

static void run_subscribe(struct operation_call *c)
{
	struct subscriber *me = mem_new(sizeof(*me));
	const struct host *host;

	*me = (struct subscriber){.outlet.ops = &outlet_ops, .registry = c->registry, .call = c, .hosts = c->registry->hosts};
	host_set_ref(me->hosts);
	arena_init(&me->arena, 0);
	check(jid_parse(&me->who, operation_str(c, "caller"), &me->arena));
	me->who = jid_bare(jid_copy(&me->arena, me->who));
	host = host_find(me->hosts, jid_domain(me->who));
	if (!host || me->who.local_len == 0) {
		operation_fail(c, host ? "bad_user" : "domain_not_found", host ? "this is not the address of a user" : "no such domain here");
		subscriber_free(me);
		return;
	}
	account_exists((struct account_asker){.service = &c->registry->realm->accounts,
					      .auth = host->config->auth,
					      .reply_to = c->registry->mailbox,
					      .context = me},
		       me->who, on_exists);
}

/* ---- the table ---- */

static const struct operation_arg args_caller[] = {
	{"caller", OPERATION_JID, OPERATION_OWN, NULL, "whose messages"},
	{0},
};

static const struct operation_field message_fields[] = {
	{"sender", &operation_type_jid, "from whom"},
	{"timestamp", &operation_type_time, "when it came"},
	{"stanza_id", &operation_type_string, "its attribute id"},
	{"stanza", &operation_type_xml, "all of it"},
	{0},
};
static const struct operation_type message = {.name = "StanzaMap", .fields = message_fields};

const struct operation subscription_operations[] = {
	{"stanza", "subscribeForMessages", "the messages that come for an account, as they come", args_caller, OPERATION_FEED_AT_USER,
	 OPERATION_FOR_USER, false, run_subscribe, &message},
	{0},
};
