#include "main/http_handlers.h"

#include "admin/prometheus.h"

const struct handler_use *http_handlers(const struct service_home *home)
{
	static struct handler_use uses[8];
	const struct handler_use all[] = {
		{&prometheus_handler, home->realm},
	};

	memcpy(uses, all, sizeof(all));
	return uses;
}
