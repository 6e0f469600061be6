#include "admin/graphql/graphql_handler.h"

#include <stdlib.h>

#include "admin/graphql/graphql_endpoint.h"
#include "admin/graphql/graphql_execute.h"
#include "admin/graphql/graphql_page.h"
#include "admin/graphql/graphql_sse.h"
#include "base/mem.h"

enum { BODY_MAX = 256 * 1024 };

/* A request. */
struct ask {
	struct graphql_endpoint_ask ask;
	bool is_read_only;
};

static void ask_free(struct ask *a)
{
	graphql_endpoint_ask_end(&a->ask);
	free(a);
}

static void on_done(void *context, bool is_valid, json_t *reply)
{
	struct ask *a = context;

	if (a->ask.exchange)
		graphql_endpoint_answer(a->ask.exchange, is_valid ? 200 : 400, reply);
	json_decref(reply);
	ask_free(a);
}

static void on_login(struct web_login *l, enum web_login_verdict v)
{
	struct ask *a = container_of(l, struct ask, ask.login);

	if (a->ask.exchange && (v == WEB_LOGIN_GOOD || v == WEB_LOGIN_NOBODY)) {
		struct graphql_request r = graphql_endpoint_request(&a->ask, v == WEB_LOGIN_GOOD);

		graphql_execute(&r, a->is_read_only, on_done, a);
		return;
	}
	if (a->ask.exchange)
		web_login_refuse(a->ask.exchange, v);
	ask_free(a);
}

static void start(struct graphql_endpoint *e, struct exchange *x, json_t *request)
{
	const char *objection = graphql_endpoint_objection(request);
	struct ask *a;

	if (objection) {
		json_decref(request);
		graphql_endpoint_refuse(x, objection);
		return;
	}
	a = mem_new(sizeof(*a));
	a->is_read_only = x->method == HANDLER_GET;
	graphql_endpoint_ask_begin(&a->ask, e, x, request, on_login);
}

static void answer_schema(const struct graphql_endpoint *e, struct exchange *x)
{
	struct buf text;

	buf_init(&text);
	graphql_schema_print(e->schema, &text);
	exchange_answer(x, 200, STR("text/plain; charset=utf-8"), buf_str(&text));
	buf_fini(&text);
}

static void handle(void *instance, struct exchange *x)
{
	const struct graphql_endpoint *e = instance;

	if (str_is(x->subpath, "/sse"))
		graphql_sse_handle(instance, x);
	else if (str_is(x->subpath, "/schema") && x->method == HANDLER_GET)
		answer_schema(instance, x); /* it is no secret: introspection tells it to everybody */
	else if (graphql_page_has(x->subpath) && x->method == HANDLER_GET)
		graphql_page_answer_file(e->page, x);
	else if (x->subpath.len && !str_is(x->subpath, "/"))
		exchange_fail(x, 404);
	else if (graphql_page_is_wanted(x))
		graphql_page_answer(x);
	else if (x->method == HANDLER_GET)
		start(instance, x, graphql_endpoint_read_parameters(x));
	else if (exchange_has_type(x, "application/json"))
		start(instance, x, graphql_endpoint_read_body(x));
	else
		/* Pages of other sites cannot send JSON without asking first. */
		exchange_fail(x, 415);
}

static void *create(const struct handler_site *site, struct why *why)
{
	(void)why;
	return graphql_endpoint_new(site);
}

static void destroy(void *instance)
{
	struct graphql_endpoint *e = instance;

	graphql_endpoint_unref(&e);
}

const struct handler graphql_handler = {
	.name = "mongoose_graphql_handler",
	.methods = HANDLER_GET | HANDLER_POST,
	.body_limit_bytes = BODY_MAX,
	.has_subpaths = true,
	.create = create,
	.destroy = destroy,
	.handle = handle,
};
