#include "admin/rest/rest_handler.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "admin/rest/rest_answer.h"
#include "admin/rest/rest_arguments.h"
#include "admin/rest/rest_events.h"
#include "admin/rest/rest_openapi.h"
#include "admin/web_login.h"
#include "base/mem.h"
#include "http/folder.h"
#include "http/status.h"
#include "route/registry.h"

enum { BODY_MAX = 256 * 1024 };

/* The page sets styles itself. Nothing is fetched from anywhere else. */
#define POLICY                                                                                                          \
	"default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; "               \
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/* A configured handler: counted by its listener and by the requests that are under way. */
struct front {
	_Atomic uint32_t refs;
	struct realm *realm;
	enum operations_role role;
	struct handlers_credentials credentials;
	struct option_list groups; /* of struct str; none: all */
	const struct rest_route *routes;
	bool has_docs;
	struct folder *page; /* NULL: it is not installed */
	struct str path;
	struct arena arena;
};

/* A request. */
struct ask {
	struct exchange_holder holder;
	struct exchange *exchange; /* NULL: the client went away */
	struct front *front;       /* counted */
	struct web_login login;    /* its arena is also that of `match` */
	struct rest_match match;
	struct letter letter;
	struct mailbox *home;
	json_t *args, *reply;
	void (*next)(struct letter *l); /* with the reply */
};

/* ---- the handler ---- */

static void front_unref(struct front *f)
{
	if (atomic_fetch_sub(&f->refs, 1) != 1)
		return;
	folder_close(&f->page);
	arena_fini(&f->arena);
	free(f);
}

/* Requests may outlive the configuration. */
static struct front *front_new(const struct handler_site *site, const struct option_list *groups)
{
	struct front *f = mem_new(sizeof(*f));

	*f = (struct front){.refs = 1, .realm = site->world};
	arena_init(&f->arena, 0);
	f->groups = option_copy_names(&f->arena, groups);
	f->path = arena_str(&f->arena, site->path);
	return f;
}

static void *create_admin(const struct handler_site *site, struct why *why)
{
	const struct handlers_admin_api *options = site->options;
	struct front *f = front_new(site, &options->handlers);

	(void)why;
	f->role = OPERATIONS_ADMIN;
	f->routes = rest_route_admin;
	f->has_docs = true;
	if (options->credentials.username.data) {
		f->credentials.username = arena_str(&f->arena, options->credentials.username);
		f->credentials.password = arena_str(&f->arena, options->credentials.password);
	}
	f->page = folder_open_installed("api-docs");
	return f;
}

static void *create_client(const struct handler_site *site, struct why *why)
{
	const struct handlers_client_api *options = site->options;
	struct front *f = front_new(site, &options->handlers);

	(void)why;
	f->role = OPERATIONS_USER;
	f->routes = rest_route_client;
	f->has_docs = options->docs;
	f->page = f->has_docs ? folder_open_installed("api-docs") : NULL;
	return f;
}

static void destroy(void *instance)
{
	front_unref(instance);
}

/* ---- answers ---- */

/* Scripts of any site may ask for a user whose password they know; those that only have a browser that knows it may not (no cookies, no
 * remembered passwords). */
static void share_with_scripts(const struct front *f, struct exchange *x)
{
	if (f->role == OPERATIONS_USER)
		exchange_set_header(x, "access-control-allow-origin", STR("*"));
}

static void answer_options(const struct front *f, struct exchange *x, unsigned methods)
{
	rest_answer_set_methods(x, "allow", methods);
	if (f->role == OPERATIONS_USER) {
		rest_answer_set_methods(x, "access-control-allow-methods", methods);
		exchange_set_header(x, "access-control-allow-headers", STR("authorization, content-type"));
		exchange_set_header(x, "access-control-max-age", STR("86400"));
	}
	exchange_answer(x, 204, STR_NONE, STR(""));
}

/* ---- the documentation ---- */

static bool is_documentation(const struct front *f, struct str path)
{
	return f->has_docs && (str_is(path, "/api-docs") || str_starts_with(path, STR("/api-docs/")));
}

static void answer_document(const struct front *f, struct exchange *x)
{
	bool is_admin = f->role == OPERATIONS_ADMIN;
	json_t *document = rest_openapi_make(&(struct rest_openapi){
		.title = is_admin ? "meerkat for administrators" : "meerkat for users",
		.routes = f->routes,
		.groups = &f->groups,
		.path = f->path,
		.has_credentials = !is_admin || f->credentials.username.data,
	});

	rest_answer_json(x, 200, document);
	json_decref(document);
}

static void answer_documentation(const struct front *f, struct exchange *x)
{
	struct str path = x->subpath;

	str_split(str_make(path.data + 1, path.len - 1), '/', &path);
	if (!path.data)
		rest_answer_slash(x);
	else if (str_is(path, "openapi.json"))
		answer_document(f, x);
	else if (f->page)
		folder_answer(f->page, x, str_make(path.data - 1, path.len + 1), POLICY);
	else
		rest_answer_refusal(x, 503, "the page was not installed with this server; the document it shows is openapi.json");
}

/* ---- running an operation ---- */

static void ask_free(struct ask *a)
{
	json_decref(a->args);
	json_decref(a->reply);
	arena_fini(&a->login.arena);
	front_unref(a->front);
	free(a);
}

static void on_cancelled(struct exchange_holder *h)
{
	container_of(h, struct ask, holder)->exchange = NULL;
}

/* On whichever loop had the answer. */
static void on_reply(void *context, json_t *reply)
{
	struct ask *a = context;

	json_decref(a->reply);
	a->reply = reply;
	a->letter.run = a->next;
	mailbox_post(a->home, &a->letter);
}

