#include "admin/graphql/graphql_endpoint.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "admin/graphql/graphql_error.h"
#include "admin/json_text.h"
#include "base/mem.h"
#include "route/registry.h"

/* ---- the endpoint ---- */

static uint32_t as_timer(int64_t ms)
{
	return ms >= UINT32_MAX ? 0 : (uint32_t)ms;
}

struct graphql_endpoint *graphql_endpoint_new(const struct handler_site *site)
{
	static const enum operations_role roles[] = {
		[HANDLERS_ADMIN] = OPERATIONS_ADMIN, [HANDLERS_DOMAIN_ADMIN] = OPERATIONS_DOMAIN_ADMIN, [HANDLERS_USER] = OPERATIONS_USER};
	const struct handlers_graphql *options = site->options;
	struct graphql_endpoint *e = mem_new(sizeof(*e));

	*e = (struct graphql_endpoint){.refs = 1, .realm = site->world};
	arena_init(&e->arena, 0);
	e->role = roles[options->endpoint];
	/* Requests may outlive the configuration. */
	if (options->credentials.username.data) {
		e->credentials.username = arena_str(&e->arena, options->credentials.username);
		e->credentials.password = arena_str(&e->arena, options->credentials.password);
	}
	e->categories = option_copy_names(&e->arena, &options->allowed_categories);
	e->idle_ms = as_timer(options->sse_idle_timeout_ms);
	e->schema = graphql_schema_new(e->role);
	e->page = folder_open_installed("graphiql");
	return e;
}

void graphql_endpoint_unref(struct graphql_endpoint **e)
{
	struct graphql_endpoint *gone = *e;

	*e = NULL;
	if (atomic_fetch_sub(&gone->refs, 1) != 1)
		return;
	graphql_schema_free(&gone->schema);
	folder_close(&gone->page);
	arena_fini(&gone->arena);
	free(gone);
}

/* ---- answers ---- */

void graphql_endpoint_answer(struct exchange *x, int status, const json_t *reply)
{
	char *text = json_dumps(reply, JSON_COMPACT);

	exchange_set_header(x, "cache-control", STR("no-store"));
	exchange_answer(x, status, STR("application/json"), str_from(text));
	free(text);
}

void graphql_endpoint_refuse(struct exchange *x, const char *objection)
{
	json_t *reply = json_object(), *errors = NULL;

	graphql_error_add(&errors, (struct graphql_place){0, 0}, "bad_request", "%s", objection);
	json_object_set_new(reply, "errors", errors);
	graphql_endpoint_answer(x, 400, reply);
	json_decref(reply);
}

/* ---- the forms of a request ---- */

json_t *graphql_endpoint_read_body(const struct exchange *x)
{
	return json_text_read(x->body, NULL);
}

static void add_parameter(const struct exchange *x, const char *name, bool is_object, json_t *request)
{
	struct buf text;

	buf_init(&text);
	if (exchange_query(x, name, &text)) {
		json_t *value = is_object ? json_text_read(buf_str(&text), NULL)
					  : json_stringn(text.data ? text.data : "", text.len);

		/* What cannot be read is not what is expected, either. */
		json_object_set_new(request, name, value ? value : json_false());
	}
	buf_fini(&text);
}

json_t *graphql_endpoint_read_parameters(const struct exchange *x)
{
	json_t *request = json_object();

	add_parameter(x, "query", false, request);
	add_parameter(x, "operationName", false, request);
	add_parameter(x, "variables", true, request);
	return request;
}

static bool is_null_or(const json_t *v, bool is_type)
{
	return !v || json_is_null(v) || is_type;
}

const char *graphql_endpoint_objection(const json_t *request)
{
	const json_t *name = json_object_get(request, "operationName"), *variables = json_object_get(request, "variables");

	if (!json_is_object(request))
		return "the body has to be a JSON object with the member query";
	if (!json_is_string(json_object_get(request, "query")))
		return "the member query is missing, or is no string";
	if (!is_null_or(name, json_is_string(name)))
		return "operationName has to be a string";
	return is_null_or(variables, json_is_object(variables)) ? NULL : "variables has to be an object";
}

static struct str text_member(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_string(value) ? str_make(json_string_value(value), json_string_length(value)) : STR("");
}

void graphql_endpoint_fill(struct graphql_request *out, const json_t *request)
{
	out->text = text_member(request, "query");
	out->operation_name = text_member(request, "operationName");
	out->variables = json_object_get(request, "variables");
}

/* ---- a request ---- */

static void on_cancelled(struct exchange_holder *h)
{
	container_of(h, struct graphql_endpoint_ask, holder)->exchange = NULL;
}

void graphql_endpoint_ask_begin(struct graphql_endpoint_ask *a, struct graphql_endpoint *e, struct exchange *x, json_t *request,
				void (*on_login)(struct web_login *l, enum web_login_verdict v))
{
	*a = (struct graphql_endpoint_ask){.holder.on_cancelled = on_cancelled, .exchange = x, .endpoint = e, .request = request};
	a->login = (struct web_login){.realm = e->realm, .role = e->role, .credentials = &e->credentials, .on_done = on_login};
	arena_init(&a->login.arena, 0);
	atomic_fetch_add(&e->refs, 1);
	exchange_keep(x, &a->holder);
	web_login_start(&a->login, x);
}

void graphql_endpoint_ask_end(struct graphql_endpoint_ask *a)
{
	json_decref(a->request);
	arena_fini(&a->login.arena);
	graphql_endpoint_unref(&a->endpoint);
}

struct graphql_request graphql_endpoint_request(const struct graphql_endpoint_ask *a, bool is_authorized)
{
	const struct graphql_endpoint *e = a->endpoint;

	struct graphql_request r = {
		.schema = e->schema,
		.realm = e->realm,
		.home = registry_current()->mailbox,
		.role = e->role,
		.is_authorized = is_authorized,
		.caller = a->login.caller.data ? a->login.caller : STR(""),
		.domain = a->login.domain.data ? a->login.domain : STR(""),
		.categories = e->categories.count ? &e->categories : NULL,
	};

	graphql_endpoint_fill(&r, a->request);
	return r;
}
