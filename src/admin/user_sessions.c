#include "admin/user_sessions.h"

#include <stdlib.h>
#include <string.h>

#include "admin/arguments.h"
#include "admin/own_operations.h"
#include "admin/session_view.h"
#include "base/check.h"
#include "base/mem.h"
#include "route/errand.h"
#include "xmpp/ns.h"

static json_t *text_of(struct str s)
{
	return json_stringn(s.data, s.len);
}

/* ---- one session ---- */

/* The text of a child of the session's presence. */
static struct str presence_text(const struct session *s, const char *name, struct arena *a)
{
	const struct node *n = s->presence ? node_find_child(s->presence, node_root(s->presence), name, NULL) : NULL;

	return n ? str_trim(node_text(s->presence, n, a)) : STR("");
}

bool user_sessions_has_status(const struct session *s, struct str status)
{
	struct arena a;
	struct str show;
	bool is_plain = str_is(status, "available") || str_is(status, "online"), has;

	if (!s->presence)
		return false;
	arena_init(&a, 0);
	show = presence_text(s, "show", &a);
	has = is_plain ? show.len == 0 : str_equal(show, status);
	arena_fini(&a);
	return has;
}

json_t *user_sessions_describe_status(const struct session *s)
{
	struct arena a;
	json_t *j;

	arena_init(&a, 0);
	j = json_pack("{s:I}", "priority", (json_int_t)s->priority);
	json_object_set_new(j, "user", text_of(jid_str(s->address)));
	json_object_set_new(j, "text", text_of(presence_text(s, "status", &a)));
	arena_fini(&a);
	return j;
}

/* ---- those of one account ---- */

struct question {
	struct errand errand;
	struct arena arena;
	struct operation_call *call;
	int64_t number; /* getUserResource */
	json_t *answer;
};

static enum answer list_sessions(struct call *c)
{
	struct question *q = container_of(c->errand, struct question, errand);

	q->answer = json_array();
	list_each(link, &c->user->sessions)
		json_array_append_new(q->answer, session_view_json(container_of(link, struct session, link)));
	return ANSWER_DONE;
}

static enum answer list_resources(struct call *c)
{
	struct question *q = container_of(c->errand, struct question, errand);

	q->answer = json_array();
	list_each(link, &c->user->sessions)
		json_array_append_new(q->answer, text_of(jid_resource(container_of(link, struct session, link)->address)));
	return ANSWER_DONE;
}

static enum answer count_sessions(struct call *c)
{
	container_of(c->errand, struct question, errand)->answer = json_integer(c->user->session_count);
	return ANSWER_DONE;
}

static enum answer find_resource(struct call *c)
{
	struct question *q = container_of(c->errand, struct question, errand);
	int64_t number = 0;

	list_each(link, &c->user->sessions)
		if (++number == q->number)
			q->answer = text_of(jid_resource(container_of(link, struct session, link)->address));
	return ANSWER_DONE;
}

static void on_answered(struct errand *e)
{
	struct question *q = container_of(e, struct question, errand);

	if (!errand_is_done(e))
		errand_fail(e, q->call);
	else if (q->answer)
		operation_reply(q->call, q->answer);
	else
		operation_fail(q->call, "wrong_res_number", "%.*s has not so many sessions", STR_ARGS(jid_str(e->from)));
	errand_fini(e);
	arena_fini(&q->arena);
	free(q);
}

static struct question *question_new(struct operation_call *c)
{
	struct question *q = mem_new(sizeof(*q));

	*q = (struct question){.call = c, .number = operation_int(c, "number", 0), .errand = {.asker = c->registry, .on_done = on_answered}};
	arena_init(&q->arena, 0);
	check(arguments_user(c, &q->arena, &q->errand.from));
	return q;
}

static void start(struct operation_call *c, enum answer (*run)(struct call *c))
{
	struct question *q = question_new(c);

	q->errand.run = run;
	errand_post(&q->errand);
}

static void run_list_sessions(struct operation_call *c)
{
	start(c, list_sessions);
}

static void run_list_resources(struct operation_call *c)
{
	start(c, list_resources);
}

static void run_count(struct operation_call *c)
{
	start(c, count_sessions);
}

static void run_get_resource(struct operation_call *c)
{
	start(c, find_resource);
}

/* ---- presence ---- */

static void on_presence_set(struct errand *e)
{
	struct question *q = container_of(e, struct question, errand);

	if (errand_is_done(e))
		q->answer = json_pack("{s:s%, s:s}", "jid", e->from.text, jid_len(e->from), "message", "the presence is set");
	on_answered(e);
}

