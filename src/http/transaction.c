#include "http/transaction.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "http/compression.h"
#include "http/head.h"
#include "http/target.h"

enum { ARENA_BYTES = 2048 };

static const struct {
	const char *name;
	enum handler_method method;
	bool is_head;
} methods[] = {
	{"GET", HANDLER_GET, false},         {"POST", HANDLER_POST, false},     {"HEAD", HANDLER_GET, true},
	{"PUT", HANDLER_PUT, false},         {"DELETE", HANDLER_DELETE, false}, {"PATCH", HANDLER_PATCH, false},
	{"OPTIONS", HANDLER_OPTIONS, false},
};

struct transaction *transaction_new(const struct hosting *hosting, const struct transaction_way *way, void *client,
					const struct conn *c)
{
	struct transaction *t = mem_new(sizeof(*t));

	t->x.loop = c->loop;
	t->x.peer = c->peer;
	t->x.tls = c->tls;
	t->x.is_secure = hosting_get_rules(hosting)->tls != NULL;
	t->x.host = t->x.authority = t->x.path = t->x.subpath = t->x.body = STR("");
	t->way = way;
	t->client = client;
	t->hosting = hosting;
	arena_init(&t->arena, ARENA_BYTES);
	buf_init(&t->body);
	return t;
}

static bool hold(struct transaction *t, size_t bytes)
{
	const struct hosting_rules *rules = hosting_get_rules(t->hosting);

	/* Counted in any case. */
	bool may = !rules->hold || rules->hold(rules->context, t->held_bytes, bytes);

	t->held_bytes = bytes;
	return may;
}

void transaction_free(struct transaction **t)
{
	struct transaction *gone = *t;

	*t = NULL;
	if (!gone)
		return;
	if (gone->held_bytes)
		hold(gone, 0);
	compression_free(&gone->compression);
	buf_fini(&gone->body);
	arena_fini(&gone->arena);
	free(gone);
}

int transaction_set_method(struct transaction *t, struct str name)
{
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (!str_is(name, methods[i].name))
			continue;
		t->x.method = methods[i].method;
		t->x.is_head = t->hides_body = methods[i].is_head;
		return 0;
	}
	return 501;
}

/* ---- who asks ---- */

static bool is_proxy(const struct hosting_rules *rules, struct ip peer)
{
	for (size_t i = 0; i < rules->proxy_count; i++)
		if (ip_range_contains(&rules->proxies[i], peer))
			return true;
	return false;
}

/* From the right: each address was written by the one after it, who has to be a proxy that is believed. */
static void believe_proxy(struct transaction *t)
{
	const struct hosting_rules *rules = hosting_get_rules(t->hosting);
	struct str list = exchange_header(&t->x, "x-forwarded-for"),
		   scheme = exchange_header(&t->x, "x-forwarded-proto");

	if (rules->proxy_count == 0 || !is_proxy(rules, t->x.peer))
		return;
	if (scheme.data)
		t->x.is_secure = str_equal_ignoring_case(scheme, STR("https"));
	while (list.len > 0 && is_proxy(rules, t->x.peer)) {
		size_t at = list.len;
		struct ip address;

		while (at > 0 && list.data[at - 1] != ',')
			at--;
		if (!ip_parse(str_trim(str_make(list.data + at, list.len - at)), &address))
			return;
		t->x.peer = address;
		list.len = at > 0 ? at - 1 : 0;
	}
}

int transaction_set_target(struct transaction *t, struct str raw, struct str host)
{
	struct target target;

	if (!target_read(raw, &t->arena, &target))
		return 400;
	if (str_is(target.path, "*") && t->x.method != HANDLER_OPTIONS)
		return 400;
	t->x.path = target.path;
	t->x.query = target.query;
	t->x.authority = target.authority.data ? target.authority : host;
	believe_proxy(t);
	return target_read_host(t->x.authority, &t->arena, &t->x.host) ? 0 : 400;
}

/* ---- to whom ---- */

static void set_allow(struct transaction *t, unsigned allowed)
{
	struct buf list;

	buf_init(&list);
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if ((allowed | HANDLER_OPTIONS) & methods[i].method)
			buf_printf(&list, "%s%s", list.len ? ", " : "", methods[i].name);
	exchange_set_header(&t->x, "allow", buf_str(&list));
	buf_fini(&list);
}

int transaction_route(struct transaction *t, int64_t body_len)
{
	t->route = hosting_find(t->hosting, t->x.host, t->x.path, &t->x.subpath);
	if (str_is(t->x.path, "*")) {
		set_allow(t, ~0u);
		return 204;
	}
	if (!t->route)
		return 404;
	const struct handler *h = t->route->handler;

	if (!(h->methods & t->x.method)) {
		set_allow(t, h->methods);
		return t->x.method == HANDLER_OPTIONS ? 204 : 405;
	}
	return body_len > 0 && (uint64_t)body_len > h->body_limit_bytes ? 413 : 0;
}

int transaction_take_body(struct transaction *t, struct str piece)
{
	if (t->body.len + piece.len > t->route->handler->body_limit_bytes)
		return 413;
	if (!hold(t, t->body.len + piece.len))
		return 503;
	buf_append_str(&t->body, piece);
	return 0;
}

void transaction_run(struct transaction *t)
{
	t->x.body = t->body.len ? buf_str(&t->body) : STR("");
	t->is_running = true;
	t->route->handler->handle(t->route->instance, &t->x);
}

/* ---- its end ---- */

void transaction_cancel(struct transaction **t)
{
	struct transaction *gone = *t;

	*t = NULL;
	if (gone && gone->is_running && gone->x.holder)
		gone->x.holder->on_cancelled(gone->x.holder);
	transaction_free(&gone);
}

void transaction_refuse(struct transaction *t, int status)
{
	if (status == 204)
		exchange_answer(&t->x, 204, STR_NONE, STR_NONE);
	else
		exchange_fail(&t->x, status);
}

void transaction_tell_ending(struct transaction *t)
{
	if (t->has_begun && t->x.holder && t->x.holder->on_ending)
		t->x.holder->on_ending(t->x.holder);
}

void transaction_tell_drained(struct transaction *t)
{
	if (t->has_begun && t->x.holder && t->x.holder->on_drained)
		t->x.holder->on_drained(t->x.holder);
}
