#include "admin/chat_page.h"

#include <stdlib.h>

#include <jansson.h>

#include "base/mem.h"
#include "conf/config.h"
#include "conf/handlers.h"
#include "http/exchange.h"
#include "http/folder.h"

/* Converse.js sets styles itself. Nothing is fetched from anywhere else. */
#define POLICY                                                                                                                     \
	"default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; media-src 'self' blob:; "          \
	"style-src 'self' 'unsafe-inline'; font-src 'self' data:; script-src 'self'; worker-src 'self' blob:; "          \
	"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

struct chat_page {
	struct folder *folder; /* NULL: it is not installed */
	char *config;          /* JSON */
	struct str path;       /* of the handler */
};

/* The handlers beside this one. */
static const struct handlers *find_handlers(const struct handler_site *site)
{
	for (size_t i = 0; i < site->config->listener_count; i++) {
		const struct handlers *h = site->config->listeners[i]->handlers;
		const struct handlers_entry *all = h ? h->all.items : NULL;

		for (size_t k = 0; all && k < h->all.count; k++)
			if (all[k].options == site->options)
				return h;
	}
	return NULL;
}

static void add_path(json_t *to, const char *name, const struct handlers *handlers, const char *handler)
{
	const struct handlers_entry *all = handlers ? handlers->all.items : NULL;

	for (size_t i = 0; all && i < handlers->all.count; i++)
		if (!strcmp(all[i].name, handler)) {
			struct str path = handlers_place_of(&all[i])->path;

			json_object_set_new(to, name, json_stringn(path.data, path.len));
			return;
		}
}

static bool allows_registration(const struct config *c)
{
	const struct config_host *host = config_find_host(c, c->general.default_server_domain);

	return host && config_find_module(host, "mod_register");
}

static char *write_config(const struct handler_site *site)
{
	const struct handlers *handlers = find_handlers(site);
	struct str domain = site->config->general.default_server_domain;
	json_t *to = json_object();
	char *text;

	json_object_set_new(to, "domain", json_stringn(domain.data, domain.len));
	json_object_set_new(to, "registration", json_boolean(allows_registration(site->config)));
	add_path(to, "websocket", handlers, "mongoose_websocket_handler");
	add_path(to, "bosh", handlers, "mongoose_bosh_handler");
	text = json_dumps(to, JSON_COMPACT);
	json_decref(to);
	return text;
}

static void *create(const struct handler_site *site, struct why *why)
{
	struct chat_page *p = mem_new(sizeof(*p));

	(void)why;
	p->folder = folder_open_installed("chat");
	p->config = write_config(site);
	p->path = site->path;
	return p;
}

static void destroy(void *instance)
{
	struct chat_page *p = instance;

	folder_close(&p->folder);
	free(p->config);
	free(p);
}

static void handle(void *instance, struct exchange *x)
{
	const struct chat_page *p = instance;

	if (folder_redirect(x))
		return;
	if (str_is(x->subpath, "/config.json")) {
		exchange_set_header(x, "cache-control", STR("no-cache"));
		exchange_answer(x, 200, STR("application/json"), str_from(p->config));
	} else if (p->folder) {
		folder_answer(p->folder, x, x->subpath.len ? x->subpath : STR("/"), POLICY);
	} else {
		exchange_answer(x, 503, STR("text/plain; charset=utf-8"), STR("The chat page was not installed with this server.\n"));
	}
}

const struct handler chat_page_handler = {
	.name = "meerkat_chat",
	.methods = HANDLER_GET,
	.has_subpaths = true,
	.create = create,
	.destroy = destroy,
	.handle = handle,
};
