/* [[listen.http.handlers.TYPE]]: what an HTTP listener serves. */
#include "conf/handlers.h"
#include "conf/schema.h"
#include "conf/sections.h"

#define HOST_AND_PATH                                                                                                               \
	{.key = "host", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = offsetof(struct handlers_place, host), .min = 1, \
	 .reload = OPTION_NEW_CONNECTIONS, .help = "the Host that is answered for; \"_\": any", .example = "\"_\""},                \
	{.key = "path", .type = OPTION_STRING, .flags = OPTION_REQUIRED, .offset = offsetof(struct handlers_place, path),           \
	 .reload = OPTION_NEW_CONNECTIONS, .help = "where the paths of the handler begin", .example = "\"/ws-xmpp\""}

#define CREDENTIALS(of)                                                                                                     \
	{.key = "username", .type = OPTION_STRING, .offset = offsetof(of, credentials.username), .min = 1,                  \
	 .reload = OPTION_NEW_CONNECTIONS, .help = "who may use it"},                                                       \
	{.key = "password", .type = OPTION_STRING, .flags = OPTION_SECRET, .offset = offsetof(of, credentials.password), .min = 1, \
	 .reload = OPTION_NEW_CONNECTIONS, .help = "of username"}

static void examine_credentials(const void *values, struct option_problems *p)
{
	(void)values;
	bool has_name = option_was_given(p, "username"), has_password = option_was_given(p, "password");
	if (has_name != has_password)
		option_problem(p, has_name ? "username" : "password", "\"username\" and \"password\" are only good together");
}

static const struct option plain_options[] = {HOST_AND_PATH, {0}};

#define AT(field) offsetof(struct handlers_websocket, field)

static const struct option websocket_options[] = {
	HOST_AND_PATH,
	{.key = "timeout", .type = OPTION_INT_OR_INFINITY, .offset = AT(timeout_ms), .min = 0, .max = INT64_MAX, .preset = "\"infinity\"",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "ms", .help = "a connection without traffic for so long is closed"},
	{.key = "ping_rate", .type = OPTION_INT, .offset = AT(ping_rate_ms), .min = 1, .max = INT64_MAX, .reload = OPTION_NEW_CONNECTIONS,
	 .unit = "ms", .help = "how often the server sends a ping; default: never"},
	{.key = "max_stanza_size", .type = OPTION_INT_OR_INFINITY, .offset = AT(max_stanza_size), .min = 1, .max = INT64_MAX,
	 .preset = "\"infinity\"", .reload = OPTION_NEW_CONNECTIONS, .unit = "bytes", .help = "as for listen.c2s"},
	{.key = "state_timeout", .type = OPTION_INT_OR_INFINITY, .offset = AT(state_timeout_ms), .min = 0, .max = INT64_MAX,
	 .preset = "5000", .old_key = "c2s_state_timeout", .since = "6.4", .reload = OPTION_NEW_CONNECTIONS, .unit = "ms",
	 .help = "as for listen.c2s"},
	{.key = "backwards_compatible_session", .type = OPTION_BOOL, .offset = AT(backwards_compatible_session), .preset = "true",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "as for listen.c2s"},
	{.key = "shaper", .type = OPTION_NAME, .offset = AT(shaper), .preset = "\"none\"", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "as for listen.c2s"},
	{0},
};

#undef AT
#define AT(field) offsetof(struct handlers_bosh, field)

static const struct option bosh_options[] = {
	HOST_AND_PATH,
	{.key = "max_stanza_size", .type = OPTION_INT_OR_INFINITY, .offset = AT(max_stanza_size), .min = 1, .max = INT64_MAX,
	 .preset = "\"infinity\"", .reload = OPTION_NEW_CONNECTIONS, .unit = "bytes",
	 .help = "as for listen.c2s: of each element in a body, which is itself at most 8 MB"},
	{.key = "shaper", .type = OPTION_NAME, .offset = AT(shaper), .preset = "\"none\"", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "as for listen.c2s"},
	{0},
};

static const char categories[] = "checkAuth|account|domain|last|muc|muc_light|session|stanza|roster|vcard|private|metric|stat|gdpr|mnesia|"
				 "cets|server|inbox|http_upload|offline|token|externalServices|blocklist|broadcast";

#undef AT
#define AT(field) offsetof(struct handlers_graphql, field)

static const struct option graphql_options[] = {
	HOST_AND_PATH,
	{.key = "schema_endpoint", .type = OPTION_ENUM, .flags = OPTION_REQUIRED, .offset = AT(endpoint), .values = "admin|domain_admin|user",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "for whom"},
	CREDENTIALS(struct handlers_graphql),
	{.key = "allowed_categories", .type = OPTION_LIST_STRING, .flags = OPTION_NON_EMPTY | OPTION_UNIQUE, .offset = AT(allowed_categories),
	 .values = categories, .reload = OPTION_NEW_CONNECTIONS, .help = "what can be asked; default: everything"},
	{.key = "sse_idle_timeout", .type = OPTION_INT_OR_INFINITY, .offset = AT(sse_idle_timeout_ms), .min = 1, .max = INT64_MAX,
	 .preset = "3600000", .reload = OPTION_NEW_CONNECTIONS, .unit = "ms",
	 .help = "a stream of events without one for so long is closed"},
	{0},
};

