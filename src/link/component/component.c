#include "link/component/component.h"

#include "link/component/component_peer.h"
#include "link/entry.h"

static bool complete(struct service_settings *settings, const struct service_home *home, struct why *why)
{
	struct component_settings *s = component_settings(settings);

	(void)home;
	(void)why;
	entry_parser_limits(settings, &s->before_login, &s->after_login);
	return true;
}

const struct service_kind component_kind = {
	.name = "component",
	.settings_size = sizeof(struct component_settings),
	.complete = complete,
	.accept = component_peer_accept,
	.end_all = component_peer_end_all,
};
