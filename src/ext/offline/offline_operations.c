#include "ext/offline/offline_operations.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ext/offline/offline.h"
#include "route/host.h"
#include "route/registry.h"
#include "store/store.h"
#include "xmpp/ns.h"

enum { OWNERS = 100, MESSAGES = 100 };
enum { DAY_MS = 86400000 };

/* All messages of a domain, account by account, some at a time. */
struct sweep {
	struct operation_call *call;
	bool (*is_due)(const struct sweep *s, const struct store_row *message);
	bool is_by_age; /* what comes behind one that stays is younger, and stays as well */
	int64_t now_ms, before_ms;
	struct store_job *owners; /* a page of accounts */
	size_t next;              /* of them */
	int64_t last_number;      /* of the present account: up to here it has been looked at */
	int64_t removed;
};

static void finish(struct sweep *s, const struct why *why)
{
	if (why)
		operation_fail(s->call, "internal", "%s", why->text);
	else
		operation_reply(s->call, json_sprintf("messages removed: %lld", (long long)s->removed));
	if (s->owners)
		store_job_free(&s->owners);
	free(s);
}

static struct store_job *job_new(struct sweep *s, void (*done)(struct store_job *job, void *context))
{
	struct registry *r = s->call->registry;

	return store_job_new(r->realm->accounts.store, r->mailbox, done, s);
}

static void read_messages(struct sweep *s);
static void read_owners(struct sweep *s, struct str after);

/* ---- one account ---- */

static struct str owner_of(const struct sweep *s)
{
	return store_job_rows(s->owners, 0).rows[s->next].key;
}

static void next_owner(struct sweep *s)
{
	struct store_rows owners = store_job_rows(s->owners, 0);
	struct store_job *page = s->owners;

	s->last_number = 0;
	if (++s->next < owners.count) {
		read_messages(s);
	} else if (owners.count < OWNERS) {
		finish(s, NULL);
	} else {
		s->owners = NULL;
		read_owners(s, owners.rows[owners.count - 1].key);
		store_job_free(&page);
	}
}

static void on_removed(struct store_job *job, void *context)
{
	struct sweep *s = context;
	struct why why = {""};
	bool is_done = store_job_result(job, &why) == ERR_NONE;

	store_job_free(&job);
	if (is_done)
		read_messages(s);
	else
		finish(s, &why);
}

/* Adds their removal to the job. */
static size_t choose(struct sweep *s, struct store_rows messages, struct store_job *removal, bool *is_over)
{
	size_t count = 0;

	for (size_t i = 0; i < messages.count && !*is_over; i++) {
		const struct store_row *message = &messages.rows[i];

		s->last_number = message->number;
		if (s->is_due(s, message)) {
			store_queue_delete(removal, owner_of(s), OFFLINE_KIND, message->number);
			count++;
		} else {
			*is_over = s->is_by_age;
		}
	}
	return count;
}

static void on_messages(struct store_job *job, void *context)
{
	struct sweep *s = context;
	struct why why = {""};
	bool is_read = store_job_result(job, &why) == ERR_NONE;
	struct store_rows messages = is_read ? store_job_rows(job, 0) : (struct store_rows){0};
	struct store_job *removal = job_new(s, on_removed);
	bool is_over = messages.count == 0;
	size_t count = choose(s, messages, removal, &is_over);

	store_job_free(&job);
	s->removed += (int64_t)count;
	if (count > 0) {
		store_submit_post(removal);
		return;
	}
	store_job_free(&removal);
	if (!is_read)
		finish(s, &why);
	else if (is_over)
		next_owner(s);
	else
		read_messages(s);
}

static void read_messages(struct sweep *s)
{
	struct store_job *job = job_new(s, on_messages);

	store_queue_list(job, owner_of(s), OFFLINE_KIND, s->last_number, MESSAGES);
	store_submit_post(job);
}

/* ---- accounts ---- */

static void on_owners(struct store_job *job, void *context)
{
	struct sweep *s = context;
	struct why why = {""};
	bool is_read = store_job_result(job, &why) == ERR_NONE;

	s->owners = job;
	s->next = 0;
	s->last_number = 0;
	if (is_read && store_job_rows(job, 0).count > 0)
		read_messages(s);
	else
		finish(s, is_read ? NULL : &why);
}

static void read_owners(struct sweep *s, struct str after)
{
	struct store_job *job = job_new(s, on_owners);

	store_queue_owners(job, operation_str(s->call, "domain"), OFFLINE_KIND, after, OWNERS);
	store_submit_post(job);
}

static void start(struct operation_call *c, struct sweep what)
{
	struct str domain = operation_str(c, "domain");
	const struct host *h = host_find(c->registry->hosts, domain);
	struct sweep *s;

	if (!h) {
		operation_fail(c, "domain_not_found", "no such domain here: %.*s", STR_ARGS(domain));
	} else if (!host_find_module(h, &offline_module)) {
		operation_fail(c, "deps_not_loaded", "mod_offline is not on at %.*s", STR_ARGS(domain));
	} else {
		s = mem_new(sizeof(*s));
		*s = what;
		s->call = c;
		s->now_ms = store_now_ms();
		s->before_ms = s->now_ms - operation_int(c, "days", 0) * DAY_MS;
		read_owners(s, STR(""));
	}
}

/* ---- which messages ---- */

static bool is_old(const struct sweep *s, const struct store_row *message)
{
	return message->time_ms <= s->before_ms;
}

/* XEP-0023: <x xmlns='jabber:x:expire' seconds='N'/>, from when it was kept. */
static bool is_expired(const struct sweep *s, const struct store_row *message)
{
	struct stanza *stanza = stanza_try_from_text(message->blob, NS_CLIENT);
	const struct node *x = stanza ? node_find_child(stanza, node_root(stanza), "x", "jabber:x:expire") : NULL;
	int64_t seconds = 0;
	bool is_limited = x && str_to_int(node_attribute_raw(stanza, x, "seconds"), 0, INT32_MAX, &seconds);

	if (stanza)
		stanza_unref(&stanza);
	return is_limited && message->time_ms + seconds * 1000 <= s->now_ms;
}

static void run_delete_expired(struct operation_call *c)
{
	start(c, (struct sweep){.is_due = is_expired});
}

static void run_delete_old(struct operation_call *c)
{
	start(c, (struct sweep){.is_due = is_old, .is_by_age = true});
}

#define ARG_DOMAIN {"domain", OPERATION_DOMAIN, 0, NULL, "one of the domains served here"}

static const struct operation_arg args_expired[] = {ARG_DOMAIN, {0}};
static const struct operation_arg args_old[] = {
	ARG_DOMAIN,
	{"days", OPERATION_NUMBER, 0, NULL, "what waits as long or longer is deleted"},
	{0},
};

const struct operation offline_operations[] = {
	{"offline", "deleteExpiredMessages", "deletes waiting messages whose senders said how long they matter (XEP-0023), when that is over",
	 args_expired, OPERATION_ANYWHERE_LONG, OPERATION_FOR_DOMAIN_ADMIN, true, run_delete_expired, &operation_type_string},
	{"offline", "deleteOldMessages", "deletes messages that have waited for so many days", args_old, OPERATION_ANYWHERE_LONG,
	 OPERATION_FOR_DOMAIN_ADMIN, true, run_delete_old, &operation_type_string},
	{0},
};
