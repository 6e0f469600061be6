#include "route/errand.h"

#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "route/operation.h"
#include "route/router.h"
#include "xmpp/ns.h"

/* ---- on the asker's loop ---- */

static void on_back(struct letter *l)
{
	struct errand *e = container_of(l, struct errand, letter);

	if (e->stanza)
		stanza_unref(&e->stanza);
	e->on_done(e);
}

void errand_fini(struct errand *e)
{
	if (e->answer)
		stanza_unref(&e->answer);
}

/* ---- on the account's loop ---- */

void errand_end(struct errand *e)
{
	e->letter.run = on_back;
	mailbox_post(e->asker->mailbox, &e->letter);
}

static void end_with(struct errand *e, enum err result)
{
	e->result = result;
	errand_end(e);
}

void errand_refuse(struct errand *e, enum stanza_error error, const char *text)
{
	e->refusal = error;
	snprintf(e->refusal_text, sizeof(e->refusal_text), "%s", text ? text : "");
}

void errand_answer(struct errand *e, struct stanza *answer)
{
	errand_fini(e);
	e->answer = answer;
	stanza_ref(answer);
}

/* Where it runs by itself there is nothing to be sent; but every call has a stanza. */
static struct stanza *stanza_of(struct errand *e)
{
	return e->stanza ? e->stanza : stanza_from_text(STR("<iq type='set' id='errand'><query xmlns='urn:xmpp:ping'/></iq>"), NS_CLIENT);
}

static void start_for_session(struct call *c, struct errand *e)
{
	struct user *u = registry_find_user(c->registry, jid_bare_str(e->from));
	struct session *s = u ? user_find_session(u, jid_resource(e->from)) : NULL;

	if (s) {
		router_start(c, s);
		return;
	}
	errand_refuse(e, STANZA_ERROR_ITEM_NOT_FOUND, "there is no such session");
	call_free(&c);
}

static void enqueue(struct errand *e)
{
	struct registry *r = e->home;
	struct stanza *s = stanza_of(e);
	struct call *c = call_new(r, s, e->from, e->to);

	if (!e->stanza)
		stanza_unref(&s);
	c->errand = e;
	if (e->needs_session) {
		start_for_session(c, e);
		return;
	}
	c->side = SIDE_SENDER;
	c->user = registry_get_user(r, e->from);
	registry_enqueue(c);
}

static void on_existence(void *context, enum err result)
{
	struct errand *e = context;

	host_set_unref(&e->hosts);
	if (result != ERR_NONE)
		end_with(e, result);
	else if (!host_find(e->home->hosts, jid_domain(e->from)))
		end_with(e, ERR_INVALID); /* a new configuration came meanwhile */
	else
		enqueue(e);
}

static void on_arrival(struct letter *l)
{
	struct errand *e = container_of(l, struct errand, letter);
	struct registry *r = e->home;
	const struct host *h = host_find(r->hosts, jid_domain(e->from));
	const struct user *u = registry_find_user(r, jid_bare_str(e->from));

	if (!h) {
		end_with(e, ERR_INVALID);
	} else if (u && u->session_count > 0) {
		enqueue(e);
	} else {
		e->hosts = r->hosts;
		host_set_ref(e->hosts);
		account_exists((struct account_asker){.service = &r->realm->accounts, .auth = h->config->auth, .reply_to = r->mailbox, .context = e},
			       jid_bare(e->from), on_existence);
	}
}

void errand_post(struct errand *e)
{
	check(e->from.local_len > 0 && (e->stanza || e->run));
	e->home = realm_home_of(e->asker->realm, jid_bare_str(e->from));
	e->letter.run = on_arrival;
	mailbox_post(e->home->mailbox, &e->letter);
}

/* ---- what came of it ---- */

bool errand_is_done(const struct errand *e)
{
	return e->result == ERR_NONE && e->refusal == STANZA_ERROR_NONE;
}

/* "item_not_found" */
static json_t *refusal_error(const struct errand *e)
{
	char code[64];

	snprintf(code, sizeof(code), "%s", xerror_stanza_condition(e->refusal));
	for (char *c = code; *c; c++)
		*c = *c == '-' ? '_' : *c;
	return operation_error(code, "%s", e->refusal_text[0] ? e->refusal_text : xerror_stanza_condition(e->refusal));
}

json_t *errand_error(const struct errand *e)
{
	struct str who = jid_bare_str(e->from), domain = jid_domain(e->from);

	if (e->result == ERR_NOT_FOUND)
		return operation_error("user_not_found", "no such account: %.*s", STR_ARGS(who));
	if (e->result == ERR_INVALID)
		return operation_error("domain_not_found", "no such domain here: %.*s", STR_ARGS(domain));
	if (e->result != ERR_NONE)
		return operation_error("internal", "the accounts could not be asked: %s", err_text(e->result));
	if (e->refusal == STANZA_ERROR_SERVICE_UNAVAILABLE || e->refusal == STANZA_ERROR_FEATURE_NOT_IMPLEMENTED)
		return operation_error("deps_not_loaded", "the module for this is not on at %.*s", STR_ARGS(domain));
	return refusal_error(e);
}

void errand_fail(const struct errand *e, struct operation_call *c)
{
	operation_refuse(c, errand_error(e));
}
