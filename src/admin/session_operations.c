/* The category "session": who is connected, everywhere or in a domain. What is about one account is in user_sessions.c. */
#include <string.h>

#include "admin/arguments.h"
#include "admin/own_operations.h"
#include "admin/session_view.h"
#include "admin/user_sessions.h"
#include "base/check.h"
#include "route/eviction.h"
#include "route/registry.h"

enum { LIST_MOST = 10000 }; /* in one answer */

/* ---- all sessions of a loop ---- */

/* Calls for each session of this loop that the arguments `domain` and `user` select. */
static void each_session(struct operation_call *c, void (*visit)(struct operation_call *c, const struct session *s))
{
	struct str domain = operation_str(c, "domain"), bare = operation_str(c, "user");
	size_t cursor = 0;

	for (struct user *u; (u = map_next(&c->registry->users, &cursor));) {
		if (domain.len && !str_equal(domain, u->host->name))
			continue;
		if (bare.len && !str_equal(bare, jid_bare_str(u->address)))
			continue;
		list_each(link, &u->sessions)
			visit(c, container_of(link, struct session, link));
	}
}

/* False: the call is answered. */
static bool knows_domain(struct operation_call *c)
{
	struct str domain = operation_str(c, "domain");

	if (!domain.len || host_find(c->registry->hosts, domain))
		return true;
	operation_fail(c, "domain_not_found", "no such domain here: %.*s", STR_ARGS(domain));
	return false;
}

/* ---- lists: the result is {"passed": how many were left out because of `index`, "list": the others} ---- */

static void take(struct operation_call *c, json_t *(*describe)(const struct session *s), const struct session *s)
{
	json_t *passed = json_object_get(c->result, "passed"), *list = json_object_get(c->result, "list");
	int64_t limit = operation_int(c, "limit", LIST_MOST);

	if (json_integer_value(passed) < operation_int(c, "index", 0))
		json_integer_set(passed, json_integer_value(passed) + 1);
	else if (json_array_size(list) < (size_t)(limit < LIST_MOST ? limit : LIST_MOST))
		json_array_append_new(list, describe(s));
}

static void take_session(struct operation_call *c, const struct session *s)
{
	take(c, session_view_json, s);
}

static void take_status(struct operation_call *c, const struct session *s)
{
	if (user_sessions_has_status(s, operation_str(c, "status")))
		take(c, user_sessions_describe_status, s);
}

static void list_with(struct operation_call *c, void (*visit)(struct operation_call *c, const struct session *s))
{
	if (!c->result && !knows_domain(c))
		return;
	if (!c->result)
		c->result = json_pack("{s:i, s:[]}", "passed", 0, "list");
	each_session(c, visit);
	if (c->is_last)
		operation_reply(c, json_incref(json_object_get(c->result, "list")));
	else
		operation_next(c);
}

static void run_list(struct operation_call *c)
{
	list_with(c, take_session);
}

static void run_list_status(struct operation_call *c)
{
	list_with(c, take_status);
}

/* ---- counts ---- */

static void count_one(struct operation_call *c, const struct session *s)
{
	(void)s;
	json_integer_set(c->result, json_integer_value(c->result) + 1);
}

static void count_status(struct operation_call *c, const struct session *s)
{
	if (user_sessions_has_status(s, operation_str(c, "status")))
		count_one(c, s);
}

static void count_with(struct operation_call *c, void (*visit)(struct operation_call *c, const struct session *s))
{
	if (!c->result && !knows_domain(c))
		return;
	if (!c->result)
		c->result = json_integer(0);
	each_session(c, visit);
	if (c->is_last)
		operation_reply(c, c->result);
	else
		operation_next(c);
}

static void run_count(struct operation_call *c)
{
	count_with(c, count_one);
}

static void run_count_status(struct operation_call *c)
{
	count_with(c, count_status);
}

/* ---- ending sessions ---- */

static json_t *kicked(struct jid who)
{
	return json_pack("{s:s%, s:b, s:s}", "jid", who.text, jid_len(who), "kicked", 1, "message", "the session is ended");
}

/* Before they end. */
static json_t *sessions_of(const struct user *u, struct jid who)
{
	json_t *list = json_array();

	if (!u)
		return list;
	list_each(link, &u->sessions) {
		const struct session *s = container_of(link, struct session, link);

		if (!who.resource_len || jid_equal(s->address, who))
			json_array_append_new(list, kicked(s->address));
	}
	return list;
}

