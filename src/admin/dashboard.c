#include "admin/dashboard.h"

#include <stdlib.h>

#include "admin/dashboard_feed.h"
#include "admin/operations.h"
#include "admin/web_login.h"
#include "base/mem.h"
#include "http/folder.h"
#include "route/registry.h"

/* Script and style are files of the page; nothing is fetched from anywhere else, and nobody shows it in a frame. */
#define POLICY                                                                                                                  \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-ancestors 'none'; " \
	"base-uri 'none'; form-action 'none'"

struct dashboard {
	struct realm *realm;
	const struct handlers_credentials *credentials; /* of the configuration, which stays as long */
	struct folder *folder; /* NULL: it is not installed */
};

static void *create(const struct handler_site *site, struct why *why)
{
	const struct handlers_dashboard *options = site->options;
	struct dashboard *d = mem_new(sizeof *d);

	(void)why;
	d->realm = site->world;
	d->credentials = &options->credentials;
	d->folder = folder_open_installed("dashboard");
	return d;
}

static void destroy(void *instance)
{
	struct dashboard *d = instance;

	if (d->folder)
		folder_close(&d->folder);
	free(d);
}

/* ---- questions ---- */

static const struct {
	const char *path, *category, *operation;
} questions[] = {
	{"/sessions", "session", "searchSessions"},
	{"/servers", "s2s", "listConnections"},
};

struct question {
	struct exchange_holder holder;
	struct exchange *exchange; /* NULL: the client went away */
	struct letter letter;
	struct mailbox *home;
	const struct operation *operation;
	json_t *reply;
};

static void on_cancelled(struct exchange_holder *h)
{
	container_of(h, struct question, holder)->exchange = NULL;
}

static void answer(struct question *q)
{
	const json_t *category = json_object_get(json_object_get(q->reply, "data"), q->operation->category);
	const json_t *data = json_object_get(category, q->operation->name);
	const json_t *message = json_object_get(json_array_get(json_object_get(q->reply, "errors"), 0), "message");
	json_t *error = data ? NULL : json_pack("{s:O?}", "error", message);
	char *text = json_dumps(data ? data : error, JSON_COMPACT);

	exchange_set_header(q->exchange, "cache-control", STR("no-store"));
	exchange_answer(q->exchange, data ? 200 : 400, STR("application/json"), str_from(text));
	free(text);
	json_decref(error);
}

static void at_home(struct letter *l)
{
	struct question *q = container_of(l, struct question, letter);

	if (q->exchange)
		answer(q);
	json_decref(q->reply);
	free(q);
}

/* On any thread. */
static void on_reply(void *context, json_t *reply)
{
	struct question *q = context;

	q->reply = reply;
	mailbox_post(q->home, &q->letter);
}

static json_t *read_arguments(const struct exchange *x, const struct operation *o)
{
	json_t *args = json_object();
	struct buf text;

	for (const struct operation_arg *a = o->args; a && a->name; a++) {
		buf_init(&text);
		if (exchange_query(x, a->name, &text)) {
			json_t *value = json_stringn(text.data ? text.data : "", text.len);

			/* What is no text is not what is expected, either. */
			json_object_set_new(args, a->name, value ? value : json_false());
		}
		buf_fini(&text);
	}
	return args;
}

static void ask(const struct dashboard *d, struct exchange *x, const struct operation *o)
{
	struct question *q = mem_new(sizeof *q);
	json_t *args = read_arguments(x, o);

	*q = (struct question){.holder.on_cancelled = on_cancelled, .exchange = x, .operation = o};
	q->letter.run = at_home;
	q->home = registry_current()->mailbox;
	exchange_keep(x, &q->holder);
	operations_start(d->realm, &(struct operations_request){.operation = o, .args = args, .on_reply = on_reply, .context = q});
	json_decref(args);
}

static const struct operation *find_question(struct str path)
{
	for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++)
		if (str_is(path, questions[i].path))
			return operations_find(str_from(questions[i].category), str_from(questions[i].operation));
	return NULL;
}

/* ---- who asks ---- */

/* A name of this machine. */
static bool is_of_loopback(struct str host)
{
	struct ip address;

	if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
		host = str_make(host.data + 1, host.len - 2);
	if (ip_parse(host, &address))
		return ip_is_loopback(address);
	return str_is(host, "localhost") || str_ends_with(host, STR(".localhost"));
}

/* A page of another site makes the browser ask, which has the credentials. It could not read the answer, but have it made. */
static bool is_from_another_site(const struct exchange *x)
{
	return str_is(exchange_header(x, "sec-fetch-site"), "cross-site") && !str_is(exchange_header(x, "sec-fetch-mode"), "navigate");
}

/* False: it is answered. */
static bool let_in(const struct dashboard *d, struct exchange *x)
{
	enum web_login_verdict verdict = web_login_admin(d->credentials, x);

	if (verdict != WEB_LOGIN_GOOD) {
		web_login_refuse(x, verdict);
		return false;
	}
	if (is_from_another_site(x)) {
		exchange_fail(x, 403);
		return false;
	}
	if (!d->credentials->username.data && !is_of_loopback(x->host)) {
		exchange_answer(x, 403, STR("text/plain; charset=utf-8"),
				STR("Without username and password this page is for http://localhost and no other name.\n"));
		return false;
	}
	return true;
}

static void handle(void *instance, struct exchange *x)
{
	const struct dashboard *d = instance;
	const struct operation *question;

	if (!let_in(d, x) || folder_redirect(x))
		return;
	question = find_question(x->subpath);
	if (question)
		ask(d, x, question);
	else if (str_is(x->subpath, "/events"))
		dashboard_feed_add(d->realm, x);
	else if (d->folder)
		folder_answer(d->folder, x, x->subpath.len ? x->subpath : STR("/"), POLICY);
	else
		exchange_answer(x, 503, STR("text/plain; charset=utf-8"),
				STR("The page for operators was not installed with this server.\n"));
}

const struct handler dashboard_handler = {
	.name = "meerkat_dashboard",
	.methods = HANDLER_GET,
	.has_subpaths = true,
	.create = create,
	.destroy = destroy,
	.handle = handle,
};
