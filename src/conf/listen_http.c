/* [[listen.http.handlers.TYPE]]: what an HTTP listener serves. Checked only, until HTTP is implemented. */
#include "conf/sections.h"

#define HOST_AND_PATH                                                                                                              \
	{.key = "host", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .min = 1, .reload = OPTION_NEW_CONNECTIONS,               \
	 .help = "the Host that is answered for; \"_\": any", .example = "\"_\""},                                                 \
	{.key = "path", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .reload = OPTION_NEW_CONNECTIONS,                         \
	 .help = "where the paths of the handler begin", .example = "\"/ws-xmpp\""}

#define CREDENTIALS                                                                                                                \
	{.key = "username", .type = OPTION_STRING, .min = 1, .reload = OPTION_NEW_CONNECTIONS, .help = "who may use it"},           \
	{.key = "password", .type = OPTION_STRING, .flags = OPTION_SECRET, .min = 1, .reload = OPTION_NEW_CONNECTIONS,              \
	 .help = "of username"}

static void examine_credentials(const void *values, struct option_problems *p)
{
	(void)values;
	bool has_name = option_was_given(p, "username"), has_password = option_was_given(p, "password");
	if (has_name != has_password)
		option_problem(p, has_name ? "username" : "password", "\"username\" and \"password\" are only good together");
}

static const struct option plain_options[] = {HOST_AND_PATH, {0}};

static const struct option websocket_options[] = {
	HOST_AND_PATH,
	{.key = "timeout", .type = OPTION_INT_OR_INFINITY, .min = 0, .max = INT64_MAX, .preset = "\"infinity\"",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "ms", .help = "a connection without traffic for so long is closed"},
	{.key = "ping_rate", .type = OPTION_INT, .min = 1, .max = INT64_MAX, .reload = OPTION_NEW_CONNECTIONS, .unit = "ms",
	 .help = "how often the server sends a ping; default: never"},
	{.key = "max_stanza_size", .type = OPTION_INT_OR_INFINITY, .min = 1, .max = INT64_MAX, .preset = "\"infinity\"",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "bytes", .help = "as for listen.c2s"},
	{.key = "state_timeout", .type = OPTION_INT_OR_INFINITY, .min = 0, .max = INT64_MAX, .preset = "5000", .old_key = "c2s_state_timeout",
	 .since = "6.4", .reload = OPTION_NEW_CONNECTIONS, .unit = "ms", .help = "as for listen.c2s"},
	{.key = "backwards_compatible_session", .type = OPTION_BOOL, .preset = "true", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "as for listen.c2s"},
	{.key = "shaper", .type = OPTION_NAME, .preset = "\"none\"", .reload = OPTION_NEW_CONNECTIONS, .help = "as for listen.c2s"},
	{0},
};

static const struct option bosh_options[] = {
	HOST_AND_PATH,
	{.key = "shaper", .type = OPTION_NAME, .preset = "\"none\"", .reload = OPTION_NEW_CONNECTIONS, .help = "as for listen.c2s"},
	{0},
};

static const char categories[] = "checkAuth|account|domain|last|muc|muc_light|session|stanza|roster|vcard|private|metric|stat|gdpr|mnesia|"
				 "cets|server|inbox|http_upload|offline|token|externalServices|blocklist|broadcast";

static const struct option graphql_options[] = {
	HOST_AND_PATH,
	{.key = "schema_endpoint", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .values = "admin|domain_admin|user",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "for whom"},
	CREDENTIALS,
	{.key = "allowed_categories", .type = OPTION_LIST_STRING, .flags = OPTION_NON_EMPTY | OPTION_UNIQUE, .values = categories,
	 .reload = OPTION_NEW_CONNECTIONS, .help = "what can be asked; default: everything"},
	{.key = "sse_idle_timeout", .type = OPTION_INT_OR_INFINITY, .min = 1, .max = INT64_MAX, .preset = "3600000",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "ms", .help = "a stream of events without one for so long is closed"},
	{0},
};

static const struct option admin_api_options[] = {
	HOST_AND_PATH,
	CREDENTIALS,
	{.key = "handlers", .type = OPTION_LIST_STRING, .flags = OPTION_NON_EMPTY | OPTION_UNIQUE,
	 .values = "contacts|users|sessions|messages|stanzas|muc_light|muc|inbox|domain|metrics", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the parts that are served; default: all"},
	{0},
};

static const struct option client_api_options[] = {
	HOST_AND_PATH,
	{.key = "handlers", .type = OPTION_LIST_STRING, .flags = OPTION_NON_EMPTY | OPTION_UNIQUE,
	 .values = "sse|messages|contacts|rooms|rooms_config|rooms_users|rooms_messages", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the parts that are served; default: all"},
	{.key = "docs", .type = OPTION_BOOL, .preset = "true", .reload = OPTION_NEW_CONNECTIONS, .help = "serve the documentation too"},
	{0},
};

static const struct option_table bosh_table = {.name = "listen.http.handlers.mongoose_bosh_handler", .options = bosh_options};
static const struct option_table websocket_table = {.name = "listen.http.handlers.mongoose_websocket_handler", .options = websocket_options};
static const struct option_table prometheus_table = {.name = "listen.http.handlers.mongoose_prometheus_handler", .options = plain_options};
static const struct option_table graphql_table = {
	.name = "listen.http.handlers.mongoose_graphql_handler", .options = graphql_options, .examine = examine_credentials,
};
static const struct option_table admin_api_table = {
	.name = "listen.http.handlers.mongoose_admin_api", .options = admin_api_options, .examine = examine_credentials,
};
static const struct option_table client_api_table = {.name = "listen.http.handlers.mongoose_client_api", .options = client_api_options};

static const struct option options[] = {
	{.key = "mongoose_bosh_handler", .type = OPTION_TABLES, .old_key = "mod_bosh", .since = "6.6", .table = &bosh_table,
	 .help = "XMPP over long-polled HTTP (XEP-0124, XEP-0206)"},
	{.key = "mongoose_websocket_handler", .type = OPTION_TABLES, .old_key = "mod_websockets", .since = "6.6", .table = &websocket_table,
	 .help = "XMPP over WebSocket (RFC 7395)"},
	{.key = "mongoose_graphql_handler", .type = OPTION_TABLES, .table = &graphql_table, .help = "administration with GraphQL"},
	{.key = "mongoose_prometheus_handler", .type = OPTION_TABLES, .since = "6.3", .table = &prometheus_table, .help = "metrics"},
	{.key = "mongoose_admin_api", .type = OPTION_TABLES, .table = &admin_api_table, .help = "administration with REST"},
	{.key = "mongoose_client_api", .type = OPTION_TABLES, .table = &client_api_table, .help = "REST for users"},
	{0},
};

const struct option_table sections_handlers_table = {.name = "listen.http.handlers", .options = options, .help = "What is served where."};