static const struct option admin_api_options[] = {
	HOST_AND_PATH,
	CREDENTIALS(struct handlers_admin_api),
	{.key = "handlers", .type = OPTION_LIST_STRING, .flags = OPTION_NON_EMPTY | OPTION_UNIQUE,
	 .offset = offsetof(struct handlers_admin_api, handlers),
	 .values = "contacts|users|sessions|messages|stanzas|muc_light|muc|inbox|domain|metrics", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the parts that are served; default: all"},
	{0},
};

#undef AT
#define AT(field) offsetof(struct handlers_client_api, field)

static const struct option client_api_options[] = {
	HOST_AND_PATH,
	{.key = "handlers", .type = OPTION_LIST_STRING, .flags = OPTION_NON_EMPTY | OPTION_UNIQUE, .offset = AT(handlers),
	 .values = "sse|messages|contacts|rooms|rooms_config|rooms_users|rooms_messages", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the parts that are served; default: all"},
	{.key = "docs", .type = OPTION_BOOL, .offset = AT(docs), .preset = "true", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "serve the documentation too"},
	{0},
};

static const struct option dashboard_options[] = {HOST_AND_PATH, CREDENTIALS(struct handlers_dashboard), {0}};

#define TABLE(key, of, option_list, ...)                                                                                     \
	{.name = "listen.http.handlers." key, .size = sizeof(struct of), .options = option_list __VA_OPT__(, ) __VA_ARGS__}

static const struct option_table bosh_table = TABLE("mongoose_bosh_handler", handlers_bosh, bosh_options);
static const struct option_table websocket_table = TABLE("mongoose_websocket_handler", handlers_websocket, websocket_options);
static const struct option_table prometheus_table = TABLE("mongoose_prometheus_handler", handlers_plain, plain_options);
static const struct option_table graphql_table =
	TABLE("mongoose_graphql_handler", handlers_graphql, graphql_options, .examine = examine_credentials);
static const struct option_table admin_api_table =
	TABLE("mongoose_admin_api", handlers_admin_api, admin_api_options, .examine = examine_credentials);
static const struct option_table client_api_table = TABLE("mongoose_client_api", handlers_client_api, client_api_options);
static const struct option_table dashboard_table =
	TABLE("meerkat_dashboard", handlers_dashboard, dashboard_options, .examine = examine_credentials);
static const struct option_table chat_table = TABLE("meerkat_chat", handlers_plain, plain_options);

#undef AT
#define AT(field) .type = OPTION_TABLES, .offset = offsetof(struct handlers, field), .table = &field##_table

static const struct option options[] = {
	{.key = "mongoose_bosh_handler", AT(bosh), .old_key = "mod_bosh", .since = "6.6",
	 .help = "XMPP over long-polled HTTP (XEP-0124, XEP-0206)"},
	{.key = "mongoose_websocket_handler", AT(websocket), .old_key = "mod_websockets", .since = "6.6",
	 .help = "XMPP over WebSocket (RFC 7395)"},
	{.key = "mongoose_graphql_handler", AT(graphql), .help = "administration with GraphQL"},
	{.key = "mongoose_prometheus_handler", AT(prometheus), .since = "6.3", .help = "metrics"},
	{.key = "mongoose_admin_api", AT(admin_api), .help = "administration with REST"},
	{.key = "mongoose_client_api", AT(client_api), .help = "REST for users"},
	{.key = "meerkat_dashboard", AT(dashboard), .help = "a page for operators"},
	{.key = "meerkat_chat", AT(chat), .help = "a page with a chat client"},
	{0},
};

/* ---- all of them in one list ---- */

static const struct handlers_credentials *needed_credentials(const char *name, const void *item)
{
	const struct handlers_graphql *g = item;

	if (!strcmp(name, "mongoose_graphql_handler"))
		return g->endpoint == HANDLERS_ADMIN ? &g->credentials : NULL;
	if (!strcmp(name, "mongoose_admin_api"))
		return &((const struct handlers_admin_api *)item)->credentials;
	return strcmp(name, "meerkat_dashboard") ? NULL : &((const struct handlers_dashboard *)item)->credentials;
}

static const struct option_list *list_of(const struct handlers *h, const struct option *o)
{
	return (const void *)((const char *)h + o->offset);
}

static void complete(void *values, struct option_problems *p)
{
	struct handlers *h = values;
	size_t count = 0;

	for (const struct option *o = options; o->key; o++)
		count += list_of(h, o)->count;
	struct handlers_entry *all = arena_alloc_array(option_arena(p), count, sizeof *all);

	for (const struct option *o = options; o->key; o++) {
		const struct option_list *list = list_of(h, o);

		for (size_t i = 0; i < list->count && !(o->flags & OPTION_UNSUPPORTED); i++) {
			const void *item = (const char *)list->items + i * o->table->size;

			all[h->all.count++] =
				(struct handlers_entry){o->key, i, item, needed_credentials(o->key, item)};
		}
	}
	h->all.items = all;
}

bool handlers_lacks_credentials(const struct handlers_entry *e)
{
	return e->credentials && !e->credentials->username.data;
}

const struct option_table sections_handlers_table = {
	.name = "listen.http.handlers",
	.size = sizeof(struct handlers),
	.options = options,
	.complete = complete,
	.help = "What is served where.",
};
