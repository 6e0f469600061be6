#include "conf/bosh_limits.h"

#include "conf/layout.h"
#include "conf/sections.h"

#define AT(field) offsetof(struct bosh_limits, field)

static const struct option options[] = {
	{.key = "backend", .type = OPTION_STRING, .flags = OPTION_NOT_STORED, .values = "mnesia|cets", .reload = OPTION_AT_ONCE,
	 .help = "has no meaning here: sessions are kept in memory"},
	{.key = "inactivity", .type = OPTION_INT_OR_INFINITY, .offset = AT(inactivity_s), .min = 1, .max = INT64_MAX, .preset = "30",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "s", .help = "a session without request for so long ends"},
	{.key = "max_wait", .type = OPTION_INT_OR_INFINITY, .offset = AT(max_wait_s), .min = 1, .max = INT64_MAX, .preset = "\"infinity\"",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "s", .help = "the longest time that a request is held"},
	{.key = "server_acks", .type = OPTION_BOOL, .offset = AT(server_acks), .preset = "false", .reload = OPTION_NEW_CONNECTIONS,
	 .help = "acknowledge requests"},
	{.key = "host_types", .type = OPTION_LIST_STRING, .offset = AT(host_types), .min = 1, .reload = OPTION_NEW_CONNECTIONS,
	 .help = "for which hosts there is BOSH; default: all"},
	{.key = "max_pause", .type = OPTION_INT, .offset = AT(max_pause_s), .min = 1, .max = INT64_MAX, .preset = "120",
	 .reload = OPTION_NEW_CONNECTIONS, .unit = "s", .help = "the longest pause that a client may ask for"},
	{0},
};

const struct option_table sections_bosh_table = {
	.name = "services.service_bosh", .size = sizeof(struct bosh_limits), .options = options, .help = "XMPP over long-polled HTTP.",
};

const struct option_table bosh_limits_module_table = {
	.name = "modules.mod_bosh", .size = sizeof(struct bosh_limits), .options = options,
	.help = "As services.service_bosh, for the hosts that have this module.",
};

static bool lists(const struct bosh_limits *l, struct str name)
{
	const struct str *names = l->host_types.items;

	for (size_t i = 0; i < l->host_types.count; i++)
		if (str_equal(names[i], name))
			return true;
	return l->host_types.count == 0;
}

static bool is_configured(const struct config *c)
{
	for (size_t i = 0; i < c->host_count; i++)
		if (config_find_module(&c->hosts[i], "mod_bosh"))
			return true;
	return c->file->services.bosh != NULL;
}

const struct bosh_limits *bosh_limits_of(const struct config *c, const struct config_host *h)
{
	static const struct bosh_limits usual = {.inactivity_s = 30, .max_wait_s = OPTION_INFINITY, .max_pause_s = 120};
	const struct config_host_module *module = config_find_module(h, "mod_bosh");
	const struct bosh_limits *service = c->file->services.bosh;

	if (module)
		return module->options;
	if (service)
		return lists(service, h->name) ? service : NULL;
	return is_configured(c) ? NULL : &usual;
}
