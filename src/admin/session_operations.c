/* The category "session": who is connected. */
#include <string.h>

#include "admin/arguments.h"
#include "admin/own_operations.h"
#include "admin/session_view.h"
#include "base/check.h"
#include "route/eviction.h"
#include "route/registry.h"

/* Calls for each session of this loop that the arguments `domain` and `user` select. */
static void each_session(const struct operation_call *c, void (*visit)(struct session *s, json_t *result))
{
	struct str domain = operation_str(c, "domain"), bare = operation_str(c, "user");
	size_t cursor = 0;
	for (struct user *u; (u = map_next(&c->registry->users, &cursor));) {
		if (domain.len && !str_equal(domain, u->host->name))
			continue;
		if (bare.len && !str_equal(bare, jid_bare_str(u->address)))
			continue;
		list_each(link, &u->sessions)
			visit(container_of(link, struct session, link), c->result);
	}
}

static void finish(struct operation_call *c)
{
	if (c->is_last)
		operation_reply(c, c->result);
	else
		operation_next(c);
}

/* ---- listSessions, countSessions ---- */

static void list_one(struct session *s, json_t *result)
{
	json_array_append_new(result, session_view_json(s));
}

static void run_list(struct operation_call *c)
{
	if (!c->result)
		c->result = json_array();
	each_session(c, list_one);
	finish(c);
}

static void count_one(struct session *s, json_t *result)
{
	(void)s;
	json_integer_set(result, json_integer_value(result) + 1);
}

static void run_count(struct operation_call *c)
{
	if (!c->result)
		c->result = json_integer(0);
	each_session(c, count_one);
	finish(c);
}

/* ---- kickUser ---- */

static void run_kick(struct operation_call *c)
{
	struct arena a;
	struct jid who;
	struct str reason = operation_str(c, "reason");
	arena_init(&a, 0);
	check(arguments_user(c, &a, &who));
	size_t ended = eviction_of_sessions(c->registry, who, reason.len ? arena_str(&a, reason).data : "ended by an administrator");
	if (ended)
		operation_reply(c, json_pack("{s:s%, s:b, s:I, s:s}", "jid", who.text, jid_len(who), "kicked", 1, "sessions", (json_int_t)ended,
					     "message", "the session is ended"));
	else
		operation_fail(c, "no_session", "%.*s has no such session", STR_ARGS(jid_str(who)));
	arena_fini(&a);
}

static const struct operation_field kick_fields[] = {
	{"jid", &operation_type_jid, "whose"},
	{"kicked", &operation_type_boolean, "was there a session?"},
	{"sessions", &operation_type_int, "how many were ended"},
	{"message", &operation_type_string, "the same in words"},
	{0},
};
static const struct operation_type sessions = {.item = &session_view_type};
static const struct operation_type kick = {.name = "KickUserResult", .fields = kick_fields};

static const struct operation_arg args_select[] = {
	{"domain", OPERATION_DOMAIN, true, NULL, "only of this domain"},
	{"user", OPERATION_USER, true, NULL, "only of this account"},
	{0},
};
static const struct operation_arg args_kick[] = {
	{"user", OPERATION_JID, false, NULL, "the account, or one session of it with its resource"},
	{"reason", OPERATION_STRING, true, NULL, "what the user is told"},
	{0},
};

const struct operation session_operations[] = {
	{"session", "listSessions", "everybody who is connected, with address, priority and time", args_select, OPERATION_EVERYWHERE,
	 OPERATION_FOR_ADMIN, false, run_list, &sessions},
	{"session", "countSessions", "how many sessions there are", args_select, OPERATION_EVERYWHERE,
	 OPERATION_FOR_ADMIN, false, run_count, &operation_type_int},
	{"session", "kickUser", "ends the sessions of an account, or one of them", args_kick, OPERATION_AT_USER, OPERATION_FOR_DOMAIN_ADMIN, true,
	 run_kick, &kick},
	{0},
};