static void start_operation(struct ask *a, const struct operation *o, void (*next)(struct letter *l))
{
	json_t *args = rest_arguments_for(o, a->args);

	a->next = next;
	operations_start(a->front->realm, &(struct operations_request){.operation = o,
								       .role = a->front->role,
								       .caller = a->login.caller,
								       .args = args,
								       .on_reply = on_reply,
								       .context = a});
	json_decref(args);
}

static void answer(struct letter *l)
{
	struct ask *a = container_of(l, struct ask, letter);

	if (a->exchange)
		rest_answer_reply(a->exchange, &a->match, a->reply, a->args);
	ask_free(a);
}

/* What comes first is done. */
static void go_on(struct letter *l)
{
	struct ask *a = container_of(l, struct ask, letter);

	if (a->exchange && json_object_get(a->reply, "data"))
		start_operation(a, a->match.operation, answer);
	else
		answer(l);
}

static void listen_to_events(struct ask *a)
{
	rest_events_start(a->exchange,
			  &(struct rest_events_request){.realm = a->front->realm, .match = &a->match, .caller = a->login.caller});
	ask_free(a);
}

/* The status it gets; 0: the request is as it has to be, and args is set. */
static int objection_to(struct ask *a, struct why *why)
{
	const struct exchange *x = a->exchange;

	/* Pages of other sites cannot send JSON without asking first. */
	if (rest_arguments_have_body(a->match.route) && !exchange_has_type(x, "application/json")) {
		err_because(ERR_INVALID, why, "the body has to be of the type application/json");
		return 415;
	}
	a->args = rest_arguments_make(&a->match, x->query, x->body, why);
	return a->args ? 0 : 400;
}

static void run(struct ask *a)
{
	const struct operation *first = rest_route_first(a->match.route);
	struct why why = {""};
	int status = objection_to(a, &why);

	if (status) {
		rest_answer_refusal(a->exchange, status, why.text);
		ask_free(a);
	} else if (operation_is_subscription(a->match.operation)) {
		listen_to_events(a);
	} else {
		start_operation(a, first ? first : a->match.operation, first ? go_on : answer);
	}
}

/* ---- who asks for what ---- */

static void on_login(struct web_login *l, enum web_login_verdict v)
{
	struct ask *a = container_of(l, struct ask, login);

	if (a->exchange && v == WEB_LOGIN_GOOD && a->match.route) {
		run(a);
		return;
	}
	if (a->exchange && v == WEB_LOGIN_GOOD)
		answer_documentation(a->front, a->exchange);
	else if (a->exchange)
		web_login_refuse(a->exchange, v);
	ask_free(a);
}

/* match->route NULL: the documentation. */
static struct ask *ask_new(struct front *f, struct exchange *x)
{
	struct ask *a = mem_new(sizeof(*a));

	*a = (struct ask){.holder.on_cancelled = on_cancelled, .exchange = x, .front = f, .home = registry_current()->mailbox};
	a->login = (struct web_login){.realm = f->realm, .role = f->role, .credentials = &f->credentials, .on_done = on_login};
	arena_init(&a->login.arena, 0);
	atomic_fetch_add(&f->refs, 1);
	return a;
}

static void start(struct ask *a)
{
	struct exchange *x = a->exchange;
	bool is_open = a->front->role == OPERATIONS_ADMIN && !a->front->credentials.username.data;

	/* Whoever names somebody where nobody is known means another server. */
	if (is_open && exchange_header(x, "authorization").data) {
		web_login_refuse(x, WEB_LOGIN_BAD);
		ask_free(a);
		return;
	}
	exchange_keep(x, &a->holder);
	web_login_start(&a->login, x);
}

static void start_documentation(struct front *f, struct exchange *x)
{
	if (x->method == HANDLER_OPTIONS) {
		answer_options(f, x, HANDLER_GET);
	} else if (x->method != HANDLER_GET) {
		rest_answer_set_methods(x, "allow", HANDLER_GET);
		rest_answer_refusal(x, 405, status_text(405));
	} else if (f->role == OPERATIONS_USER) {
		answer_documentation(f, x); /* it is no secret */
	} else {
		start(ask_new(f, x));
	}
}

static void handle(void *instance, struct exchange *x)
{
	struct front *f = instance;
	struct ask *a;

	share_with_scripts(f, x);
	if (is_documentation(f, x->subpath)) {
		start_documentation(f, x);
		return;
	}
	a = ask_new(f, x);
	a->match = rest_route_find(f->routes, &f->groups, x->method, x->subpath, &a->login.arena);
	if (a->match.route) {
		start(a);
		return;
	}
	if (!a->match.methods) {
		rest_answer_refusal(x, 404, "there is nothing at this path");
	} else if (x->method == HANDLER_OPTIONS) {
		answer_options(f, x, a->match.methods);
	} else {
		rest_answer_set_methods(x, "allow", a->match.methods);
		rest_answer_refusal(x, 405, status_text(405));
	}
	ask_free(a);
}

#define ALL_METHODS (HANDLER_GET | HANDLER_POST | HANDLER_PUT | HANDLER_DELETE | HANDLER_PATCH | HANDLER_OPTIONS)

const struct handler rest_handler_admin = {
	.name = "mongoose_admin_api",
	.methods = ALL_METHODS,
	.body_limit_bytes = BODY_MAX,
	.has_subpaths = true,
	.create = create_admin,
	.destroy = destroy,
	.handle = handle,
};

const struct handler rest_handler_client = {
	.name = "mongoose_client_api",
	.methods = ALL_METHODS,
	.body_limit_bytes = BODY_MAX,
	.has_subpaths = true,
	.create = create_client,
	.destroy = destroy,
	.handle = handle,
};
