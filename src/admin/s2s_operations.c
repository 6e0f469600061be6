/* The category "s2s": streams with other servers. */
#include "admin/own_operations.h"
#include "base/arena.h"
#include "route/abroad.h"
#include "route/registry.h"

static json_t *text_of(struct str s)
{
	return s.len ? json_stringn(s.data, s.len) : json_null();
}

/* Of which domain is asked; false: the call has failed. */
static bool read_domain(struct operation_call *c, struct arena *a, struct str *out)
{
	struct str raw = operation_str(c, "domain");

	*out = STR_NONE;
	if (!raw.len || jid_prepare_domain(raw, a, out))
		return true;
	operation_fail(c, "bad_domain", "%.*s is no domain", STR_ARGS(raw));
	return false;
}

static void finish(struct operation_call *c)
{
	if (c->is_last)
		operation_reply(c, c->result);
	else
		operation_next(c);
}

/* ---- listConnections ---- */

struct listing {
	json_t *result;
	struct str domain; /* empty: all */
	int64_t limit;
};

static void list_one(void *context, const struct abroad_stream *s)
{
	struct listing *l = context;
	char ip[IP_TEXT_MAX];
	json_t *j;

	if ((int64_t)json_array_size(l->result) >= l->limit || (l->domain.len && !str_equal(l->domain, s->remote)))
		return;
	j = json_pack("{s:s, s:s, s:b, s:I, s:I}", "direction", s->is_incoming ? "in" : "out", "state", s->state, "tls", s->is_secure, "waiting",
		      (json_int_t)s->waiting, "unconfirmed", (json_int_t)s->unconfirmed);
	json_object_set_new(j, "local", text_of(s->local));
	json_object_set_new(j, "remote", text_of(s->remote));
	json_object_set_new(j, "address", s->peer.version ? json_string(ip_format(s->peer, true, ip)) : json_null());
	json_array_append_new(l->result, j);
}

static void run_list(struct operation_call *c)
{
	const struct abroad_ops *ops = c->registry->realm->abroad_ops;
	struct listing l;
	struct arena a;

	arena_init(&a, 0);
	if (read_domain(c, &a, &l.domain)) {
		if (!c->result)
			c->result = json_array();
		l.result = c->result;
		l.limit = operation_int(c, "limit", INT64_MAX);
		if (ops)
			ops->each(c->registry, list_one, &l);
		finish(c);
	}
	arena_fini(&a);
}

/* ---- dropConnection ---- */

static void run_drop(struct operation_call *c)
{
	const struct abroad_ops *ops = c->registry->realm->abroad_ops;
	struct str domain;
	struct arena a;

	arena_init(&a, 0);
	if (read_domain(c, &a, &domain)) {
		if (!c->result)
			c->result = json_integer(0);
		if (ops)
			json_integer_set(c->result, json_integer_value(c->result) + (json_int_t)ops->drop(c->registry, domain));
		finish(c);
	}
	arena_fini(&a);
}

static const struct operation_field stream_fields[] = {
	{"direction", &operation_type_string, "who opened it: in, the other server; out, this one"},
	{"local", &operation_type_string, "our domain"},
	{"remote", &operation_type_string, "the other one"},
	{"state", &operation_type_string, "proving, open; connecting, waiting, blocked until the next attempt, idle"},
	{"address", &operation_type_string, "of the other server, when there is a connection"},
	{"tls", &operation_type_boolean, "is it encrypted?"},
	{"waiting", &operation_type_long, "stanzas that are not yet sent"},
	{"unconfirmed", &operation_type_long, "stanzas that are sent and not known to have arrived"},
	{0},
};
static const struct operation_type stream = {.name = "S2sConnection", .fields = stream_fields}, streams = {.item = &stream};

static const struct operation_arg args_list[] = {
	{"domain", OPERATION_STRING, OPERATION_OPTIONAL, NULL, "only with this other server"},
	{"limit", OPERATION_INT, OPERATION_OPTIONAL, NULL, "so many at most"},
	{0},
};
static const struct operation_arg args_drop[] = {
	{"domain", OPERATION_STRING, 0, NULL, "the other server"},
	{0},
};

const struct operation s2s_operations[] = {
	{"s2s", "listConnections", "the streams with other servers, both ways, and what waits for them", args_list, OPERATION_EVERYWHERE,
	 OPERATION_FOR_ADMIN, false, run_list, &streams},
	{"s2s", "dropConnection", "ends the streams with another server; what waits for it goes back to its senders", args_drop,
	 OPERATION_EVERYWHERE, OPERATION_FOR_ADMIN, true, run_drop, &operation_type_int},
	{0},
};
