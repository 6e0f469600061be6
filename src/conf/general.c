#include "conf/sections.h"

#define AT(field) offsetof(struct config_general, field)

/* MongooseIM's names; log_level_from_name knows what they mean here. */
static const char level_names[] = "none|emergency|alert|critical|error|warning|notice|info|debug|all";

/* Why some options mean nothing here. */
static const char no_tuning[] = "it tunes the inside of MongooseIM";

static void complete(void *values, struct option_problems *p)
{
	struct config_general *g = values;
	enum log_level level = LOG_WARN;
	(void)p;
	/* The index of the name becomes the level. */
	if (log_level_from_name(option_value_name(level_names, (size_t)g->loglevel), &level))
		g->loglevel = level;
}

static bool list_has(const struct option_list *list, struct str name)
{
	const struct str *items = list->items;
	for (size_t i = 0; i < list->count; i++) {
		if (str_equal(items[i], name))
			return true;
	}
	return false;
}

static void examine_templates(const struct config_general *g, struct option_problems *p)
{
	const struct str *hosts = g->hosts.items;
	for (size_t i = 0; i < g->hosts.count; i++) {
		if (str_find_char(hosts[i], '@') >= 0)
			option_item_problem(p, "hosts", i, "expected a domain name, got \"%.*s\"", STR_ARGS(hosts[i]));
	}
	if (g->default_server_domain.data && str_find_char(g->default_server_domain, '@') >= 0)
		option_problem(p, "default_server_domain", "expected a domain name, got \"%.*s\"", STR_ARGS(g->default_server_domain));
}

static void examine(const void *values, struct option_problems *p)
{
	const struct config_general *g = values;
	const struct str *types = g->host_types.items;
	examine_templates(g, p);
	if (g->hosts.count == 0 && g->host_types.count == 0 && !option_has_errors(p, "hosts") && !option_has_errors(p, "host_types"))
		option_problem(p, NULL, "\"hosts\" or \"host_types\" must name at least one");
	for (size_t i = 0; i < g->host_types.count; i++) {
		if (list_has(&g->hosts, types[i]))
			option_item_problem(p, "host_types", i, "\"%.*s\" is one of \"hosts\" already", STR_ARGS(types[i]));
	}
	if (g->host_types.count > 0)
		option_not_implemented(p, "host_types", NULL);
}

static const struct option certificate_options[] = {
	{.key = "domain", .type = OPTION_DOMAIN, .flags = OPTION_REQUIRED | OPTION_NOT_STORED, .old_key = "host", .help = "the domain"},
	{.key = "certfile", .type = OPTION_STRING, .flags = OPTION_REQUIRED | OPTION_NOT_STORED, .min = 1, .help = "its certificate"},
	{0},
};
static const struct option_table certificate_table = {.name = "general.domain_certfile", .options = certificate_options};

/* docs/differences.md, T-SES-10 */
#define REPLACED_OPTION                                                                                                              \
	{.key = "replaced_wait_timeout", .type = OPTION_INT, .flags = OPTION_IGNORED, .min = 1, .max = INT64_MAX,                    \
	 .help = "a session that is replaced ends at once, so nobody waits for it"}

