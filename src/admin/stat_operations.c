/* The category "stat": how many accounts and sessions there are. */
#include <stdlib.h>
#include <string.h>

#include "admin/own_operations.h"
#include "base/mem.h"
#include "base/metric.h"
#include "route/host.h"
#include "route/registry.h"

/* The result is the number of sessions, from loop to loop. */
static int64_t sessions_of(const struct registry *r, struct str domain)
{
	int64_t count = 0;
	size_t cursor = 0;

	for (const struct user *u; (u = map_next(&r->users, &cursor));)
		if (!domain.len || str_equal(u->host->name, domain))
			count += u->session_count;
	return count;
}

static json_t *global_stats(const struct operation_call *c, int64_t accounts)
{
	const struct realm *realm = c->registry->realm;
	json_int_t sessions = json_integer_value(c->result);

	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "uptimeSeconds", (json_int_t)((store_now_ms() - realm->started_ms) / 1000),
			 "registeredUsers", (json_int_t)accounts, "onlineUsersNode", sessions, "onlineUsers", sessions, "incomingS2S",
			 (json_int_t)metric_read(METRIC_s2s_incoming), "outgoingS2S", (json_int_t)metric_read(METRIC_s2s_outgoing));
}

struct counting {
	struct operation_call *call;
	size_t domains;
};

static void on_counted(struct store_job *job, void *context)
{
	struct counting *counting = context;
	struct operation_call *c = counting->call;
	struct why why = {""};
	bool is_counted = store_job_result(job, &why) == ERR_NONE;
	int64_t accounts = 0;

	for (size_t i = 0; is_counted && i < counting->domains; i++)
		accounts += store_job_rows(job, i).total;
	free(counting);
	store_job_free(&job);
	if (!is_counted)
		operation_fail(c, "internal", "%s", why.text);
	else if (operation_str(c, "domain").len > 0)
		operation_reply(c, json_pack("{s:I, s:I}", "registeredUsers", (json_int_t)accounts, "onlineUsers", json_integer_value(c->result)));
	else
		operation_reply(c, global_stats(c, accounts));
}

static void count_accounts(struct operation_call *c)
{
	const struct host_set *hosts = c->registry->hosts;
	struct counting *counting = mem_new(sizeof(*counting));
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_counted, counting);
	struct str domain = operation_str(c, "domain");

	*counting = (struct counting){c, domain.len ? 1 : hosts->count};
	for (size_t i = 0; i < counting->domains; i++)
		store_owner_count(job, domain.len ? domain : hosts->hosts[i].name, ACCOUNT_KIND);
	store_submit_post(job);
}

static void run_stats(struct operation_call *c)
{
	struct str domain = operation_str(c, "domain");

	if (!c->result && domain.len && !host_find(c->registry->hosts, domain)) {
		operation_fail(c, "domain_not_found", "no such domain here: %.*s", STR_ARGS(domain));
		return;
	}
	if (!c->result)
		c->result = json_integer(0);
	json_integer_set(c->result, json_integer_value(c->result) + sessions_of(c->registry, domain));
	if (c->is_last)
		count_accounts(c);
	else
		operation_next(c);
}

static const struct operation_field global_fields[] = {
	{"uptimeSeconds", &operation_type_int, "since the start"},
	{"registeredUsers", &operation_type_int, "accounts of all domains that are in the own store"},
	{"onlineUsersNode", &operation_type_int, "sessions here"},
	{"onlineUsers", &operation_type_int, "sessions"},
	{"incomingS2S", &operation_type_int, "streams from other servers"},
	{"outgoingS2S", &operation_type_int, "streams to other servers"},
	{0},
};
static const struct operation_field domain_fields[] = {
	{"registeredUsers", &operation_type_int, "accounts of the domain that are in the own store"},
	{"onlineUsers", &operation_type_int, "sessions of the domain"},
	{0},
};
static const struct operation_type global = {.name = "GlobalStats", .fields = global_fields};
static const struct operation_type of_domain = {.name = "DomainStats", .fields = domain_fields};
static const struct operation_arg args_domain[] = {{"domain", OPERATION_DOMAIN, 0, NULL, "one of the domains served here"}, {0}};

const struct operation stat_operations[] = {
	{"stat", "globalStats", "accounts, sessions and streams of the whole server", NULL, OPERATION_EVERYWHERE, OPERATION_FOR_ADMIN, false,
	 run_stats, &global},
	{"stat", "domainStats", "accounts and sessions of a domain", args_domain, OPERATION_EVERYWHERE, OPERATION_FOR_DOMAIN_ADMIN, false,
	 run_stats, &of_domain},
	{0},
};
