/* The category "account": names and arguments as in MongooseIM's administration. */
#include <stdlib.h>
#include <string.h>

#include "admin/arguments.h"
#include "admin/own_operations.h"
#include "base/mem.h"
#include "route/eviction.h"
#include "route/module.h"
#include "route/registry.h"

/* What is remembered while the accounts answer. */
struct task {
	struct operation_call *call;
	struct arena arena;
	struct jid user;
	const struct host_set *hosts; /* counted: the answer may come after a reload */
	const struct host *host;
};

static void task_free(struct task *t)
{
	host_set_unref(&t->hosts);
	arena_fini(&t->arena);
	free(t);
}

/* NULL, and the call is answered, when the user cannot be one of ours. */
static struct task *task_new(struct operation_call *c)
{
	struct task *t = mem_new(sizeof(*t));
	*t = (struct task){.call = c, .hosts = c->registry->hosts};
	host_set_ref(t->hosts);
	arena_init(&t->arena, 0);
	if (!arguments_user(c, &t->arena, &t->user)) {
		operation_fail(c, "bad_user", "the user name is not a valid one");
	} else {
		t->user = jid_copy(&t->arena, t->user);
		t->host = host_find(t->hosts, jid_domain(t->user));
		if (t->host)
			return t;
		operation_fail(c, "domain_not_found", "no such domain here: %.*s", STR_ARGS(jid_domain(t->user)));
	}
	task_free(t);
	return NULL;
}

static struct account_asker asker(struct task *t)
{
	struct registry *r = t->call->registry;
	return (struct account_asker){
		.service = &r->realm->accounts, .auth = t->host->config->auth, .reply_to = r->mailbox, .context = t,
	};
}

static json_t *user_and_message(const struct task *t, const char *message)
{
	return json_pack("{s:s%, s:s}", "jid", t->user.text, jid_len(t->user), "message", message);
}

static void fail(struct operation_call *c, enum err e)
{
	switch (e) {
	case ERR_NOT_FOUND:
		operation_fail(c, "user_not_found", "no such account");
		break;
	case ERR_EXISTS:
		operation_fail(c, "user_exists", "the account is already there");
		break;
	case ERR_INVALID:
		operation_fail(c, "bad_password", "this cannot be a password");
		break;
	case ERR_ACCESS:
		operation_fail(c, "not_allowed", "the methods of this domain do not allow it");
		break;
	case ERR_LIMIT:
		operation_fail(c, "limit_exceeded", "the domain has max_users_per_domain accounts already");
		break;
	default:
		operation_fail(c, "internal", "the accounts could not be asked: %s", err_text(e));
	}
}

static void reply(struct task *t, enum err e, const char *message)
{
	if (e == ERR_NONE)
		operation_reply(t->call, user_and_message(t, message));
	else
		fail(t->call, e);
	task_free(t);
}

/* ---- registerUser ---- */

static void on_registered(void *context, enum err e)
{
	reply(context, e, "the account is registered");
}

static void run_register(struct operation_call *c)
{
	struct task *t = task_new(c);
	if (t)
		account_register(asker(t), t->user, operation_str(c, "password"), on_registered);
}

/* ---- removeUser ---- */

static void on_removed(void *context, enum err e)
{
	struct task *t = context;
	eviction_of_sessions(t->call->registry, t->user, "the account has been removed");
	reply(t, e, "the account and everything stored for it is removed");
}

static void run_remove(struct operation_call *c)
{
	struct task *t = task_new(c);
	if (!t)
		return;
	eviction_prepare(c->registry, t->user);
	account_remove(asker(t), t->user, on_removed);
}

/* ---- checkUser, checkPassword, changeUserPassword, banUser, unbanUser ---- */

static void on_checked(void *context, enum err e)
{
	struct task *t = context;
	if (e == ERR_NONE || e == ERR_NOT_FOUND)
		operation_reply(t->call, json_pack("{s:b, s:s}", "exist", e == ERR_NONE, "message",
						   e == ERR_NONE ? "the account exists" : "no such account"));
	else
		fail(t->call, e);
	task_free(t);
}

static void run_check(struct operation_call *c)
{
	struct task *t = task_new(c);
	if (t)
		account_exists(asker(t), t->user, on_checked);
}

static void on_password_checked(void *context, enum err e)
{
	struct task *t = context;
	if (e == ERR_NONE || e == ERR_ACCESS || e == ERR_CLOSED)
		operation_reply(t->call, json_pack("{s:b, s:s}", "correct", e == ERR_NONE, "message",
						   e == ERR_NONE     ? "the password is right"
						   : e == ERR_CLOSED ? "the account is banned"
								     : "the password is wrong"));
	else
		fail(t->call, e);
	task_free(t);
}

static void run_check_password(struct operation_call *c)
{
	struct task *t = task_new(c);
	if (t)
		account_check_password(asker(t), t->user, operation_str(c, "password"), on_password_checked);
}

static void on_password_changed(void *context, enum err e)
{
	reply(context, e, "the password is changed");
}

static void run_change_password(struct operation_call *c)
{
	struct task *t = task_new(c);
	if (t)
		account_set_password(asker(t), t->user, operation_str(c, "newPassword"), on_password_changed);
}

static void on_banned(void *context, enum err e)
{
	struct task *t = context;
	if (e == ERR_NONE)
		eviction_of_sessions(t->call->registry, t->user, "the account is banned");
	reply(t, e, "the account is banned: it stays, but nobody can log in with it");
}

static void run_ban(struct operation_call *c)
{
	struct task *t = task_new(c);
	if (t)
		account_ban(asker(t), t->user, on_banned);
}

static void on_unbanned(void *context, enum err e)
{
	reply(context, e, "the account is not banned: its password is good again");
}

