/* The category "account": names and arguments as in MongooseIM's administration. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "admin/arguments.h"
#include "admin/own_operations.h"
#include "auth/record.h"
#include "base/codec.h"
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

/* Users know who they are: they get the message alone. */
static void reply(struct task *t, enum err e, const char *message)
{
	if (e == ERR_NONE)
		operation_reply(t->call, t->call->operation->type == &operation_type_string ? json_string(message) : user_and_message(t, message));
	else
		fail(t->call, e);
	task_free(t);
}

/* ---- registerUser ---- */

static void on_registered(void *context, enum err e)
{
	reply(context, e, "the account is registered");
}

/* Without a name one is made up. */
static void name_user(struct operation_call *c)
{
	enum { NAME_LEN = 26 };
	char name[NAME_LEN + 1];
	if (json_object_get(c->args, "username"))
		return;
	codec_random_text(name, NAME_LEN);
	json_object_set_new(c->args, "username", json_stringn(name, NAME_LEN));
}

static void run_register(struct operation_call *c)
{
	name_user(c);
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

/* The digest of a password that is kept as it is. */
static bool has_digest(const struct record *r, struct str method, struct str digest)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	char hex[2 * EVP_MAX_MD_SIZE + 1];
	unsigned len = 0;
	const EVP_MD *algorithm = str_is(method, "md5") ? EVP_md5() : EVP_sha1();
	if (EVP_Digest(r->password.data, r->password.len, bytes, &len, algorithm, NULL) != 1)
		return false;
	codec_hex(hex, bytes, len);
	hex[2 * (size_t)len] = 0;
	return str_equal_ignoring_case(str_from(hex), digest);
}

static void on_record(struct store_job *job, void *context)
{
	struct task *t = context;
	struct operation_call *c = t->call;
	struct record record;
	bool is_read = store_job_result(job, NULL) == ERR_NONE;
	struct store_rows rows = is_read ? store_job_rows(job, 0) : (struct store_rows){0};
	if (!is_read)
		fail(c, ERR_SYSTEM);
	else if (!rows.count)
		fail(c, ERR_NOT_FOUND);
	else if (!record_decode(rows.rows[0].blob, &record) || !record.password.data)
		operation_fail(c, "not_allowed", "of this account the password itself is not kept, so its digest is not known");
	else {
		bool is_right = has_digest(&record, operation_str(c, "hashMethod"), operation_str(c, "passwordHash"));
		operation_reply(c, json_pack("{s:b, s:s}", "correct", is_right, "message",
					     is_right ? "the digest is that of the password" : "the digest is another one"));
	}
	store_job_free(&job);
	task_free(t);
}

static void run_check_hash(struct operation_call *c)
{
	struct str method = operation_str(c, "hashMethod");
	if (!str_is(method, "md5") && !str_is(method, "sha")) {
		operation_fail(c, "bad_arguments", "the hash method must be md5 or sha");
		return;
	}
	struct task *t = task_new(c);
	if (!t)
		return;
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_record, t);
	store_value_get(job, jid_bare_str(t->user), ACCOUNT_KIND);
	store_submit_post(job);
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

enum { LIST_MOST = 100000, PAGE = 5000 }; /* in one answer, and in one question to the store */

static bool domain_is_ours(struct operation_call *c)
{
	struct str domain = operation_str(c, "domain");
	bool is_ours = host_find(c->registry->hosts, domain) != NULL;
	if (!is_ours)
		operation_fail(c, "domain_not_found", "no such domain here: %.*s", STR_ARGS(domain));
	return is_ours;
}

/* A list is read in pages: each is short for the database and for the loop. */
struct listing {
	struct operation_call *call;
	json_t *list;
	int64_t left_out, left; /* to be passed over, and to be listed */
};

static void read_page(struct listing *l, struct str after);

static void finish_listing(struct listing *l, const struct why *why)
{
	if (why)
		operation_fail(l->call, "internal", "%s", why->text);
	else
		operation_reply(l->call, l->list);
	if (why)
		json_decref(l->list);
	free(l);
}

