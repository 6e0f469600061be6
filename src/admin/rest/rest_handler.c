#include "admin/rest/rest_handler.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "admin/rest/rest_arguments.h"
#include "admin/rest/rest_openapi.h"
#include "admin/rest/rest_reply.h"
#include "admin/web_login.h"
#include "base/mem.h"
#include "http/folder.h"
#include "http/status.h"
#include "route/host.h"
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
	json_t *reply;
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

static struct option_list copy_names(struct arena *a, const struct option_list *names)
{
	const struct str *from = names->items;
	struct str *to = arena_alloc_array(a, names->count, sizeof *to);

	for (size_t i = 0; i < names->count; i++)
		to[i] = arena_str(a, from[i]);
	return (struct option_list){to, names->count};
}

/* Requests may outlive the configuration. */
static struct front *front_new(const struct handler_site *site, const struct option_list *groups)
{
	struct front *f = mem_new(sizeof(*f));

	*f = (struct front){.refs = 1, .realm = site->world};
	arena_init(&f->arena, 0);
	f->groups = copy_names(&f->arena, groups);
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

static void answer_json(struct exchange *x, int status, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	exchange_answer(x, status, STR("application/json"), str_from(text));
	free(text);
}

static void refuse(struct exchange *x, int status, const char *message)
{
	json_t *text = json_string(message);

	answer_json(x, status, text);
	json_decref(text);
}

static void set_methods(struct exchange *x, const char *header, unsigned methods)
{
	static const struct {
		unsigned method;
		const char *name;
	} names[] = {
		{HANDLER_GET, "GET, HEAD"}, {HANDLER_POST, "POST"}, {HANDLER_PUT, "PUT"}, {HANDLER_DELETE, "DELETE"}, {~0u, "OPTIONS"},
	};
	struct buf list;

	buf_init(&list);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (methods & names[i].method)
			buf_printf(&list, "%s%s", list.len ? ", " : "", names[i].name);
	exchange_set_header(x, header, buf_str(&list));
	buf_fini(&list);
}

/* Scripts of any site may ask for a user whose password they know; those that only have a browser that knows it may not (no cookies, no
 * remembered passwords). */
static void share_with_scripts(const struct front *f, struct exchange *x)
{
	if (f->role == OPERATIONS_USER)
		exchange_set_header(x, "access-control-allow-origin", STR("*"));
}

static void answer_options(const struct front *f, struct exchange *x, unsigned methods)
{
	set_methods(x, "allow", methods);
	if (f->role == OPERATIONS_USER) {
		set_methods(x, "access-control-allow-methods", methods);
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

	answer_json(x, 200, document);
	json_decref(document);
}

/* Names in the page are relative to it. */
static void send_to_page(struct exchange *x)
{
	struct buf to;

	buf_init(&to);
	rest_reply_escape(x->path, true, &to);
	buf_append_char(&to, '/');
	exchange_set_header(x, "location", buf_str(&to));
	exchange_answer(x, 308, STR_NONE, STR(""));
	buf_fini(&to);
}

static void answer_documentation(const struct front *f, struct exchange *x)
{
	struct str path = x->subpath;

	str_split(str_make(path.data + 1, path.len - 1), '/', &path);
	if (!path.data)
		send_to_page(x);
	else if (str_is(path, "openapi.json"))
		answer_document(f, x);
	else if (f->page)
		folder_answer(f->page, x, str_make(path.data - 1, path.len + 1), POLICY);
	else
		refuse(x, 503, "the page was not installed with this server; the document it shows is openapi.json");
}

/* ---- running an operation ---- */

static void ask_free(struct ask *a)
{
	json_decref(a->reply);
	arena_fini(&a->login.arena);
	front_unref(a->front);
	free(a);
}

static void on_cancelled(struct exchange_holder *h)
{
	container_of(h, struct ask, holder)->exchange = NULL;
}

static json_t *name_hosts(void)
{
	const struct host_set *set = registry_current()->hosts;
	json_t *names = json_array();

	for (size_t i = 0; i < set->count; i++)
		json_array_append_new(names, json_stringn(set->hosts[i].name.data, set->hosts[i].name.len));
	return names;
}

static void tell_place(struct exchange *x, struct str name)
{
	struct buf to;

	buf_init(&to);
	rest_reply_escape(x->path, true, &to);
	if (to.data[to.len - 1] != '/')
		buf_append_char(&to, '/');
	rest_reply_escape(name, false, &to);
	exchange_set_header(x, "location", buf_str(&to));
	buf_fini(&to);
}

static void answer_reply(struct ask *a)
{
	struct exchange *x = a->exchange;
	json_t *hosts = name_hosts();
	struct rest_reply reply = rest_reply_make(&a->match, a->reply, hosts);

	if (reply.local.len)
		tell_place(x, reply.local);
	if (reply.body)
		answer_json(x, reply.status, reply.body);
	else
		exchange_answer(x, reply.status, STR_NONE, STR(""));
	json_decref(reply.body);
	json_decref(hosts);
}

static void on_letter(struct letter *l)
{
	struct ask *a = container_of(l, struct ask, letter);

	if (a->exchange)
		answer_reply(a);
	ask_free(a);
}

/* On whichever loop had the answer. */
static void on_reply(void *context, json_t *reply)
{
	struct ask *a = context;

	a->reply = reply;
	a->letter.run = on_letter;
	mailbox_post(a->home, &a->letter);
}

static void run(struct ask *a)
{
	struct exchange *x = a->exchange;
	struct why why = {""};
	json_t *args;

	/* Pages of other sites cannot send JSON without asking first. */
	if (rest_arguments_have_body(a->match.route) && !exchange_has_type(x, "application/json")) {
		refuse(x, 415, "the body has to be of the type application/json");
		ask_free(a);
		return;
	}
	args = rest_arguments_make(&a->match, x->query, x->body, &why);
	if (!args) {
		refuse(x, 400, why.text);
		ask_free(a);
		return;
	}
	operations_start(a->front->realm, &(struct operations_request){
						  .operation = a->match.operation,
						  .role = a->front->role,
						  .caller = a->login.caller,
						  .args = args,
						  .on_reply = on_reply,
						  .context = a,
					  });
	json_decref(args);
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
	else if (a->exchange && v == WEB_LOGIN_BUSY)
		refuse(a->exchange, 503, "passwords cannot be checked now");
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
		set_methods(x, "allow", HANDLER_GET);
		refuse(x, 405, status_text(405));
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
	exchange_set_header(x, "cache-control", STR("no-store"));
	a = ask_new(f, x);
	a->match = rest_route_find(f->routes, &f->groups, x->method, x->subpath, &a->login.arena);
	if (a->match.route) {
		start(a);
		return;
	}
	if (!a->match.methods) {
		refuse(x, 404, "there is nothing at this path");
	} else if (x->method == HANDLER_OPTIONS) {
		answer_options(f, x, a->match.methods);
	} else {
		set_methods(x, "allow", a->match.methods);
		refuse(x, 405, status_text(405));
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
