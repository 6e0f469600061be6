/* [[listen.TYPE]]: the sockets. Options of the types that are not implemented yet are checked all the same. */
#include <stdlib.h>

#include "base/ip.h"
#include "conf/handlers.h"
#include "conf/schema.h"
#include "conf/sections.h"

enum { HTTP_BACKLOG = 1024 };

#define AT(field) offsetof(struct config_listen, field)

static const char *const kind_keys[] = {
	[CONFIG_LISTEN_C2S] = "c2s", [CONFIG_LISTEN_S2S] = "s2s", [CONFIG_LISTEN_COMPONENT] = "component", [CONFIG_LISTEN_HTTP] = "http",
};

/* The version follows from the address, the address from the version. */
static void complete(struct config_listen *l, enum config_listen_kind kind, struct option_problems *p)
{
	l->kind = kind;
	l->index = (int)p->place->index;
	l->line = p->place->node->at.line;
	bool has_colon = l->ip_address.data && str_find_char(l->ip_address, ':') >= 0;
	if (l->ip_version == 0)
		l->ip_version = has_colon ? 6 : 4;
	if (!l->ip_address.data)
		l->ip_address = l->ip_version == 6 ? STR("::") : STR("0.0.0.0");
}

static void complete_c2s(void *values, struct option_problems *p)
{
	struct config_listen *l = values;
	complete(l, CONFIG_LISTEN_C2S, p);
	l->limits_auth_methods = option_was_given(p, "allowed_auth_methods");
}

static void complete_s2s(void *values, struct option_problems *p)
{
	complete(values, CONFIG_LISTEN_S2S, p);
}

static void complete_component(void *values, struct option_problems *p)
{
	complete(values, CONFIG_LISTEN_COMPONENT, p);
}

static void complete_http(void *values, struct option_problems *p)
{
	struct config_listen *l = values;

	complete(l, CONFIG_LISTEN_HTTP, p);
	l->backlog = HTTP_BACKLOG;
	l->num_acceptors = l->transport.num_acceptors;
	l->max_connections = l->transport.max_connections;
}

static void examine_one(const void *values, struct option_problems *p)
{
	const struct config_listen *l = values;
	bool both = option_was_given(p, "ip_address") && option_was_given(p, "ip_version");
	bool is_sound = !option_has_errors(p, "ip_address") && !option_has_errors(p, "ip_version");
	bool is_six = str_find_char(l->ip_address, ':') >= 0;
	if (both && is_sound && is_six != (l->ip_version == 6))
		option_problem(p, "ip_version", "%d contradicts ip_address = \"%.*s\"", (int)l->ip_version, STR_ARGS(l->ip_address));
}

/* What can be done over HTTP by whoever can connect is not for the network. */
static void examine_http(const void *values, struct option_problems *p)
{
	const struct config_listen *l = values;
	const struct handlers_entry *all = l->handlers ? l->handlers->all.items : NULL;
	struct ip address = {0};

	examine_one(values, p);
	if (option_has_errors(p, "ip_address") || option_has_errors(p, "handlers") ||
	    (ip_parse(l->ip_address, &address) && ip_is_loopback(address)))
		return;
	for (size_t i = 0; all && i < l->handlers->all.count; i++)
		if (handlers_lacks_credentials(&all[i]))
			option_problem(p, "handlers",
				       "%s[%zu] has no username and password, and without them may only be served on this machine: "
				       "ip_address = \"127.0.0.1\"",
				       all[i].name, all[i].index);
}

static void examine_names(const struct config_listen *l, struct option_problems *p)
{
	bool is_shaper = str_is(l->shaper, "none") || sections_name_is_defined(p, "shaper", l->shaper);
	bool is_built_in = str_is(l->access, "all") || str_is(l->access, "none");
	if (l->shaper.data && !is_shaper && !sections_name_is_defined(p, "access", l->shaper))
		option_problem(p, "shaper", "there is no shaper and no access rule of the name \"%.*s\"", STR_ARGS(l->shaper));
	if (l->access.data && !is_built_in && !sections_name_is_defined(p, "access", l->access))
		option_warning(p, "access", "there is no access rule of the name \"%.*s\": nobody is allowed", STR_ARGS(l->access));
}

static void examine_xmpp(const void *values, struct option_problems *p)
{
	examine_one(values, p);
	examine_names(values, p);
}

/* XEP-0114 has no STARTTLS. */
static void examine_component(const void *values, struct option_problems *p)
{
	const struct config_listen *l = values;
	examine_xmpp(values, p);
	if (!l->tls || option_has_errors(p, "tls"))
		return;
	if (l->tls->mode == CONFIG_STARTTLS_REQUIRED)
		option_problem(p, "tls", "components cannot ask for STARTTLS, so nobody could connect here; keep mode = \"tls\"");
	else if (l->tls->mode == CONFIG_STARTTLS)
		option_warning(p, "tls", "components cannot ask for STARTTLS: nothing is encrypted here; mode = \"tls\" encrypts all");
}

