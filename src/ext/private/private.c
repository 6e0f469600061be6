/* XEP-0049: a client keeps XML of its own on the server, one piece per element name and namespace. */
#include "base/err.h"
#include "ext/private/private_operations.h"
#include "route/module.h"
#include "route/registry.h"
#include "store/store.h"
#include "xmpp/ns.h"

#define KIND "private"

enum { PIECES_MAX = 100 }; /* in one request: each costs the store a step, and others wait meanwhile */

/* The key of a piece: "namespace name"; neither can hold a space. NULL data: an element without a namespace of its own. */
static struct str key_of(struct call *c, const struct node *n)
{
	struct str ns = node_ns(c->stanza, n), name = node_name(c->stanza, n);
	if (!ns.len || str_is(ns, NS_PRIVATE) || str_is(ns, NS_CLIENT))
		return STR_NONE;
	return str_from(arena_printf(&c->arena, "%.*s %.*s", STR_ARGS(ns), STR_ARGS(name)));
}

static void on_stored(struct store_job *job, void *context)
{
	struct call *c = context;
	enum err e = store_job_result(job, NULL);
	store_job_free(&job);
	if (e == ERR_NONE)
		call_result(c);
	else
		call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	call_resume(c, ANSWER_DONE);
}

static void on_found(struct store_job *job, void *context)
{
	struct call *c = context;
	if (store_job_result(job, NULL) != ERR_NONE) {
		call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, NULL);
	} else {
		struct store_rows rows = store_job_rows(job, 0);
		struct writer *w = call_begin_result(c);
		writer_open(w, "query", NS_PRIVATE);
		if (rows.count)
			writer_raw(w, rows.rows[0].blob);
		else
			writer_node(w, c->stanza, node_first_child(c->stanza, call_payload(c)));
		writer_close(w);
		call_send_result(c);
	}
	store_job_free(&job);
	call_resume(c, ANSWER_DONE);
}

static enum answer get(struct call *c, const struct node *piece)
{
	struct str key = key_of(c, piece);
	if (!key.data || node_next_sibling(c->stanza, piece))
		return call_error(c, STANZA_ERROR_NOT_ACCEPTABLE, "one element with its own namespace is wanted");
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_found, c);
	store_map_get(job, jid_bare_str(c->user->address), KIND, key);
	store_submit_post(job);
	return ANSWER_LATER;
}

static enum answer set(struct call *c, const struct node *piece)
{
	int count = 0;
	for (const struct node *n = piece; n; n = node_next_sibling(c->stanza, n)) {
		if (++count > PIECES_MAX)
			return call_error(c, STANZA_ERROR_RESOURCE_CONSTRAINT, "too many elements at once");
		if (!key_of(c, n).data)
			return call_error(c, STANZA_ERROR_NOT_ACCEPTABLE, "every element needs its own namespace");
	}
	struct store_job *job = store_job_new(c->registry->realm->accounts.store, c->registry->mailbox, on_stored, c);
	struct buf text;
	struct writer w;
	buf_init(&text);
	for (; piece; piece = node_next_sibling(c->stanza, piece)) {
		buf_clear(&text);
		writer_init(&w, &text);
		writer_node(&w, c->stanza, piece);
		store_map_put(job, jid_bare_str(c->user->address), KIND, key_of(c, piece), buf_str(&text));
	}
	buf_fini(&text);
	store_submit_post(job);
	return ANSWER_LATER;
}

static enum answer run(struct call *c, const struct module *m)
{
	const struct node *piece = node_first_child(c->stanza, call_payload(c));
	(void)m;
	if (!piece)
		return call_error(c, STANZA_ERROR_NOT_ACCEPTABLE, "the query is empty");
	return c->stanza->type == STANZA_TYPE_GET ? get(c, piece) : set(c, piece);
}

static const char *const features[] = {NS_PRIVATE, NULL};
static const struct module_query queries[] = {{NS_PRIVATE, "query", QUERY_GET | QUERY_SET, QUERY_OWN, run}, {0}};

const struct module_def private_module = {
	.name = "mod_private",
	.summary = "keeps private XML for clients",
	.host_features = features,
	.account_features = features,
	.queries = queries,
	.operations = private_operations,
};