static void take_row(struct listing *l, struct str owner)
{
	if (l->left_out > 0)
		l->left_out--;
	else if (l->left > 0 && l->left--)
		json_array_append_new(l->list, json_stringn(owner.data, owner.len));
}

static void on_page(struct store_job *job, void *context)
{
	struct listing *l = context;
	struct why why = {""};
	bool is_read = store_job_result(job, &why) == ERR_NONE;
	struct store_rows rows = is_read ? store_job_rows(job, 0) : (struct store_rows){0};
	for (size_t i = 0; i < rows.count; i++)
		take_row(l, rows.rows[i].key);
	if (is_read && rows.count == PAGE && l->left > 0)
		read_page(l, rows.rows[PAGE - 1].key);
	else
		finish_listing(l, is_read ? NULL : &why);
	store_job_free(&job);
}

static void read_page(struct listing *l, struct str after)
{
	struct registry *r = l->call->registry;
	struct store_job *job = store_job_new(r->realm->accounts.store, r->mailbox, on_page, l);
	store_owner_list(job, operation_str(l->call, "domain"), ACCOUNT_KIND, after, PAGE);
	store_submit_post(job);
}

static void run_list(struct operation_call *c)
{
	if (!domain_is_ours(c))
		return;
	int64_t limit = operation_int(c, "limit", LIST_MOST);
	struct listing *l = mem_new(sizeof(*l));
	*l = (struct listing){c, json_array(), operation_int(c, "index", 0), limit < LIST_MOST ? limit : LIST_MOST};
	read_page(l, STR(""));
}

static void on_counted(struct store_job *job, void *context)
{
	struct operation_call *c = context;
	struct why why = {""};
	if (store_job_result(job, &why) == ERR_NONE)
		operation_reply(c, json_integer(store_job_rows(job, 0).total));
	else
		operation_fail(c, "internal", "%s", why.text);
	store_job_free(&job);
}

static void run_count(struct operation_call *c)
{
	if (!domain_is_ours(c))
		return;
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_counted, c);
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
	ARG_DOMAIN,
	{"username", OPERATION_USER_NAME, OPERATION_OPTIONAL, NULL, "the part before the @; without it one is made up"},
	{"password", OPERATION_SECRET, false, NULL, "the password"},
	{0},
};
static const struct operation_arg args_user[] = {ARG_USER, {0}};
static const struct operation_arg args_domain[] = {ARG_DOMAIN, {0}};
static const struct operation_arg args_list[] = {
	ARG_DOMAIN,
	{"limit", OPERATION_NUMBER, OPERATION_OPTIONAL, NULL, "at most so many"},
	{"index", OPERATION_INDEX, OPERATION_OPTIONAL, NULL, "leave out so many first"},
	{0},
};
static const struct operation_arg args_password[] = {ARG_USER, {"password", OPERATION_SECRET, false, NULL, "the password to try"}, {0}};
static const struct operation_arg args_hash[] = {
	ARG_USER,
	{"passwordHash", OPERATION_SECRET, 0, NULL, "the digest to try, in hexadecimal digits"},
	{"hashMethod", OPERATION_STRING, 0, NULL, "md5 or sha"},
	{0},
};
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
	{"account", "checkPasswordHash", "is this the digest of the password? Only where passwords themselves are kept", args_hash,
	 OPERATION_AT_USER, OPERATION_FOR_DOMAIN_ADMIN, false, run_check_hash, &check_password_payload},
	{0},
};

static const struct operation_arg args_own[] = {{"user", OPERATION_USER, OPERATION_OWN, NULL, "the caller"}, {0}};
static const struct operation_arg args_own_password[] = {
	{"user", OPERATION_USER, OPERATION_OWN, NULL, "the caller"},
	{"newPassword", OPERATION_SECRET, 0, NULL, "the new password"},
	{0},
};

const struct operation own_account_operations[] = {
	{"account", "unregister", "deletes the own account and everything stored for it", args_own, OPERATION_AT_USER, OPERATION_FOR_USER_ONLY,
	 true, run_remove, &operation_type_string},
	{"account", "changePassword", "sets a new password", args_own_password, OPERATION_AT_USER, OPERATION_FOR_USER_ONLY, true,
	 run_change_password, &operation_type_string},
	{0},
};