static const char no_compression[] = "streams are not compressed";
static const char no_mailboxes[] = "connections have no mailboxes that could grow";

/* Of every listener. */
#define GENERAL_OPTIONS                                                                                                              \
	{.key = "port", .type = OPTION_PORT, .flags = OPTION_REQUIRED | OPTION_IDENTITY, .offset = AT(port),                         \
	 .reload = OPTION_AT_ONCE,                                                                                                   \
	 .help = "the TCP port to listen on; 0 lets the system choose one, which is logged", .example = "5222"},                                  \
	{.key = "ip_address", .type = OPTION_IP, .flags = OPTION_IDENTITY, .offset = AT(ip_address), .reload = OPTION_AT_ONCE,       \
	 .help = "the address to listen on; default: every one of the machine, 0.0.0.0 or ::",                                       \
	 .example = "\"127.0.0.1\""},                                                                                              \
	{.key = "ip_version", .type = OPTION_INT, .offset = AT(ip_version), .values = "4|6", .reload = OPTION_AT_ONCE,               \
	 .help = "of the Internet Protocol; default: that of ip_address, or 4"},                                                      \
	{.key = "proto", .type = OPTION_STRING, .flags = OPTION_NOT_STORED, .values = "tcp", .preset = "\"tcp\"",                    \
	 .reload = OPTION_AT_ONCE, .help = "the transport; TCP is all there is"},                                                                   \
	{.key = "hibernate_after", .type = OPTION_INT_OR_INFINITY, .offset = AT(hibernate_after_ms), .min = 0, .max = INT64_MAX,     \
	 .preset = "0", .reload = OPTION_NEW_CONNECTIONS, .unit = "ms",                                                              \
	 .help = "after this long without traffic a connection gives its TLS buffers back, two of 16 KiB; 0: after each record; "     \
		 "\"infinity\": never. Other buffers it has only while a stanza is incomplete"}

/* Of every listener that speaks XMPP over TCP. */
#define XMPP_OPTIONS                                                                                                                 \
	{.key = "backlog", .type = OPTION_INT, .offset = AT(backlog), .min = 1, .max = INT32_MAX, .preset = "1024",                  \
	 .reload = OPTION_AT_ONCE, .help = "how many new connections the system holds until they are accepted, see listen(2)"},                    \
	{.key = "num_acceptors", .type = OPTION_INT, .offset = AT(num_acceptors), .min = 1, .max = INT64_MAX, .preset = "100",       \
	 .reload = OPTION_RESTART, .help = "how many loops accept here, at most all of them"},                                       \
	{.key = "reuse_port", .type = OPTION_BOOL, .offset = AT(reuse_port), .preset = "false", .reload = OPTION_RESTART,            \
	 .help = "each accepting loop has a socket of its own (SO_REUSEPORT) and the system spreads connections over them"},         \
	{.key = "max_connections", .type = OPTION_INT_OR_INFINITY, .offset = AT(max_connections), .min = 1, .max = INT64_MAX,        \
	 .preset = "\"infinity\"", .reload = OPTION_AT_ONCE, \
	 .help = "at most so many connections here at a time; the next one is closed at once"}, \
	{.key = "max_stanza_size", .type = OPTION_INT_OR_INFINITY, .offset = AT(max_stanza_size), .min = 1, .max = INT64_MAX,        \
	 .preset = "\"infinity\"", .reload = OPTION_NEW_CONNECTIONS, .unit = "bytes",                                                \
	 .help = "the largest stanza, as it is received; the byte past it ends the stream with policy-violation"},                         \
	{.key = "proxy_protocol", .type = OPTION_BOOL, .offset = AT(proxy_protocol), .preset = "false",                              \
	 .reload = OPTION_NEW_CONNECTIONS,                                                                                           \
	 .help = "every connection begins with a header of the PROXY protocol, version 1 or 2, as load balancers send it, and then " \
		 "counts as coming from the address in it; without a good one in five seconds it is closed; see proxy_trusted"}

#define TIMEOUT_OPTION(old)                                                                                                          \
	{.key = "state_timeout", .type = OPTION_INT_OR_INFINITY, .offset = AT(state_timeout_ms), .min = 0, .max = INT64_MAX,         \
	 .preset = "5000", .old_key = old, .since = "6.3", .reload = OPTION_NEW_CONNECTIONS, .unit = "ms",                           \
	 .help = "how long the peer may take for each step until its session is there; see login_timeout"}

