/* XEP-0077: accounts are made, changed and cancelled in band. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/limit.h"
#include "base/mem.h"
#include "ext/register/registration.h"
#include "ext/register/throttle.h"
#include "route/eviction.h"
#include "route/module.h"
#include "route/registry.h"
#include "xmpp/ns.h"

static struct account_asker asker_of(struct registry *r, const struct host *h, void *context)
{
	return (struct account_asker){.service = &r->realm->accounts, .auth = h->config->auth, .reply_to = r->mailbox, .context = context};
}

/* ---- before login ---- */

static void write_form(struct writer *w)
{
	writer_open(w, "query", NS_REGISTER);
	writer_leaf(w, "instructions", NULL, STR("Choose a user name and a password for this server."));
	writer_empty(w, "username", NULL);
	writer_empty(w, "password", NULL);
	writer_close(w);
}

static struct jid host_address(const struct host *h, struct arena *a)
{
	return jid_make(a, STR_NONE, h->name, STR_NONE);
}

/* Ends the query with a result, or with an error. */
static void answer_stream(struct login_query *q, enum stanza_error e, const char *text, bool with_form)
{
	struct buf out;
	struct writer w;
	struct arena a;
	buf_init(&out);
	arena_init(&a, 0);
	struct jid host = host_address(q->host, &a);
	if (e) {
		writer_stanza_error(&out, q->stanza, host, JID_NONE, e, str_from(text));
	} else {
		writer_init(&w, &out);
		writer_iq_result(&w, q->stanza, host, JID_NONE);
		if (with_form)
			write_form(&w);
		writer_close(&w);
	}
	q->answer(q, buf_str(&out));
	buf_fini(&out);
	arena_fini(&a);
}

/* A registration that the accounts are asked about; `query` is NULL once its stream is gone. */
struct attempt {
	struct login_query *query;
	const struct module *module;
	const struct host_set *hosts; /* counted: keeps the module */
	struct registry *registry;
	struct ip peer;
	struct arena arena;
	struct jid who;
};

static void on_stream_gone(struct login_query *q)
{
	((struct attempt *)q->module_state)->query = NULL;
}

static void on_registered(void *context, enum err e)
{
	struct attempt *t = context;
	if (e == ERR_NONE) {
		log_event(LOG_INFO, "register", "account registered", LOG_STR("jid", jid_str(t->who)));
		registration_announce(t->registry, t->module, t->who, t->peer);
	} else {
		throttle_forget(t->peer);
	}
	if (t->query)
		answer_stream(t->query, registration_error(e), e == ERR_EXISTS ? "this name is taken" : err_text(e), false);
	host_set_unref(&t->hosts);
	arena_fini(&t->arena);
	free(t);
}

static void start_attempt(struct login_query *q, const struct registration_wish *wish, struct jid who)
{
	struct attempt *t = mem_new(sizeof(*t));
	*t = (struct attempt){.query = q, .module = q->module, .hosts = q->host->set->self, .registry = q->registry, .peer = q->peer};
	host_set_ref(t->hosts);
	arena_init(&t->arena, 0);
	t->who = jid_copy(&t->arena, who);
	q->module_state = t;
	q->cancel = on_stream_gone;
	account_register(asker_of(q->registry, q->host, t), t->who, wish->password, on_registered);
}

static void register_account(struct login_query *q)
{
	struct arena a;
	struct jid who;
	const char *text;
	int64_t timeout_s = q->host->set->config->general.registration_timeout_s;
	arena_init(&a, 0);
	struct registration_wish wish = registration_read(q->stanza, &a);
	enum stanza_error e = registration_check(q->module, &wish, &a, &who, &text);
	if (!e && timeout_s != OPTION_INFINITY && !throttle_pass(q->peer, clock_monotonic_ms(), timeout_s)) {
		limit_acted(METRIC_registration_timeout_refused, q->peer);
		e = STANZA_ERROR_RESOURCE_CONSTRAINT;
		text = "somebody at this address has registered a moment ago; try again later";
	}
	if (e)
		answer_stream(q, e, text, false);
	else
		start_attempt(q, &wish, who);
	arena_fini(&a);
}