static void run_unban(struct operation_call *c)
{
	struct task *t = task_new(c);
	if (t)
		account_unban(asker(t), t->user, on_unbanned);
}

/* ---- listUsers, countUsers ---- */

enum { LIST_MOST = 100000 };

static bool domain_is_ours(struct operation_call *c)
{
	struct str domain = operation_str(c, "domain");
	bool is_ours = host_find(c->registry->hosts, domain) != NULL;
	if (!is_ours)
		operation_fail(c, "domain_not_found", "no such domain here: %.*s", STR_ARGS(domain));
	return is_ours;
}

static void on_listed(struct store_job *job, void *context)
{
	struct operation_call *c = context;
	struct why why = {""};
	if (store_job_result(job, &why) != ERR_NONE) {
		operation_fail(c, "internal", "%s", why.text);
	} else if (!strcmp(c->operation->name, "countUsers")) {
		operation_reply(c, json_integer(store_job_rows(job, 0).total));
	} else {
		json_t *list = json_array();
		struct store_rows rows = store_job_rows(job, 0);
		for (size_t i = 0; i < rows.count; i++)
			json_array_append_new(list, json_stringn(rows.rows[i].key.data, rows.rows[i].key.len));
		operation_reply(c, list);
	}
	store_job_free(&job);
}

static void run_list(struct operation_call *c)
{
	if (!domain_is_ours(c))
		return;
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_listed, c);
	store_owner_list(job, operation_str(c, "domain"), ACCOUNT_KIND, STR_NONE, operation_int(c, "limit", LIST_MOST));
	store_submit_post(job);
}

static void run_count(struct operation_call *c)
{
	if (!domain_is_ours(c))
		return;
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_listed, c);
	store_owner_count(job, operation_str(c, "domain"), ACCOUNT_KIND);
	store_submit_post(job);
}

static const struct operation_field payload_fields[] = {
	{"jid", &operation_type_jid, "the account"},
	{"message", &operation_type_string, "what was done"},
	{0},
};
static const struct operation_field check_fields[] = {
	{"exist", &operation_type_boolean, "is there such an account?"},
	{"message", &operation_type_string, "the same in words"},
	{0},
};
static const struct operation_field check_password_fields[] = {
	{"correct", &operation_type_boolean, "is it the password?"},
	{"message", &operation_type_string, "the same in words"},
	{0},
};
static const struct operation_type payload = {.name = "UserPayload", .fields = payload_fields};
static const struct operation_type check_payload = {.name = "CheckUserPayload", .fields = check_fields};
static const struct operation_type check_password_payload = {.name = "CheckPasswordPayload", .fields = check_password_fields};

#define ARG_USER {"user", OPERATION_USER, false, NULL, "the account"}
#define ARG_DOMAIN {"domain", OPERATION_DOMAIN, false, NULL, "one of the domains served here"}

static const struct operation_arg args_register[] = {
	{"username", OPERATION_STRING, false, NULL, "the part before the @"},
	ARG_DOMAIN,
	{"password", OPERATION_SECRET, false, NULL, "the password"},
	{0},
};
static const struct operation_arg args_user[] = {ARG_USER, {0}};
static const struct operation_arg args_domain[] = {ARG_DOMAIN, {0}};
static const struct operation_arg args_list[] = {ARG_DOMAIN, {"limit", OPERATION_INT, true, NULL, "at most so many"}, {0}};
static const struct operation_arg args_password[] = {ARG_USER, {"password", OPERATION_SECRET, false, NULL, "the password to try"}, {0}};
static const struct operation_arg args_change[] = {ARG_USER, {"newPassword", OPERATION_SECRET, false, NULL, "the new password"}, {0}};
static const struct operation_arg args_ban[] = {ARG_USER, {"reason", OPERATION_STRING, true, NULL, "why, for the log"}, {0}};

const struct operation account_operations[] = {
	{"account", "registerUser", "makes an account", args_register, OPERATION_AT_USER, OPERATION_FOR_DOMAIN_ADMIN, true, run_register, &payload},
	{"account", "removeUser", "deletes an account and everything stored for it", args_user, OPERATION_AT_USER, OPERATION_FOR_DOMAIN_ADMIN, true,
	 run_remove, &payload},
	{"account", "listUsers", "the accounts of a domain", args_list, OPERATION_ANYWHERE,
	 OPERATION_FOR_DOMAIN_ADMIN, false, run_list, &operation_type_strings},
	{"account", "countUsers", "how many accounts a domain has", args_domain, OPERATION_ANYWHERE,
	 OPERATION_FOR_DOMAIN_ADMIN, false, run_count, &operation_type_int},
	{"account", "checkUser", "does the account exist?", args_user, OPERATION_AT_USER,
	 OPERATION_FOR_DOMAIN_ADMIN, false, run_check, &check_payload},
	{"account", "checkPassword", "is this the password?", args_password, OPERATION_AT_USER, OPERATION_FOR_DOMAIN_ADMIN, false,
	 run_check_password, &check_password_payload},
	{"account", "changeUserPassword", "sets a new password", args_change, OPERATION_AT_USER, OPERATION_FOR_DOMAIN_ADMIN, true,
	 run_change_password, &payload},
	{"account", "banUser", "ends the account's sessions and lets nobody log in with it", args_ban, OPERATION_AT_USER,
	 OPERATION_FOR_DOMAIN_ADMIN, true, run_ban, &payload},
	{"account", "unbanUser", "lets a banned user log in again, with the password as it is", args_user, OPERATION_AT_USER,
	 OPERATION_FOR_DOMAIN_ADMIN, true, run_unban, &payload},
	{0},
};
