#include "admin/graphql/graphql_handler.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "admin/graphql/graphql_error.h"
#include "admin/graphql/graphql_execute.h"
#include "admin/json_text.h"
#include "admin/web_login.h"
#include "base/mem.h"
#include "route/registry.h"

enum { BODY_MAX = 256 * 1024 };

/* A configured handler: counted by its listener and by the requests that are under way. */
struct endpoint {
	_Atomic uint32_t refs;
	struct realm *realm;
	enum operations_role role;
	struct handlers_credentials credentials;
	struct option_list categories; /* of struct str; count 0: all */
	struct graphql_schema *schema;
	struct arena arena;
};

/* A request. */
struct ask {
	struct exchange_holder holder;
	struct exchange *exchange; /* NULL: the client went away */
	struct endpoint *endpoint; /* counted */
	struct web_login login;
	json_t *request;           /* query, variables, operationName */
	bool is_read_only;
};

/* ---- the endpoint ---- */

static void endpoint_unref(struct endpoint *e)
{
	if (atomic_fetch_sub(&e->refs, 1) != 1)
		return;
	graphql_schema_free(&e->schema);
	arena_fini(&e->arena);
	free(e);
}

static struct option_list copy_names(struct arena *a, const struct option_list *names)
{
	const struct str *from = names->items;
	struct str *to = arena_alloc_array(a, names->count, sizeof *to);

	for (size_t i = 0; i < names->count; i++)
		to[i] = arena_str(a, from[i]);
	return (struct option_list){to, names->count};
}

static void *create(const struct handler_site *site, struct why *why)
{
	const struct handlers_graphql *options = site->options;
	struct endpoint *e;

	if (options->endpoint == HANDLERS_DOMAIN_ADMIN) {
		err_because(ERR_INVALID, why, "schema_endpoint = \"domain_admin\" is not there yet");
		return NULL;
	}
	e = mem_new(sizeof(*e));
	*e = (struct endpoint){.refs = 1, .realm = site->world};
	arena_init(&e->arena, 0);
	e->role = options->endpoint == HANDLERS_USER ? OPERATIONS_USER : OPERATIONS_ADMIN;
	/* Requests may outlive the configuration. */
	if (options->credentials.username.data) {
		e->credentials.username = arena_str(&e->arena, options->credentials.username);
		e->credentials.password = arena_str(&e->arena, options->credentials.password);
	}
	e->categories = copy_names(&e->arena, &options->allowed_categories);
	e->schema = graphql_schema_new(e->role);
	return e;
}

static void destroy(void *instance)
{
	endpoint_unref(instance);
}

/* ---- answers ---- */

static void answer_json(struct exchange *x, int status, const json_t *reply)
{
	char *text = json_dumps(reply, JSON_COMPACT);

	exchange_set_header(x, "cache-control", STR("no-store"));
	exchange_answer(x, status, STR("application/json"), str_from(text));
	free(text);
}

static void refuse(struct exchange *x, const char *message)
{
	json_t *reply = json_object(), *errors = NULL;

	graphql_error_add(&errors, (struct graphql_place){0, 0}, "bad_request", "%s", message);
	json_object_set_new(reply, "errors", errors);
	answer_json(x, 400, reply);
	json_decref(reply);
}

static void ask_free(struct ask *a)
{
	json_decref(a->request);
	arena_fini(&a->login.arena);
	endpoint_unref(a->endpoint);
	free(a);
}

static void on_cancelled(struct exchange_holder *h)
{
	container_of(h, struct ask, holder)->exchange = NULL;
}

static void on_done(void *context, bool is_valid, json_t *reply)
{
	struct ask *a = context;

	if (a->exchange)
		answer_json(a->exchange, is_valid ? 200 : 400, reply);
	json_decref(reply);
	ask_free(a);
}

/* ---- what is asked ---- */

static struct str text_member(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_string(value) ? str_make(json_string_value(value), json_string_length(value)) : STR("");
}

static void execute(struct ask *a, bool is_authorized)
{
	struct endpoint *e = a->endpoint;
	struct graphql_request r = {
		.schema = e->schema,
		.realm = e->realm,
		.home = registry_current()->mailbox,
		.role = e->role,
		.is_authorized = is_authorized,
		.caller = a->login.caller.data ? a->login.caller : STR(""),
		.domain = STR(""),
		.categories = e->categories.count ? &e->categories : NULL,
		.text = text_member(a->request, "query"),
		.operation_name = text_member(a->request, "operationName"),
		.variables = json_object_get(a->request, "variables"),
		.is_read_only = a->is_read_only,
		.on_done = on_done,
		.context = a,
	};

	graphql_execute(&r);
}

static void on_login(struct web_login *l, enum web_login_verdict v)
{
	struct ask *a = container_of(l, struct ask, login);

	if (a->exchange && (v == WEB_LOGIN_GOOD || v == WEB_LOGIN_NOBODY)) {
		execute(a, v == WEB_LOGIN_GOOD);
		return;
	}
	if (a->exchange && v == WEB_LOGIN_BAD)
		web_login_refuse(a->exchange);
	else if (a->exchange)
		exchange_fail(a->exchange, 503);
	ask_free(a);
}

static bool is_null_or(const json_t *v, bool is_type)
{
	return !v || json_is_null(v) || is_type;
}

/* NULL: the object is as it has to be. */
static const char *object_to(const json_t *request)
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

static void start(struct endpoint *e, struct exchange *x, json_t *request)
{
	const char *objection = object_to(request);
	struct ask *a;

	if (objection) {
		json_decref(request);
		refuse(x, objection);
		return;
	}
	a = mem_new(sizeof(*a));
	*a = (struct ask){.holder.on_cancelled = on_cancelled, .exchange = x, .endpoint = e, .request = request};
	a->is_read_only = x->method == HANDLER_GET;
	a->login = (struct web_login){.realm = e->realm, .role = e->role, .credentials = &e->credentials, .on_done = on_login};
	arena_init(&a->login.arena, 0);
	atomic_fetch_add(&e->refs, 1);
	exchange_keep(x, &a->holder);
	web_login_start(&a->login, x);
}

/* ---- the forms of a request ---- */

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

static json_t *from_parameters(const struct exchange *x)
{
	json_t *request = json_object();

	add_parameter(x, "query", false, request);
	add_parameter(x, "operationName", false, request);
	add_parameter(x, "variables", true, request);
	return request;
}

static void answer_schema(const struct endpoint *e, struct exchange *x)
{
	struct buf text;

	buf_init(&text);
	graphql_schema_print(e->schema, &text);
	exchange_answer(x, 200, STR("text/plain; charset=utf-8"), buf_str(&text));
	buf_fini(&text);
}

static void handle(void *instance, struct exchange *x)
{
	if (str_is(x->subpath, "/schema") && x->method == HANDLER_GET)
		answer_schema(instance, x); /* it is no secret: introspection tells it to everybody */
	else if (x->subpath.len)
		exchange_fail(x, 404);
	else if (x->method == HANDLER_GET)
		start(instance, x, from_parameters(x));
	else if (exchange_has_type(x, "application/json"))
		start(instance, x, json_text_read(x->body, NULL));
	else
		/* Pages of other sites cannot send JSON without asking first. */
		exchange_fail(x, 415);
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
