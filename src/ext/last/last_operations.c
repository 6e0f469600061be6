#include "ext/last/last_operations.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/date.h"
#include "base/mem.h"
#include "ext/last/last.h"
#include "ext/last/last_old.h"
#include "route/errand.h"
#include "store/store.h"

/* ---- one account ---- */

struct task {
	struct errand errand;
	struct arena arena;
	struct operation_call *call;
	struct str asker; /* a user who asks about another; empty: may know */
	struct str status;
	int64_t time_ms;
	bool is_found;
};

static struct task *task_of(const struct call *c)
{
	return container_of(c->errand, struct task, errand);
}

static void on_found(struct store_job *job, void *context)
{
	struct call *c = context;
	struct task *t = task_of(c);
	bool is_read = store_job_result(job, NULL) == ERR_NONE;
	struct store_rows rows = is_read ? store_job_rows(job, 0) : (struct store_rows){0};

	if (!is_read)
		call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	if (rows.count) {
		t->is_found = true;
		t->time_ms = rows.rows[0].time_ms;
		t->status = arena_str(&t->arena, rows.rows[0].blob);
	}
	store_job_free(&job);
	call_resume(c, ANSWER_DONE);
}

static enum answer read_last(struct call *c)
{
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_found, c);

	/* Who left a moment ago was noted, though perhaps not yet written. */
	store_job_keep_order(job);
	store_value_get(job, jid_bare_str(c->user->address), LAST_KIND);
	store_submit_post(job);
	return ANSWER_LATER;
}

static void on_stored(struct store_job *job, void *context)
{
	struct call *c = context;

	if (store_job_result(job, NULL) == ERR_NONE)
		task_of(c)->is_found = true;
	else
		call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	store_job_free(&job);
	call_resume(c, ANSWER_DONE);
}

static enum answer write_last(struct call *c)
{
	const struct task *t = task_of(c);
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_stored, c);

	store_value_put_at(job, jid_bare_str(c->user->address), LAST_KIND, t->status, t->time_ms);
	store_submit_post(job);
	return ANSWER_LATER;
}

static bool is_on(const struct call *c)
{
	return host_find_module(c->host, &last_module);
}

/* XEP-0012 §4: only who sees the user's presence. The contacts are loaded. */
static bool may_ask(const struct call *c)
{
	const struct task *t = task_of(c);
	struct arena a;
	struct jid asker;
	bool may;

	if (!t->asker.len || str_equal(t->asker, jid_bare_str(c->user->address)))
		return true;
	arena_init(&a, 0);
	may = jid_parse(&asker, t->asker, &a) && (contacts_flags_of(c->user, asker) & CONTACT_SEES_USER);
	arena_fini(&a);
	return may;
}

/* Again when the contacts are there. */
static enum answer get(struct call *c)
{
	const struct task *t = task_of(c);

	if (!is_on(c))
		return call_error(c, STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
	if (t->asker.len && c->step++ == 0 && contacts_load(c) == ANSWER_LATER)
		return ANSWER_LATER;
	if (!may_ask(c))
		return call_error(c, STANZA_ERROR_FORBIDDEN, "only for those who see the user's presence");
	return read_last(c);
}

static enum answer set(struct call *c)
{
	return is_on(c) ? write_last(c) : call_error(c, STANZA_ERROR_SERVICE_UNAVAILABLE, NULL);
}

static void on_done(struct errand *e)
{
	struct task *t = container_of(e, struct task, errand);
	struct str user = jid_bare_str(e->from);
	char date[DATE_TEXT_BYTES];

	if (!errand_is_done(e))
		errand_fail(e, t->call);
	else if (!t->is_found)
		operation_fail(t->call, "last_not_found", "%.*s was never seen", STR_ARGS(user));
	else
		operation_reply(t->call, json_pack("{s:s%, s:s, s:s%}", "user", user.data, user.len, "timestamp", date_write(t->time_ms, date),
						   "status", t->status.len ? t->status.data : "", t->status.len));
	errand_fini(e);
	arena_fini(&t->arena);
	free(t);
}

static struct task *task_new(struct operation_call *c, struct str user)
{
	struct task *t = mem_new(sizeof(*t));