#define SHAPER_OPTION(old, state)                                                                                                    \
	{.key = "shaper", .type = OPTION_NAME, .flags = state, .offset = AT(shaper),                                                 \
	 .preset = "\"none\"", .old_key = old, .reload = OPTION_NEW_CONNECTIONS,                                                    \
	 .help = "the shaper that slows down reading; a name of [shaper], or of an access rule whose value is one",                  \
	 .example = "\"normal\""}

#define ACCESS_OPTION(text)                                                                                                          \
	{.key = "access", .type = OPTION_NAME, .offset = AT(access), .preset = "\"all\"", .reload = OPTION_NEW_CONNECTIONS, .help = text}

#define TLS_OPTION(table_pointer)                                                                                                    \
	{.key = "tls", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(tls), .table = table_pointer,                \
	 .reload = OPTION_NEW_CONNECTIONS, .help = "TLS"}

#define QUEUE_OPTION {.key = "max_fsm_queue", .type = OPTION_INT, .flags = OPTION_IGNORED, .min = 1, .max = INT64_MAX, .help = no_mailboxes}

static const struct option c2s_options[] = {
	GENERAL_OPTIONS,
	XMPP_OPTIONS,
	TIMEOUT_OPTION("c2s_state_timeout"),
	ACCESS_OPTION("the access rule that says who may open a session here"),
	SHAPER_OPTION(NULL, 0),
	{.key = "allowed_auth_methods", .type = OPTION_LIST_ENUM, .offset = AT(allowed_auth_methods), .values = SECTIONS_AUTH_METHODS,
	 .reload = OPTION_NEW_CONNECTIONS, .help = "which of auth.methods can be used here; default: all; an empty list: nobody can log in",
	 .example = "[\"internal\"]"},
	{.key = "backwards_compatible_session", .type = OPTION_BOOL, .offset = AT(backwards_compatible_session), .preset = "true",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "offer the session request of RFC 3921, as optional, for clients from before 2011"},
	TLS_OPTION(&sections_tls_c2s_table),
	{.key = "zlib", .type = OPTION_INT, .flags = OPTION_IGNORED, .min = 1, .max = INT64_MAX, .help = no_compression},
	QUEUE_OPTION,
	{0},
};

static const struct option s2s_options[] = {
	GENERAL_OPTIONS,
	XMPP_OPTIONS,
	TIMEOUT_OPTION(NULL),
	SHAPER_OPTION(NULL, 0),
	TLS_OPTION(&sections_tls_s2s_table),
	QUEUE_OPTION,
	{0},
};

static const struct option component_options[] = {
	GENERAL_OPTIONS,
	XMPP_OPTIONS,
	TIMEOUT_OPTION(NULL),
	ACCESS_OPTION("the access rule that says who may send to the component"),
	SHAPER_OPTION("shaper_rule", 0),
	{.key = "password", .type = OPTION_STRING, .flags = OPTION_REQUIRED | OPTION_SECRET, .offset = AT(password), .min = 1,
	 .reload = OPTION_NEW_CONNECTIONS, .help = "shared by all components that connect here"},
	{.key = "check_from", .type = OPTION_BOOL, .offset = AT(check_from), .preset = "true", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "a component may only send from its own domain"},
	{.key = "hidden_components", .type = OPTION_BOOL, .offset = AT(hidden_components), .preset = "false",
	 .reload = OPTION_NEW_CONNECTIONS,
	 .help = "service discovery does not list the components for users, if mod_disco has users_can_see_hidden_services = false"},
	{.key = "conflict_behaviour", .type = OPTION_ENUM, .offset = AT(conflict_behaviour), .values = "disconnect|kick_old|share",
	 .preset = "\"disconnect\"", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "what happens when a second component of the same name connects: it is refused, the first has to go, or (not in MongooseIM) "
		 "both serve the name, each for some of the senders"},
	TLS_OPTION(&sections_tls_component_table),
	QUEUE_OPTION,
	{0},
};

static const struct option transport_options[] = {
	{.key = "num_acceptors", .type = OPTION_INT, .offset = offsetof(struct config_transport, num_acceptors), .min = 1, .max = INT64_MAX,
	 .preset = "100", .reload = OPTION_RESTART,
	 .help = "how many loops accept here, at most all of them"},
	{.key = "max_connections", .type = OPTION_INT_OR_INFINITY, .offset = offsetof(struct config_transport, max_connections), .min = 0,
	 .max = INT64_MAX, .preset = "1024", .reload = OPTION_AT_ONCE,
	 .help = "at most so many at a time, WebSockets included; the next one gets 503"},
	{0},
};

static const struct option protocol_options[] = {
	{.key = "compress", .type = OPTION_BOOL, .preset = "false", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "compress answers (gzip) for clients that can read them so"},
	{0},
};

