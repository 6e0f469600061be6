#include "link/http_service.h"

#include <stdlib.h>

#include "base/limit.h"
#include "base/mem.h"
#include "conf/handlers.h"
#include "http/http_conn.h"
#include "auth/admission.h"
#include "link/c2s/c2s_peer.h"
#include "link/host_meta.h"

enum { FIRST_MS = 5000, HEAD_MS = 10000, IDLE_MS = 60000, BODY_MS = 15000 };

static struct http_service_settings *settings_of(struct service_settings *s)
{
	return (struct http_service_settings *)(void *)s;
}

/* What a hosting needs of its configuration, as long as it lives. */
struct source {
	const struct config *config; /* counted */
	struct ip_range *proxies;
};

static bool hold(void *context, size_t before, size_t after)
{
	const struct source *s = context;

	return admission_hold(before, after, &s->config->meerkat);
}

static void release(void *context)
{
	struct source *s = context;

	config_unref(&s->config);
	free(s->proxies);
	free(s);
}

static size_t read_proxies(const struct option_list *trusted, struct ip_range **out)
{
	const struct str *texts = trusted->items;
	size_t count = 0;

	*out = mem_new_array(trusted->count + 1, sizeof(**out));
	for (size_t i = 0; i < trusted->count; i++)
		count += ip_range_parse(texts[i], &(*out)[count]);
	return count;
}

static struct hosting *new_hosting(const struct service_settings *settings)
{
	const struct config *config = settings->config;
	struct source *source = mem_new(sizeof(*source));
	struct hosting_rules rules = {
		.server_name = config->general.http_server_name,
		.compresses = settings->listen->compress,
		.tls = settings->tls,
		.hibernate_after_ms = settings->listen->hibernate_after_ms,
		.first_ms = FIRST_MS,
		.head_ms = HEAD_MS,
		.idle_ms = IDLE_MS,
		.body_ms = BODY_MS,
		.output_limit_bytes = (uint32_t)config->meerkat.max_output_bytes,
		.context = source,
		.hold = hold,
		.release = release,
	};

	source->config = config;
	config_ref(config);
	rules.proxy_count = read_proxies(&config->meerkat.proxy_trusted, &source->proxies);
	rules.proxies = source->proxies;
	return hosting_new(&rules);
}

static const struct handler_use *find_use(const struct handler_use *uses, const char *name)
{
	for (; uses && uses->handler; uses++)
		if (!strcmp(uses->handler->name, name))
			return uses;
	return NULL;
}

/* Those that nobody has implemented have been reported with the configuration. */
static bool add_all(struct http_service_settings *s, const struct service_home *home, struct why *why)
{
	const struct handlers *handlers = s->base.listen->handlers;
	const struct handlers_entry *all = handlers ? handlers->all.items : NULL;

	for (size_t i = 0; all && i < handlers->all.count; i++) {
		const struct handlers_place *at = handlers_place_of(&all[i]);
		const struct handler_use *use = find_use(home->handlers, all[i].name);
		struct handler_site site = {
			.host = at->host,
			.path = at->path,
			.options = all[i].options,
			.config = s->base.config,
			.is_secure = s->base.tls != NULL,
		};

		if (!use)
			continue;
		site.world = use->world;
		if (!hosting_add(s->hosting, use->handler, &site, false, why))
			return false;
	}
	return true;
}

static bool complete(struct service_settings *settings, const struct service_home *home, struct why *why)
{
	struct http_service_settings *s = settings_of(settings);

	s->hosting = new_hosting(settings);
	return add_all(s, home, why) && host_meta_add(s->hosting, settings->config, settings->listen, why);
}

static void release_settings(struct service_settings *settings)
{
	hosting_unref(&settings_of(settings)->hosting);
}

static void on_gone(void *context)
{
	struct service_place *place = context;

	service_released(place->service);
}

static void enter(struct service_place *place, int fd, struct ip peer, bool is_refused)
{
	struct http_conn_place at = {.loop = place->loop, .conns = &place->peers, .context = place, .on_gone = on_gone};

	http_conn_accept(&at, settings_of(place->settings)->hosting, fd, peer, is_refused);
}

static void accept_one(struct service_place *place, int fd, struct ip peer)
{
	enter(place, fd, peer, false);
}

static void refuse_one(struct service_place *place, int fd, struct ip peer)
{
	limit_acted(METRIC_max_connections_refused, peer);
	enter(place, fd, peer, true);
}

static void end_all(struct service_place *place)
{
	http_conn_end_all(&place->peers);
	c2s_peer_end_guests(place);
	hosting_end(settings_of(place->settings)->hosting, place->loop);
}

const struct service_kind http_service_kind = {
	.name = "http",
	.alpn = "h2,http/1.1",
	.settings_size = sizeof(struct http_service_settings),
	.complete = complete,
	.release = release_settings,
	.accept = accept_one,
	.refuse = refuse_one,
	.end_all = end_all,
};