static const struct option options[] = {
	{.key = "loglevel", .type = OPTION_ENUM, .offset = AT(loglevel), .values = level_names, .preset = "\"warning\"",
	 .reload = OPTION_AT_ONCE, .help = "how much is logged; \"notice\" is as \"warning\", \"all\" is the most there is"},
	{.key = "hosts", .type = OPTION_LIST_DOMAIN, .flags = OPTION_UNIQUE, .offset = AT(hosts), .reload = OPTION_AT_ONCE,
	 .help = "the domains this server is responsible for", .example = "[\"example.org\", \"example.com\"]"},
	{.key = "host_types", .type = OPTION_LIST_STRING, .flags = OPTION_UNIQUE, .offset = AT(host_types), .min = 1, .reload = OPTION_RESTART,
	 .help = "named sets of settings for domains that are kept in a database", .example = "[\"first type\"]"},
	{.key = "default_server_domain", .type = OPTION_DOMAIN, .flags = OPTION_REQUIRED, .offset = AT(default_server_domain),
	 .reload = OPTION_AT_ONCE, .help = "the domain that answers where no other can, as in errors before a stream has a domain",
	 .example = "\"example.org\""},
	{.key = "language", .type = OPTION_STRING, .offset = AT(language), .min = 1, .preset = "\"en\"", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "the xml:lang of streams whose peer names no language"},
	{.key = "hide_service_name", .type = OPTION_BOOL, .offset = AT(hide_service_name), .preset = "false", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "close without a word when what arrives is not a valid stream header"},
	{.key = "registration_timeout", .type = OPTION_INT_OR_INFINITY, .offset = AT(registration_timeout_s), .min = 1, .max = INT64_MAX,
	 .preset = "600", .reload = OPTION_AT_ONCE, .unit = "s", .help = "the least time between two registrations (XEP-0077) from one address"},
	{.key = "http_server_name", .type = OPTION_STRING, .offset = AT(http_server_name), .preset = "\"meerkat\"",
	 .reload = OPTION_NEW_CONNECTIONS, .help = "what the Server header of HTTP answers says; \"\": there is none"},
	{.key = "route_subdomains", .type = OPTION_STRING, .offset = AT(route_subdomains), .values = "s2s", .reload = OPTION_AT_ONCE,
	 .help = "\"s2s\": stanzas to names below own domains that nobody serves here go to other servers; by default they are refused"},
	REPLACED_OPTION,
	{.key = "domain_certfile", .type = OPTION_TABLES, .flags = OPTION_IGNORED, .table = &certificate_table,
	 .help = "certificates are those of the listeners"},
	{.key = "routing_modules", .type = OPTION_LIST_STRING, .flags = OPTION_IGNORED, .min = 1, .help = no_tuning},
	{.key = "sm_backend", .type = OPTION_STRING, .flags = OPTION_IGNORED, .values = "mnesia|redis|cets", .help = "sessions are kept in memory"},
	{.key = "s2s_backend", .type = OPTION_STRING, .flags = OPTION_IGNORED, .values = "mnesia|cets", .help = no_tuning},
	{.key = "component_backend", .type = OPTION_STRING, .flags = OPTION_IGNORED, .values = "mnesia|cets", .help = no_tuning},
	{.key = "max_fsm_queue", .type = OPTION_INT, .flags = OPTION_IGNORED, .min = 1, .max = INT64_MAX, .help = no_tuning},
	{.key = "all_metrics_are_global", .type = OPTION_BOOL, .flags = OPTION_IGNORED, .help = "metrics are global"},
	{.key = "rdbms_server_type", .type = OPTION_STRING, .flags = OPTION_IGNORED, .values = "pgsql|mssql", .help = "the store finds out itself"},
	{.key = "mongooseimctl_access_commands", .type = OPTION_TABLE, .flags = OPTION_IGNORED,
	 .help = "meerkatctl is protected by the permissions of its socket"},
	{0},
};

const struct option_table sections_general_table = {
	.name = "general",
	.size = sizeof(struct config_general),
	.options = options,
	.complete = complete,
	.examine = examine,
	.help = "What holds for the whole server. The section is required.",
};

#undef AT
#define AT(field) offsetof(struct sections_host_general, field)

static const struct option host_options[] = {
	REPLACED_OPTION,
	{.key = "route_subdomains", .type = OPTION_STRING, .offset = AT(route_subdomains), .values = "s2s", .reload = OPTION_AT_ONCE,
	 .help = "as in [general], for this host"},
	{0},
};

const struct option_table sections_host_general_table = {
	.name = "host_config.general",
	.size = sizeof(struct sections_host_general),
	.options = host_options,
	.help = "The part of [general] that can differ between hosts.",
};