static const struct option_table transport_table = {
	.name = "listen.http.transport", .size = sizeof(struct config_transport), .options = transport_options,
};
static const struct option_table protocol_table = {.name = "listen.http.protocol", .size = sizeof(bool), .options = protocol_options};

static const struct option http_options[] = {
	GENERAL_OPTIONS,
	{.key = "transport", .type = OPTION_TABLE, .offset = AT(transport), .table = &transport_table, .help = "connections"},
	{.key = "protocol", .type = OPTION_TABLE, .offset = AT(compress), .table = &protocol_table, .help = "HTTP"},
	{.key = "handlers", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(handlers), .table = &sections_handlers_table,
	 .help = "what is served"},
	TLS_OPTION(&sections_tls_http_table),
	{0},
};

static const struct option_table c2s_table = {
	.name = "listen.c2s", .size = sizeof(struct config_listen), .options = c2s_options, .complete = complete_c2s, .examine = examine_xmpp,
	.help = "Where clients connect. Each [[listen.c2s]] is one listening socket.",
};
static const struct option_table s2s_table = {
	.name = "listen.s2s", .size = sizeof(struct config_listen), .options = s2s_options, .complete = complete_s2s, .examine = examine_xmpp,
	.help = "Where other servers connect.",
};
static const struct option_table component_table = {
	.name = "listen.component", .size = sizeof(struct config_listen), .options = component_options, .complete = complete_component,
	.examine = examine_component, .help = "Where external components (XEP-0114) connect.",
};
static const struct option_table http_table = {
	.name = "listen.http", .size = sizeof(struct config_listen), .options = http_options, .complete = complete_http,
	.examine = examine_http, .help = "BOSH, WebSocket and the administration over HTTP.",
};

/* Same port and address first, then in the order of the file. */
static int compare_listeners(const void *left, const void *right)
{
	const struct config_listen *x = *(const struct config_listen *const *)left, *y = *(const struct config_listen *const *)right;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	int order = str_compare(x->ip_address, y->ip_address);
	if (order != 0)
		return order;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x->kind != y->kind ? x->kind - y->kind : x->index - y->index;
}

static void examine_duplicates(const struct config_listen **all, size_t count, struct option_problems *p)
{
	qsort(all, count, sizeof(struct config_listen *), compare_listeners);
	for (size_t i = 1; i < count; i++) {
		const struct config_listen *first = all[i - 1], *second = all[i];
		if (first->port != second->port || !str_equal(first->ip_address, second->ip_address))
			continue;
		option_item_problem(p, kind_keys[second->kind], (size_t)second->index,
				    "listens on port %d of %.*s as listen.%s[%d] on line %u does", (int)second->port,
				    STR_ARGS(second->ip_address), kind_keys[first->kind], first->index, first->line);
	}
}

static size_t collect(const struct option_list *list, const struct config_listen **all)
{
	const struct config_listen *items = list->items;
	for (size_t i = 0; i < list->count; i++)
		all[i] = &items[i];
	return list->count;
}

static void examine_all(const void *values, struct option_problems *p)
{
	const struct sections_listen *s = values;
	const struct option_list *const lists[] = {&s->c2s, &s->s2s, &s->component, &s->http};
	const struct config_listen **all =
		arena_alloc_array(&p->scratch, s->c2s.count + s->s2s.count + s->component.count + s->http.count, sizeof *all);
	size_t count = 0;
	bool is_sound = true;
	for (size_t kind = 0; kind < sizeof lists / sizeof lists[0]; kind++) {
		count += collect(lists[kind], all + count);
		is_sound &= !option_has_errors(p, kind_keys[kind]);
	}
	if (is_sound)
		examine_duplicates(all, count, p);
	if (count > CONFIG_LISTENERS_MAX)
		option_problem(p, NULL, "there are %zu listeners; at most %d are possible", count, CONFIG_LISTENERS_MAX);
}

#undef AT
#define AT(field) offsetof(struct sections_listen, field)

static const struct option options[] = {
	{.key = "c2s", .type = OPTION_TABLES, .offset = AT(c2s), .table = &c2s_table, .help = "clients"},
	{.key = "s2s", .type = OPTION_TABLES, .offset = AT(s2s), .table = &s2s_table, .help = "other servers"},
	{.key = "component", .type = OPTION_TABLES, .offset = AT(component), .old_key = "service", .since = "6.4",
	 .table = &component_table, .help = "external components"},
	{.key = "http", .type = OPTION_TABLES, .offset = AT(http), .table = &http_table, .help = "HTTP"},
	{0},
};

const struct option_table sections_listen_table = {
	.name = "listen",
	.size = sizeof(struct sections_listen),
	.options = options,
	.examine = examine_all,
	.help = "The listening sockets. Without any, nobody can connect.",
};
