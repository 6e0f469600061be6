#include "link/c2s/c2s_web.h"

#include "base/mem.h"
#include "link/service.h"

static const struct service_kind kind = {.name = "web"};

struct c2s_web *c2s_web_new(const struct handler_site *site, const struct c2s_carrier *carrier, const struct c2s_web_options *options)
{
	const struct service_home *home = site->world;
	struct c2s_web *w = mem_new(sizeof(*w));

	w->options = site->options;
	w->listen = (struct config_listen){
		.kind = CONFIG_LISTEN_HTTP,
		.max_stanza_size = options->max_stanza_size,
		.state_timeout_ms = options->state_timeout_ms,
		.backwards_compatible_session = options->backwards_compatible_session,
		.access = STR("all"),
		.shaper = options->shaper,
	};
	w->c2s.base = (struct service_settings){.refs = 1, .kind = &kind, .config = site->config, .listen = &w->listen};
	config_ref(site->config);
	c2s_settings_complete(&w->c2s, home, &carrier->link);
	return w;
}

void c2s_web_destroy(void *web)
{
	struct service_settings *s = &((struct c2s_web *)web)->c2s.base;

	service_settings_unref(&s);
}