	*t = (struct task){.call = c, .errand = {.asker = c->registry, .on_done = on_done}};
	arena_init(&t->arena, 0);
	check(jid_parse(&t->errand.from, user, &t->arena));
	return t;
}

static void run_get(struct operation_call *c)
{
	struct str user = operation_str(c, "user"), caller = operation_str(c, "caller");
	struct task *t = task_new(c, user.len ? user : caller);

	t->asker = caller;
	t->errand.run = get;
	errand_post(&t->errand);
}

/* What is stored is shown to others in a stanza. */
static bool is_storable(struct str status)
{
	enum { STATUS_MAX = 1024 };
	struct buf text;
	struct writer w;
	struct stanza *s;
	bool is_good;

	buf_init(&text);
	writer_init(&w, &text);
	writer_leaf(&w, "status", "jabber:client", status);
	s = status.len <= STATUS_MAX ? stanza_try_from_text(buf_str(&text), "jabber:client") : NULL;
	is_good = s;
	if (s)
		stanza_unref(&s);
	buf_fini(&text);
	return is_good;
}

static void run_set(struct operation_call *c)
{
	struct str status = operation_str(c, "status");
	struct task *t;

	if (!is_storable(status)) {
		operation_fail(c, "bad_status", "the text has characters that XML cannot carry, or is too long");
		return;
	}
	t = task_new(c, operation_str(c, "user"));
	t->status = arena_str(&t->arena, status);
	t->time_ms = operation_int(c, "timestamp", store_now_ms());
	t->errand.run = set;
	errand_post(&t->errand);
}

/* ---- many accounts ---- */

static void run_count_active(struct operation_call *c)
{
	last_old_count_active(c);
}

static void run_list_old(struct operation_call *c)
{
	last_old_start(c, false);
}

static void run_remove_old(struct operation_call *c)
{
	last_old_start(c, true);
}

static const struct operation_field activity_fields[] = {
	{"user", &operation_type_jid, "whose"},
	{"timestamp", &operation_type_time, "when the user was last here"},
	{"status", &operation_type_string, "what the user said on leaving"},
	{0},
};
static const struct operation_field old_fields[] = {
	{"jid", &operation_type_jid, "the account"},
	{"timestamp", &operation_type_time, "when it was last here; null: never"},
	{0},
};
static const struct operation_type activity = {.name = "LastActivity", .fields = activity_fields};
static const struct operation_type old = {.name = "OldUser", .fields = old_fields}, olds = {.item = &old};

#define ARG_OWN {"user", OPERATION_USER, OPERATION_OWN, NULL, "the account"}
#define ARG_OLD {"timestamp", OPERATION_TIME, 0, NULL, "who was here since then is not old"}
#define ARG_LIMIT {"limit", OPERATION_NUMBER, OPERATION_OPTIONAL, NULL, "at most so many; never more than 10000 in one answer"}
#define ARG_SOME_DOMAIN {"domain", OPERATION_DOMAIN, OPERATION_OPTIONAL, NULL, "only of this domain"}

static const struct operation_arg args_get[] = {{"user", OPERATION_USER, 0, NULL, "the account"}, {0}};
static const struct operation_arg args_own_get[] = {
	{"caller", OPERATION_USER, OPERATION_OWN, NULL, "the caller"},
	{"user", OPERATION_USER, OPERATION_OPTIONAL | OPERATION_ANY_DOMAIN, NULL, "somebody else, who lets the caller see the own presence"},
	{0},
};
static const struct operation_arg args_set[] = {
	ARG_OWN,
	{"timestamp", OPERATION_TIME, OPERATION_OPTIONAL, NULL, "when the user was last here; now, if nothing is said"},
	{"status", OPERATION_STRING, 0, NULL, "what the user said on leaving"},
	{0},
};
static const struct operation_arg args_count[] = {
	{"domain", OPERATION_DOMAIN, 0, NULL, "one of the domains served here"},
	{"timestamp", OPERATION_TIME, OPERATION_OPTIONAL, NULL, "since when; now, if nothing is said"},
	{0},
};
static const struct operation_arg args_old[] = {ARG_SOME_DOMAIN, ARG_OLD, ARG_LIMIT, {0}};

const struct operation last_operations[] = {
	{"last", "getLast", "when a user was last here", args_get, OPERATION_ANYWHERE, OPERATION_FOR_DOMAIN_ADMIN, false, run_get, &activity},
	{"last", "getLast", "when a user was last here: the caller, or a contact", args_own_get, OPERATION_ANYWHERE, OPERATION_FOR_USER_ONLY,
	 false, run_get, &activity},
	{"last", "setLast", "says when a user was last here", args_set, OPERATION_ANYWHERE, OPERATION_FOR_USER, true, run_set, &activity},
	{"last", "countActiveUsers", "how many users were here and left since then", args_count, OPERATION_ANYWHERE_LONG,
	 OPERATION_FOR_DOMAIN_ADMIN, false, run_count_active, &operation_type_int},
	{"last", "listOldUsers", "accounts that are not here, and were not since then or never", args_old, OPERATION_ANYWHERE_LONG,
	 OPERATION_FOR_DOMAIN_ADMIN, false, run_list_old, &olds},
	{"last", "removeOldUsers", "deletes those accounts and everything stored for them", args_old, OPERATION_ANYWHERE_LONG,
	 OPERATION_FOR_DOMAIN_ADMIN, true, run_remove_old, &olds},
	{0},
};
