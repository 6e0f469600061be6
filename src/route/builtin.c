#include "route/builtin.h"

#include "base/check.h"
#include "route/contacts.h"
#include "route/host.h"
#include "route/module.h"
#include "route/parcel.h"
#include "route/realm.h"
#include "route/registry.h"
#include "route/router.h"
#include "route/session.h"
#include "xmpp/ns.h"

/* call->step: what a part that said LATER waits for; 0: nothing. */
enum { STEP_EXISTENCE = 1, STEP_CONTACTS, STEP_QUERY };

enum { QUERY_OF_ACCOUNT = QUERY_OWN | QUERY_CONTACT | QUERY_ANYONE };

static bool is_request(const struct stanza *s)
{
	return s->type == STANZA_TYPE_GET || s->type == STANZA_TYPE_SET;
}

static bool is_subscription(const struct stanza *s)
{
	return s->type >= STANZA_TYPE_SUBSCRIBE && s->type <= STANZA_TYPE_PROBE;
}

/* RFC 6120 §8.2.3; an empty id is as good as none. */
static bool is_proper_iq(const struct stanza *s)
{
	if (s->type == STANZA_TYPE_NONE || s->type == STANZA_TYPE_INVALID || stanza_id_raw(s).len == 0)
		return false;
	return !is_request(s) || stanza_payload(s);
}

enum stanza_error builtin_examine(const struct stanza *s)
{
	if (s->kind == STANZA_IQ)
		return is_proper_iq(s) ? STANZA_ERROR_NONE : STANZA_ERROR_BAD_REQUEST;
	if (s->kind == STANZA_PRESENCE && s->type == STANZA_TYPE_INVALID)
		return STANZA_ERROR_BAD_REQUEST;
	return STANZA_ERROR_NONE;
}

bool builtin_needs_account(const struct stanza *s)
{
	switch (s->kind) {
	case STANZA_MESSAGE:
		return s->type != STANZA_TYPE_ERROR;
	case STANZA_PRESENCE:
		return is_subscription(s);
	default:
		return is_request(s);
	}
}