static void run_kick(struct operation_call *c)
{
	struct arena a;
	struct jid who;
	struct str reason = operation_str(c, "reason");
	bool is_one = !strcmp(c->operation->name, "kickUserSession");
	json_t *list;

	arena_init(&a, 0);
	check(arguments_user(c, &a, &who));
	list = sessions_of(registry_find_user(c->registry, jid_bare_str(who)), who);
	eviction_of_sessions(c->registry, who, reason.len ? arena_str(&a, reason).data : "ended by an administrator");
	if (json_array_size(list) == 0) {
		operation_fail(c, "no_session", "%.*s has no such session", STR_ARGS(jid_str(who)));
		json_decref(list);
	} else if (is_one) {
		json_decref(list);
		operation_reply(c, kicked(who));
	} else {
		operation_reply(c, list);
	}
	arena_fini(&a);
}

static const struct operation_field kick_fields[] = {
	{"jid", &operation_type_jid, "whose session"},
	{"kicked", &operation_type_boolean, "was it ended?"},
	{"code", &operation_type_string, "why not"},
	{"message", &operation_type_string, "the same in words"},
	{0},
};
static const struct operation_field status_fields[] = {
	{"user", &operation_type_jid, "the full address"},
	{"priority", &operation_type_int, "of the presence"},
	{"text", &operation_type_string, "what the user has written to it"},
	{0},
};
static const struct operation_type kick = {.name = "KickUserResult", .fields = kick_fields}, kicks = {.item = &kick};
static const struct operation_type status = {.name = "UserStatus", .fields = status_fields}, statuses = {.item = &status};

#define ARG_DOMAIN {"domain", OPERATION_DOMAIN, OPERATION_OPTIONAL, NULL, "only of this domain"}
#define ARG_LIMIT {"limit", OPERATION_NUMBER, OPERATION_OPTIONAL, NULL, "at most so many; never more than 10000 in one answer"}
#define ARG_INDEX {"index", OPERATION_INDEX, OPERATION_OPTIONAL, NULL, "leave out so many first"}
#define ARG_STATUS {"status", OPERATION_TEXT, 0, NULL, "available, away, chat, dnd or xa"}
#define ARG_REASON {"reason", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "what the user is told"}

static const struct operation_arg args_list[] = {
	ARG_DOMAIN,
	{"user", OPERATION_USER, OPERATION_OPTIONAL, NULL, "only of this account"},
	ARG_LIMIT,
	ARG_INDEX,
	{0},
};
static const struct operation_arg args_count[] = {
	ARG_DOMAIN,
	{"user", OPERATION_USER, OPERATION_OPTIONAL, NULL, "only of this account"},
	{0},
};
static const struct operation_arg args_list_status[] = {ARG_DOMAIN, ARG_STATUS, ARG_LIMIT, ARG_INDEX, {0}};
static const struct operation_arg args_status[] = {ARG_DOMAIN, ARG_STATUS, {0}};
static const struct operation_arg args_kick_one[] = {{"user", OPERATION_FULL_JID, 0, NULL, "the session"}, ARG_REASON, {0}};
static const struct operation_arg args_kick[] = {{"user", OPERATION_BARE_JID, 0, NULL, "the account"}, ARG_REASON, {0}};

const struct operation session_operations[] = {
	{"session", "listSessions", "everybody who is connected, with address, priority and time", args_list, OPERATION_EVERYWHERE,
	 OPERATION_FOR_ADMIN, false, run_list, &user_sessions_type},
	{"session", "countSessions", "how many sessions there are", args_count, OPERATION_EVERYWHERE, OPERATION_FOR_ADMIN, false, run_count,
	 &operation_type_int},
	{"session", "listUsersWithStatus", "everybody whose presence says so", args_list_status, OPERATION_EVERYWHERE, OPERATION_FOR_ADMIN,
	 false, run_list_status, &statuses},
	{"session", "countUsersWithStatus", "how many sessions have a presence that says so", args_status, OPERATION_EVERYWHERE,
	 OPERATION_FOR_ADMIN, false, run_count_status, &operation_type_int},
	{"session", "kickUserSession", "ends a session", args_kick_one, OPERATION_AT_USER, OPERATION_FOR_DOMAIN_ADMIN, true, run_kick, &kick},
	{"session", "kickUser", "ends all sessions of an account", args_kick, OPERATION_AT_USER, OPERATION_FOR_DOMAIN_ADMIN, true, run_kick,
	 &kicks},
	{0},
};
