#include "main/services.h"

#include "base/check.h"
#include "link/c2s/c2s.h"
#include "link/component/component.h"
#include "link/http_service.h"
#include "link/s2s/s2s.h"

/* Those that are missing here are refused with the configuration (listen.c). */
static const struct service_kind *const kinds[] = {
	[CONFIG_LISTEN_C2S] = &c2s_kind,
	[CONFIG_LISTEN_COMPONENT] = &component_kind,
	[CONFIG_LISTEN_HTTP] = &http_service_kind,
	[CONFIG_LISTEN_S2S] = &s2s_kind,
};

const struct service_kind *services_kind(enum config_listen_kind kind)
{
	check((size_t)kind < sizeof kinds / sizeof kinds[0] && kinds[kind]);
	return kinds[kind];
}
