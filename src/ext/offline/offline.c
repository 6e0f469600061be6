/* XEP-0160: messages for somebody who is not there wait in the store (mod_offline). A message is acknowledged when it
 * is durable; it is deleted when it has left for a client, and until that is durable, too, the account's next stanzas
 * wait. A client that reads nothing for too long is ended, and what it was to get waits on. With stream management it is deleted when it
 * was acknowledged, and nobody waits for that. */
#include <stdlib.h>

#include "base/log.h"
#include "base/limit.h"
#include "base/mem.h"
#include "base/metric.h"
#include "ext/offline/offline.h"
#include "ext/offline/offline_operations.h"
#include "ext/offline/offline_rule.h"
#include "route/host.h"
#include "route/journal.h"
#include "route/keeping.h"
#include "route/module.h"
#include "route/registry.h"
#include "route/resumption.h"
#include "xmpp/delay.h"
#include "xmpp/ns.h"

enum {
	DEFAULT_LIMIT = 100, /* without a rule */
	BATCH = 100,         /* messages in memory at a time, of STORE_LIST_BYTES in all */
	AT_ONCE_BYTES = 32 * 1024, /* in a client's output; less than the least there is room for */
	PATIENCE_MS = 30000, /* for a client that does not read them */
};

struct offline_options {
	struct str access_max_user_messages;
	bool store_groupchat_messages;
};

/* Keeping. */

static int64_t limit_of(struct call *c, const struct offline_options *o)
{
	struct access_subject who = {jid_local(c->user->address), jid_domain(c->user->address), STR(""), c->host->name};
	struct access_value value = access_ask(c->host->config->access, o->access_max_user_messages, &who);

	return value.kind == ACCESS_NUMBER ? value.number : DEFAULT_LIMIT;
}

static void on_kept(struct store_job *job, void *context)
{
	struct call *c = context;
	struct why why = {0};
	enum err e = store_job_result(job, &why);

	store_job_free(&job);
	if (e == ERR_NONE) {
		metric_add(METRIC_offline_stored, 1);
	} else if (e == ERR_LIMIT) {
		limit_acted_on(METRIC_offline_limit_exceeded, jid_bare_str(c->user->address));
		call_error(c, STANZA_ERROR_SERVICE_UNAVAILABLE, "too many messages are waiting already");
	} else {
		log_event(LOG_DEBUG, "offline", "cannot store a message", LOG_TEXT("why", why.text));
		call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	}
	call_resume(c, ANSWER_DONE);
}

static void write_text(struct buf *out, const struct call *c)
{
	if (c->parcel && c->parcel->is_stamped)
		writer_stanza(out, c->stanza, c->from, c->to, NS_CLIENT, true);
	else
		delay_write(out, c->stanza, c->from, c->to, &(struct delay){c->host->name, store_now_ms()});
}

/* What comes back from a session was promised to be safe, and so was what an error is about that comes back from abroad: there is no limit. */
static enum answer keep(struct call *c, const struct offline_options *o)
{
	struct store_job *job;
	struct buf text;

	if (c->parcel && c->parcel->kept_number)
		return ANSWER_DONE; /* it has never left */
	job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_kept, c);
	buf_init(&text);
	write_text(&text, c);
	store_queue_append(job, jid_bare_str(c->user->address), OFFLINE_KIND, buf_str(&text),
			   c->parcel || c->is_promised ? INT64_MAX : limit_of(c, o));
	buf_fini(&text);
	if (c->parcel)
		journal_move(c->parcel, job);
	store_submit_post(job);
	return ANSWER_LATER;
}

static enum answer on_nobody_there(struct call *c, const struct module *m)
{
	const struct offline_options *o = m->options;

	if (c->is_promised)
		return keep(c, o);
	switch (offline_rule_for(c->stanza, o->store_groupchat_messages)) {
	case OFFLINE_RULE_KEEP:
		return keep(c, o);
	case OFFLINE_RULE_DROP:
		return ANSWER_DONE;
	case OFFLINE_RULE_REFUSE:
		break;
	}
	return ANSWER_PASS;
}

/* By the rules a groupchat message to an account is refused; with the option it waits like others. */
static enum answer on_groupchat(struct call *c, const struct module *m)
{
	const struct offline_options *o = m->options;