static void run_before_login(struct login_query *q)
{
	if (!registration_ip_is_allowed(q->module->options, q->peer))
		answer_stream(q, STANZA_ERROR_FORBIDDEN, "registration is not allowed from this address", false);
	else if (q->stanza->type == STANZA_TYPE_GET)
		answer_stream(q, STANZA_ERROR_NONE, NULL, true);
	else
		register_account(q);
}

/* ---- after login: one's own account ---- */

static enum answer describe_own(struct call *c)
{
	struct writer *w = call_begin_result(c);
	writer_open(w, "query", NS_REGISTER);
	writer_empty(w, "registered", NULL);
	writer_leaf(w, "username", NULL, jid_local(c->user->address));
	writer_empty(w, "password", NULL);
	writer_close(w);
	return call_send_result(c);
}

static void on_changed(void *context, enum err e)
{
	struct call *c = context;
	if (e == ERR_NONE)
		call_result(c);
	else
		call_error(c, registration_error(e), err_text(e));
	call_resume(c, ANSWER_DONE);
}

/* The result first, then the sessions end (XEP-0077 §3.2). */
static void on_removed(void *context, enum err e)
{
	struct call *c = context;
	if (e == ERR_NONE) {
		call_result(c);
		log_event(LOG_INFO, "register", "account removed by its owner", LOG_STR("jid", jid_str(c->user->address)));
		eviction_of_sessions(c->registry, c->user->address, "the account has been removed");
	} else {
		call_error(c, registration_error(e), err_text(e));
	}
	call_resume(c, ANSWER_DONE);
}

static bool is_own_name(struct call *c, struct str username)
{
	struct str local;
	return jid_prepare_local(username, &c->arena, &local) && str_equal(local, jid_local(c->user->address));
}

static enum answer run_after_login(struct call *c, const struct module *m)
{
	/* Whom another host of ours is asked is not about the account here. */
	if (!c->session || !c->user || (jid_is_set(c->to) && !str_equal(jid_domain(c->to), c->user->host->name)))
		return call_error(c, STANZA_ERROR_FORBIDDEN, "only users of this server can do that");
	if (c->stanza->type == STANZA_TYPE_GET)
		return describe_own(c);
	struct registration_wish wish = registration_read(c->stanza, &c->arena);
	struct account_asker asker = asker_of(c->registry, c->host, c);
	if (wish.wants_removal) {
		eviction_prepare(c->registry, c->user->address);
		account_remove(asker, c->user->address, on_removed);
		return ANSWER_LATER;
	}
	const char *text = "a user name and a password are wanted";
	enum stanza_error e = STANZA_ERROR_BAD_REQUEST;
	if (wish.username.data && !is_own_name(c, wish.username)) {
		text = "only the own password can be changed";
		e = STANZA_ERROR_NOT_ALLOWED;
	} else if (wish.username.data && wish.password.data) {
		e = registration_check_password(m->options, wish.password, &text);
	}
	if (e)
		return call_error(c, e, text);
	account_set_password(asker, c->user->address, wish.password, on_changed);
	return ANSWER_LATER;
}

static void write_feature(const struct module *m, struct writer *w, bool is_logged_in)
{
	(void)m;
	if (!is_logged_in)
		writer_empty(w, "register", NS_REGISTER_FEATURE);
}

static const char *const features[] = {NS_REGISTER, NULL};
static const struct module_query queries[] = {{NS_REGISTER, "query", QUERY_GET | QUERY_SET, QUERY_HOST | QUERY_OWN, run_after_login}, {0}};
static const struct module_login_query login_queries[] = {{NS_REGISTER, "query", run_before_login}, {0}};

const struct module_def register_module = {
	.name = "mod_register",
	.summary = "lets people make accounts, change passwords and cancel accounts",
	.options = &registration_table,
	.host_features = features,
	.queries = queries,
	.login_queries = login_queries,
	.stream_features = write_feature,
};