/* Who answers this payload at one of the targets; NULL: nobody, and the sender has been told so. */
static const struct host_query *find_query(struct call *c, const struct host *h, unsigned targets)
{
	const struct node *payload = stanza_payload(c->stanza);
	const struct host_query *q = host_find_query(h, node_ns(c->stanza, payload), node_name(c->stanza, payload));
	unsigned type = c->stanza->type == STANZA_TYPE_GET ? QUERY_GET : QUERY_SET;

	if (!q || !(q->query->targets & targets)) {
		call_error(c, targets & QUERY_HOST ? STANZA_ERROR_FEATURE_NOT_IMPLEMENTED : STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
		return NULL;
	}
	if (!(q->query->types & type)) {
		call_error(c, STANZA_ERROR_NOT_ALLOWED, NULL);
		return NULL;
	}
	return q;
}

static enum answer run_query(struct call *c, const struct host_query *q)
{
	c->step = STEP_QUERY;

	enum answer a = q->query->run(c, q->module);

	return a == ANSWER_PASS ? call_error(c, STANZA_ERROR_FEATURE_NOT_IMPLEMENTED, NULL) : a;
}

/* Queries of anybody to the host. An answer that nobody here waits for is dropped. */
static enum answer answer_for_host(struct call *c, const struct host *h)
{
	if (!is_request(c->stanza))
		return ANSWER_DONE;

	const struct host_query *q = find_query(c, h, QUERY_HOST);

	return q ? run_query(c, q) : ANSWER_DONE;
}

/* RFC 6120 §10.5.1 and §10.5.2 leave messages and presence to a server to the server: nobody reads them here. */
static enum answer deliver_to_host(struct call *c, const struct host *h)
{
	const struct stanza *s = c->stanza;

	if (s->kind == STANZA_IQ)
		return answer_for_host(c, h);
	if (s->kind == STANZA_MESSAGE && s->type != STANZA_TYPE_HEADLINE)
		return call_error(c, STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
	return ANSWER_DONE;
}

/* A user's queries to the own account. */
static enum answer answer_own(struct call *c)
{
	if (!is_request(c->stanza))
		return ANSWER_DONE;

	const struct host_query *q = find_query(c, c->host, QUERY_OF_ACCOUNT);

	return q ? run_query(c, q) : ANSWER_DONE;
}

static bool is_to_own_account(const struct call *c)
{
	return !jid_is_set(c->to) || (jid_is_bare(c->to) && jid_equal(c->to, c->user->address));
}

static enum answer deliver_from_user(struct call *c)
{
	const struct stanza *s = c->stanza;

	if (is_to_own_account(c)) {
		if (s->kind == STANZA_IQ)
			return answer_own(c);
		if (s->kind == STANZA_PRESENCE && !jid_is_set(c->to))
			return ANSWER_DONE; /* a broadcast, and no module that broadcasts */
		router_forward(c, c->user->address);
		return ANSWER_DONE;
	}
	if (c->to.local_len == 0) {
		const struct host *h = host_find(c->host->set, jid_domain(c->to));

		if (h)
			return deliver_to_host(c, h);
	}
	router_forward(c, c->to);
	return ANSWER_DONE;
}

static void on_existence(void *context, enum err result)
{
	struct call *c = context;

	if (result == ERR_NONE)
		c->user->existence = USER_EXISTS;
	else if (result == ERR_NOT_FOUND)
		c->user->existence = USER_ABSENT;
	call_resume(c, ANSWER_PASS);
}

/* RFC 6121 §8.5.1. A request for presence is refused in the user's place (§3.1.3), so that the asker does not go on waiting. */
static enum answer answer_for_nobody(struct call *c)
{
	if (c->stanza->kind != STANZA_PRESENCE)
		return call_error(c, STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
	if (c->stanza->type == STANZA_TYPE_SUBSCRIBE) {
		struct stanza *refusal = stanza_from_text(STR("<presence type='unsubscribed'/>"), NS_CLIENT);

		router_send(c->registry, refusal, c->user->address, jid_bare(c->from));
		stanza_unref(&refusal);
	}
	return ANSWER_DONE;
}

static enum answer accept_for_account(struct call *c)
{
	struct user *u = c->user;

	if (u->session_count > 0 || u->existence == USER_EXISTS || !(c->is_promised || builtin_needs_account(c->stanza)))
		return ANSWER_PASS;
	if (u->existence == USER_ABSENT)
		return answer_for_nobody(c);
	if (c->step == STEP_EXISTENCE)
		return call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL); /* it could not be found out */
	c->step = STEP_EXISTENCE;
	account_exists((struct account_asker){.service = &c->registry->realm->accounts, .auth = u->host->config->auth,
					      .reply_to = c->registry->mailbox, .context = c},
		       u->address, on_existence);
	return ANSWER_LATER;
}

/* RFC 6121 §8.5.2: the server answers for the account. */
static enum answer answer_for_account(struct call *c)
{
	if (!is_request(c->stanza))
		return ANSWER_DONE;
	if (call_is_own(c))
		return answer_own(c);

	const struct host_query *q = find_query(c, c->host, QUERY_OF_ACCOUNT);

	if (!q)
		return ANSWER_DONE;
	if (q->query->targets & QUERY_ANYONE)
		return run_query(c, q);
	if (!(q->query->targets & QUERY_CONTACT))
		return call_error(c, STANZA_ERROR_FORBIDDEN, NULL);
	if (c->step != STEP_CONTACTS) {
		c->step = STEP_CONTACTS;
		if (contacts_load(c) == ANSWER_LATER)
			return ANSWER_LATER;
	}
	if (!(contacts_flags_of(c->user, c->from) & CONTACT_SEES_USER))
		return call_error(c, q->query->targets & QUERY_FORBIDS ? STANZA_ERROR_FORBIDDEN : STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
	return run_query(c, q);
}

static enum answer deliver_to_session(struct call *c)
{
	struct session *s = user_find_session(c->user, jid_resource(c->to));

	if (s)
		session_deliver_call(s, c);
	else if (is_request(c->stanza))
		return call_error(c, STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
	return ANSWER_DONE;
}

static enum session_choice choose(const struct call *c, struct session **chosen, size_t *count_out)
{
	enum session_choice choice = session_choose(c->user, c->stanza, c->to, chosen, count_out);

	return choice == SESSION_IGNORE && c->is_promised ? session_choose_reachable(c->user, chosen, count_out) : choice;
}

static enum answer deliver_by_rules(struct call *c)
{
	struct session *chosen[SESSION_CHOSEN_MAX];
	size_t count;

	switch (choose(c, chosen, &count)) {
	case SESSION_DELIVERED:
		for (size_t i = 0; i < count; i++)
			session_ref(chosen[i]);
		for (size_t i = 0; i < count; i++) {
			session_deliver_call(chosen[i], c);
			session_unref(&chosen[i]);
		}
		if (c->parcel && c->is_taken)
			parcel_take(c->parcel);
		return ANSWER_DONE;
	case SESSION_TO_STORE:
		return ANSWER_PASS;
	case SESSION_REFUSE:
		return call_error(c, STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
	case SESSION_IGNORE:
		break;
	}
	return ANSWER_DONE;
}

static enum answer deliver_to_account(struct call *c)
{
	if (c->stanza->kind != STANZA_IQ)
		return deliver_by_rules(c);
	return jid_is_bare(c->to) ? answer_for_account(c) : deliver_to_session(c);
}

static enum answer run_receiver(struct call *c)
{
	switch (c->stage) {
	case STAGE_ACCEPT:
		return accept_for_account(c);
	case STAGE_DELIVER:
		return deliver_to_account(c);
	case STAGE_FALLBACK:
		return call_error(c, STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
	default:
		return ANSWER_PASS;
	}
}

enum answer builtin_run(struct call *c)
{
	if (c->step == STEP_QUERY)
		return call_error(c, STANZA_ERROR_FEATURE_NOT_IMPLEMENTED, NULL); /* the module's answer was PASS after all */
	if (!c->user)
		return deliver_to_host(c, c->host);
	if (c->side == SIDE_RECEIVER)
		return run_receiver(c);
	return c->stage == STAGE_DELIVER ? deliver_from_user(c) : ANSWER_PASS;
}

static const struct {
	enum side side;
	enum stage stage;
	enum stanza_kind kind;
	const char *text;
} texts[] = {
	{SIDE_SENDER, STAGE_DELIVER, STANZA_MESSAGE, "on to the receiver"},
	{SIDE_SENDER, STAGE_DELIVER, STANZA_PRESENCE, "on to the receiver"},
	{SIDE_SENDER, STAGE_DELIVER, STANZA_IQ, "queries to the own account and to hosts; on to the receiver"},
	{SIDE_RECEIVER, STAGE_ACCEPT, STANZA_MESSAGE, "does the account exist?"},
	{SIDE_RECEIVER, STAGE_ACCEPT, STANZA_PRESENCE, "does the account exist?"},
	{SIDE_RECEIVER, STAGE_ACCEPT, STANZA_IQ, "does the account exist?"},
	{SIDE_RECEIVER, STAGE_DELIVER, STANZA_MESSAGE, "to the sessions it is for"},
	{SIDE_RECEIVER, STAGE_DELIVER, STANZA_PRESENCE, "to the sessions it is for"},
	{SIDE_RECEIVER, STAGE_DELIVER, STANZA_IQ, "queries to the account; to the session"},
	{SIDE_RECEIVER, STAGE_FALLBACK, STANZA_MESSAGE, "service-unavailable"},
};

const char *builtin_text(enum side side, enum stage stage, enum stanza_kind kind)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].side == side && texts[i].stage == stage && texts[i].kind == kind)
			return texts[i].text;
	return "";
}