	if (!o->store_groupchat_messages || c->stanza->type != STANZA_TYPE_GROUPCHAT || !jid_is_bare(c->to) ||
		user_is_reachable(c->user))
		return ANSWER_PASS;
	return on_nobody_there(c, m);
}

/* Delivering. */

struct delivery {
	struct call *call;
	struct outlet_wait wait;
	struct timer patience;
	struct store_job *batch; /* and where in it */
	size_t step, next;
	int64_t last_number; /* that has left for the client */
};

/* Messages can be handed to this session now. If it has just lost its connection, that is for later. */
static bool can_take(struct session *s)
{
	if (!s || !s->user || !s->presence || s->priority < 0)
		return false;
	if (!s->outlet)
		session_remind(s);
	return s->outlet;
}

static void hand_over(struct call *c, const struct store_row *row)
{
	struct stanza *s = stanza_try_from_text(row->blob, NS_CLIENT);

	if (!s) {
		log_event(LOG_WARN, "offline", "a stored message cannot be read");
		return;
	}
	session_deliver_kept(c->session, s, row->number);
	stanza_unref(&s);
}

/* As much as certainly has room in the client's output, as nothing else waits there; or one, however large. */
static void hand_over_some(struct delivery *d)
{
	struct call *c = d->call;
	struct store_rows rows = store_job_rows(d->batch, d->step);
	size_t bytes = 0;

	do {
		const struct store_row *row = &rows.rows[d->next++];

		hand_over(c, row);
		bytes += row->blob.len;
	} while (d->next < rows.count && bytes + rows.rows[d->next].blob.len <= AT_ONCE_BYTES);
	timer_start(c->registry->timers, &d->patience, PATIENCE_MS);
	session_await_written(c->session, &d->wait);
}

/* Deletes what was delivered, and asks for what follows it. What is to be acknowledged is deleted then. */
static void next_batch(struct delivery *d, void (*done)(struct store_job *job, void *context))
{
	struct call *c = d->call;
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, done, d);
	struct str owner = jid_bare_str(c->user->address);

	if (d->last_number > 0 && !c->session->resumption)
		store_queue_delete_to(job, owner, OFFLINE_KIND, d->last_number);
	d->step = store_queue_list(job, owner, OFFLINE_KIND, d->last_number, BATCH);
	/* What a client has just acknowledged may still be on its way out. */
	if (d->last_number == 0 && c->host->resumption) {
		journal_flush(c->registry);
		store_job_keep_order(job);
	}
	store_submit_post(job);
}

/* Messages that a client has got and not yet acknowledged: they stay until then, and nobody waits for it. */
struct leftover {
	struct outlet_wait wait;
	struct registry *registry;
	int64_t last_number;
	size_t owner_len;
	char owner[];
};

static void on_deleted(struct store_job *job, void *context)
{
	(void)context;
	store_job_free(&job);
}

/* Those that were not acknowledged have never left the store: they are given to the next session. */
static void on_acknowledged(struct outlet_wait *w, bool is_acknowledged)
{
	struct leftover *l = container_of(w, struct leftover, wait);

	if (is_acknowledged) {
		struct store_job *job = store_job_new(l->registry->realm->accounts.store, l->registry->mailbox, on_deleted, NULL);

		store_queue_delete_to(job, str_make(l->owner, l->owner_len), OFFLINE_KIND, l->last_number);
		store_submit_post(job);
	}
	free(l);
}

static void delete_when_acknowledged(const struct delivery *d)
{
	struct call *c = d->call;
	struct str owner = jid_bare_str(c->user->address);
	struct leftover *l = mem_new(sizeof(*l) + owner.len);

	*l = (struct leftover){.wait.run = on_acknowledged, .registry = c->registry, .last_number = d->last_number, .owner_len = owner.len};
	memcpy(l->owner, owner.data, owner.len);
	session_await_sent(c->session, &l->wait);
}

static void finish(struct delivery *d)
{
	store_job_free(&d->batch);
	if (d->last_number > 0 && d->call->session->resumption)
		delete_when_acknowledged(d);
	call_resume(d->call, ANSWER_PASS);
}