/* NULL: there are characters that XML cannot carry. */
static struct stanza *make_presence(const struct operation_call *c)
{
	struct str type = operation_str(c, "type"), show = operation_str(c, "show"), status = operation_str(c, "status");
	bool has_priority = json_object_get(c->args, "priority");
	struct buf text, number;
	struct writer w;
	struct stanza *s;

	buf_init(&text);
	buf_init(&number);
	writer_init(&w, &text);
	writer_open(&w, "presence", NS_CLIENT);
	if (!str_is(type, "available"))
		writer_attribute(&w, "type", type);
	if (show.len && !str_is(show, "online"))
		writer_leaf(&w, "show", NULL, show);
	if (status.len)
		writer_leaf(&w, "status", NULL, status);
	buf_printf(&number, "%lld", (long long)operation_int(c, "priority", 0));
	if (has_priority)
		writer_leaf(&w, "priority", NULL, buf_str(&number));
	writer_close(&w);
	s = stanza_try_from_text(buf_str(&text), NS_CLIENT);
	buf_fini(&number);
	buf_fini(&text);
	return s;
}

static void run_set_presence(struct operation_call *c)
{
	struct stanza *s = make_presence(c);
	struct question *q = question_new(c);

	q->errand.on_done = on_presence_set;
	q->errand.needs_session = true;
	q->errand.stanza = s;
	if (s && q->errand.from.resource_len) {
		errand_post(&q->errand);
		return;
	}
	if (s)
		operation_fail(c, "empty_resource", "the address must have a resource: presence is that of a session");
	else
		operation_fail(c, "bad_status", "the text has characters that XML cannot carry, or is too long");
	if (s)
		stanza_unref(&s);
	arena_fini(&q->arena);
	free(q);
}

/* ---- tables ---- */

static const struct operation_type resources = {.item = &operation_type_resource};
const struct operation_type user_sessions_type = {.item = &session_view_type};

static const struct operation_field payload_fields[] = {
	{"jid", &operation_type_jid, "the session"},
	{"message", &operation_type_string, "what was done"},
	{0},
};
static const struct operation_type payload = {.name = "SessionPayload", .fields = payload_fields};
static const struct operation_type presence_type = {
	.name = "PresenceType", .values = "available|error|probe|subscribe|subscribed|unavailable|unsubscribe|unsubscribed",
};
static const struct operation_type presence_show = {.name = "PresenceShow", .values = "online|away|chat|dnd|xa"};

static const struct operation_arg args_user[] = {{"user", OPERATION_USER, 0, NULL, "the account"}, {0}};
static const struct operation_arg args_own[] = {{"user", OPERATION_USER, OPERATION_OWN, NULL, "the caller"}, {0}};
static const struct operation_arg args_resource[] = {
	{"user", OPERATION_USER, 0, NULL, "the account"},
	{"number", OPERATION_NUMBER, 0, NULL, "which one: 1 is the oldest session"},
	{0},
};
static const struct operation_arg args_presence[] = {
	{"user", OPERATION_JID, 0, NULL, "the session, with its resource"},
	{"type", OPERATION_ENUM, 0, &presence_type, "available, or unavailable; the others go to nobody"},
	{"show", OPERATION_ENUM, OPERATION_OPTIONAL, &presence_show, "how available"},
	{"status", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "what contacts read"},
	{"priority", OPERATION_INT, OPERATION_OPTIONAL, NULL, "from -128 to 127"},
	{0},
};

const struct operation user_session_operations[] = {
	{"session", "listUserSessions", "the sessions of an account", args_user, OPERATION_ANYWHERE, OPERATION_FOR_DOMAIN_ADMIN, false,
	 run_list_sessions, &user_sessions_type},
	{"session", "countUserResources", "how many sessions an account has", args_user, OPERATION_ANYWHERE, OPERATION_FOR_DOMAIN_ADMIN, false,
	 run_count, &operation_type_int},
	{"session", "getUserResource", "the resource of one of an account's sessions", args_resource, OPERATION_ANYWHERE,
	 OPERATION_FOR_DOMAIN_ADMIN, false, run_get_resource, &operation_type_resource},
	{"session", "setPresence", "sends presence for a session, as its client would", args_presence, OPERATION_ANYWHERE,
	 OPERATION_FOR_DOMAIN_ADMIN, true, run_set_presence, &payload},
	{"session", "listResources", "the resources that are connected", args_own, OPERATION_ANYWHERE, OPERATION_FOR_USER_ONLY, false,
	 run_list_resources, &resources},
	{"session", "countResources", "how many resources are connected", args_own, OPERATION_ANYWHERE, OPERATION_FOR_USER_ONLY, false, run_count,
	 &operation_type_int},
	{"session", "listSessions", "the own sessions", args_own, OPERATION_ANYWHERE, OPERATION_FOR_USER_ONLY, false, run_list_sessions,
	 &user_sessions_type},
	{0},
};
