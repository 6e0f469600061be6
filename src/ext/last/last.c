/* XEP-0012: since when the server runs; when an account was last here, for those who may see its presence. */
#include "ext/last/last.h"
#include "ext/last/last_operations.h"
#include "route/registry.h"
#include "store/store.h"
#include "xmpp/ns.h"

static enum answer send_seconds(struct call *c, int64_t seconds, struct str status)
{
	struct writer *w = call_begin_result(c);
	writer_open(w, "query", NS_LAST);
	writer_attribute_int(w, "seconds", seconds < 0 ? 0 : seconds);
	if (status.len)
		writer_text(w, status);
	writer_close(w);
	return call_send_result(c);
}

/* ---- writing: the value is the status text, its time is the row's ---- */

static void on_noted(struct store_job *job, void *context)
{
	(void)context;
	store_job_free(&job);
}

static void note(struct user *u, struct str status)
{
	struct store_job *job = store_job_new(u->registry->realm->accounts.store, u->registry->mailbox, on_noted, NULL);
	store_value_put(job, jid_bare_str(u->address), LAST_KIND, status.data ? status : STR(""));
	store_submit_post(job);
}

static bool is_last_available(const struct session *leaving)
{
	list_each(link, &leaving->user->sessions) {
		const struct session *s = container_of(link, struct session, link);
		if (s != leaving && s->presence)
			return false;
	}
	return true;
}

static enum answer on_presence(struct call *c, const struct module *m)
{
	(void)m;
	if (c->stanza->type != STANZA_TYPE_UNAVAILABLE || jid_is_set(c->to) || !c->session || !c->session->user)
		return ANSWER_PASS;
	const struct node *status = node_find_child(c->stanza, node_root(c->stanza), "status", NULL);
	if (c->session->presence && is_last_available(c->session))
		note(c->user, status ? node_text(c->stanza, status, &c->arena) : STR_NONE);
	return ANSWER_PASS;
}

/* One that said goodbye before is unavailable already. */
static void on_session_closing(const struct module *m, struct session *s)
{
	(void)m;
	if (s->presence && is_last_available(s))
		note(s->user, STR_NONE);
}

/* ---- reading ---- */

static void on_found(struct store_job *job, void *context)
{
	struct call *c = context;
	struct store_rows rows = {0};
	if (store_job_result(job, NULL) == ERR_NONE)
		rows = store_job_rows(job, 0);
	if (rows.count)
		send_seconds(c, (store_now_ms() - rows.rows[0].time_ms) / 1000, rows.rows[0].blob);
	else
		call_error(c, STANZA_ERROR_ITEM_NOT_FOUND, "never seen");
	store_job_free(&job);
	call_resume(c, ANSWER_DONE);
}

static bool is_online(const struct user *u)
{
	list_each(link, &u->sessions) {
		if (container_of(link, struct session, link)->presence)
			return true;
	}
	return false;
}

static enum answer run(struct call *c, const struct module *m)
{
	(void)m;
	if (jid_is_set(c->to) && !c->to.local_len)
		return send_seconds(c, (store_now_ms() - c->registry->realm->started_ms) / 1000, STR_NONE);
	if (is_online(c->user))
		return send_seconds(c, 0, STR_NONE);
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_found, c);
	/* Who left a moment ago was noted, though perhaps not yet written. */
	store_job_keep_order(job);
	store_value_get(job, jid_bare_str(c->user->address), LAST_KIND);
	store_submit_post(job);
	return ANSWER_LATER;
}

static const char *const features[] = {NS_LAST, NULL};
static const struct module_query queries[] = {{NS_LAST, "query", QUERY_GET, QUERY_HOST | QUERY_CONTACT | QUERY_FORBIDS, run}, {0}};
static const struct module_hook hooks[] = {{on_presence, SIDE_SENDER, STAGE_ACCEPT, 1 << STANZA_PRESENCE}, {0}};

const struct module_def last_module = {
	.name = "mod_last",
	.summary = "tells when an account was last online",
	.host_features = features,
	.account_features = features,
	.queries = queries,
	.hooks = hooks,
	.session_closing = on_session_closing,
	.operations = last_operations,
};