static void on_batch(struct store_job *job, void *context)
{
	struct delivery *d = context;
	struct why why = {0};
	bool is_found = store_job_result(job, &why) == ERR_NONE;

	d->batch = job;
	d->next = 0;
	if (!is_found)
		log_event(LOG_DEBUG, "offline", "cannot deliver stored messages", LOG_TEXT("why", why.text));
	if (is_found && store_job_rows(job, d->step).count > 0 && can_take(d->call->session))
		hand_over_some(d);
	else
		finish(d);
}

static void on_sent(struct outlet_wait *w, bool is_sent)
{
	struct delivery *d = container_of(w, struct delivery, wait);
	struct store_rows rows = store_job_rows(d->batch, d->step);

	timer_stop(&d->patience);
	if (is_sent)
		d->last_number = rows.rows[d->next - 1].number;
	if (is_sent && d->next < rows.count) {
		hand_over_some(d);
		return;
	}
	/* Also when the client has gone: what it got is to be deleted. */
	store_job_free(&d->batch);
	next_batch(d, on_batch);
}

static void on_patience_over(struct timer *t)
{
	session_kick(container_of(t, struct delivery, patience)->call->session, STREAM_ERROR_CONNECTION_TIMEOUT,
		     "Stored messages are not read");
}

static enum answer on_available(struct call *c, const struct module *m)
{
	struct delivery *d;

	(void)m;
	/* What another session has and has not acknowledged yet must not be given to a second one. */
	if (!can_take(c->session) || resumption_others_hold_kept(c->session))
		return ANSWER_PASS;
	d = arena_alloc(&c->arena, sizeof(*d));
	/* What this one has it gets again when it needs it. */
	*d = (struct delivery){.call = c, .wait.run = on_sent, .last_number = resumption_last_kept(c->session)};
	timer_init(&d->patience, on_patience_over);
	next_batch(d, on_batch);
	return ANSWER_LATER;
}

/* For those who take messages out of sessions' hands (route/keeping.h). */

static bool would_keep(const struct module *m, const struct stanza *message)
{
	const struct offline_options *o = m->options;

	return offline_rule_for(message, o->store_groupchat_messages) == OFFLINE_RULE_KEEP;
}

static void add_kept(struct store_job *job, struct str account, struct str text)
{
	store_queue_append(job, account, OFFLINE_KIND, text, INT64_MAX);
}

static void remove_kept_to(struct store_job *job, struct str account, int64_t number)
{
	store_queue_delete_to(job, account, OFFLINE_KIND, number);
}

static const struct keeping_ops keeping = {.keeps = would_keep, .add = add_kept, .remove_to = remove_kept_to};

static const struct option options[] = {
	{.key = "access_max_user_messages",
	 .type = OPTION_NAME,
	 .offset = offsetof(struct offline_options, access_max_user_messages),
	 .preset = "\"max_user_offline_messages\"",
	 .help = "access rule whose value is how many messages may wait for a user; 100 without such a rule"},
	{.key = "store_groupchat_messages",
	 .type = OPTION_BOOL,
	 .offset = offsetof(struct offline_options, store_groupchat_messages),
	 .preset = "false",
	 .help = "keep messages of type groupchat, too"},
	{0},
};

static const struct option_table option_table = {
	.name = "modules.mod_offline",
	.size = sizeof(struct offline_options),
	.options = options,
	.help = "Messages to users who are not there wait for them (XEP-0160).",
};

static const char *const features[] = {NS_OFFLINE_FEATURE, NULL};

static const struct module_hook hooks[] = {
	{.run = on_groupchat, .side = SIDE_RECEIVER, .stage = STAGE_DELIVER, .kinds = 1 << STANZA_MESSAGE},
	{.run = on_nobody_there, .side = SIDE_RECEIVER, .stage = STAGE_FALLBACK, .kinds = 1 << STANZA_MESSAGE},
	{.run = on_available, .side = SIDE_SENDER, .stage = STAGE_AVAILABLE, .kinds = 1 << STANZA_PRESENCE},
	{0},
};

const struct module_def offline_module = {
	.name = "mod_offline",
	.summary = "keeps messages for users who are not there (XEP-0160)",
	.options = &option_table,
	.host_features = features,
	.hooks = hooks,
	.operations = offline_operations,
	.keeping = &keeping,
};
