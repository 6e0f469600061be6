#include "main/http_handlers.h"

#include "admin/graphql/graphql_handler.h"
#include "admin/chat_page.h"
#include "admin/dashboard.h"
#include "admin/prometheus.h"
#include "admin/rest/rest_handler.h"
#include "link/bosh/bosh_handler.h"
#include "link/c2s/c2s_websocket.h"

const struct handler_use *http_handlers(const struct service_home *home)
{
	static struct handler_use uses[16];
	const struct handler_use all[] = {
		{&prometheus_handler, home->realm},
		{&c2s_websocket_handler, (void *)(uintptr_t)home},
		{&chat_page_handler, NULL},
		{&dashboard_handler, home->realm},
		{&bosh_handler, (void *)(uintptr_t)home},
		{&graphql_handler, home->realm},
		{&rest_handler_admin, home->realm},
		{&rest_handler_client, home->realm},
	};

	memcpy(uses, all, sizeof(all));
	return uses;
}
