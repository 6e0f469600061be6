#include "conf/layout.h"

/* Modules of MongooseIM that files may have; those that this server has are in struct config_known. */
static const char *const other_modules[] = {
	"mod_adhoc", "mod_amp", "mod_auth_token", "mod_bind2", "mod_blocking", "mod_blocklist", "mod_broadcast", "mod_cache_users",
	"mod_caps", "mod_carboncopy", "mod_csi", "mod_disco", "mod_domain_isolation", "mod_event_pusher", "mod_extdisco",
	"mod_external_filter", "mod_fast_auth_token", "mod_global_distrib", "mod_http_upload", "mod_inbox", "mod_jingle_sip", "mod_keystore",
	"mod_last", "mod_mam", "mod_muc", "mod_muc_light", "mod_muc_log", "mod_offline", "mod_offline_chatmarkers", "mod_offline_stub",
	"mod_ping", "mod_presence", "mod_privacy", "mod_private", "mod_pubsub", "mod_pubsub_old", "mod_push_service_mongoosepush",
	"mod_register", "mod_roster", "mod_sasl2", "mod_shared_roster_ldap", "mod_sic", "mod_smart_markers", "mod_stanzaid",
	"mod_stream_management", "mod_time", "mod_vcard", "mod_version",
};

enum { OTHER_MODULES = sizeof other_modules / sizeof other_modules[0] };

static const struct option no_options[] = {{0}};

static bool module_is_known(const struct config_known *known, const char *name)
{
	for (size_t i = 0; i < known->module_count; i++) {
		if (!strcmp(known->modules[i].name, name))
			return true;
	}
	return false;
}

static const struct option_table *make_empty_table(struct arena *a, const char *name)
{
	struct option_table *table = arena_alloc(a, sizeof *table);
	*table = (struct option_table){.name = arena_printf(a, "modules.%s", name), .options = no_options};
	return table;
}

/* The struct of [modules] is an array of pointers, in the order of the known modules. */
static const struct option_table *make_modules(struct arena *a, const struct config_known *known)
{
	struct option_table *table = arena_alloc(a, sizeof *table);
	struct option *o = arena_alloc_array(a, known->module_count + OTHER_MODULES + 1, sizeof *o);
	*table = (struct option_table){
		.name = "modules",
		.size = known->module_count * sizeof(void *),
		.options = o,
		.help = "The extensions. One that has no section is off. In [[host_config]] this section replaces the global one.",
	};
	for (size_t i = 0; i < known->module_count; i++, o++) {
		const struct config_module *m = &known->modules[i];
		*o = (struct option){.key = m->name, .type = OPTION_TABLE, .flags = OPTION_MODULE | OPTION_POINTER, .offset = i * sizeof(void *)};
		o->table = m->table ? m->table : make_empty_table(a, m->name);
		o->help = m->summary;
		o->reload = OPTION_AT_ONCE;
	}
	for (size_t i = 0; i < OTHER_MODULES; i++) {
		if (!module_is_known(known, other_modules[i]))
			*o++ = (struct option){.key = other_modules[i], .type = OPTION_TABLE, .flags = OPTION_UNSUPPORTED | OPTION_NOT_STORED};
	}
	return table;
}

#define AT(field) offsetof(struct layout_host, field)

static void examine_host(const void *values, struct option_problems *p)
{
	const struct layout_host *h = values;
	if (option_was_given(p, "host") == option_was_given(p, "host_type"))
		option_problem(p, NULL, "expected \"host\" or \"host_type\", and only one of them");
	if (h->host_type.data)
		option_not_implemented(p, "host_type", NULL);
}

static const struct option host_options[] = {
	{.key = "host", .type = OPTION_DOMAIN, .flags = OPTION_IDENTITY, .offset = AT(host), .reload = OPTION_AT_ONCE,
	 .help = "one of general.hosts"},
	{.key = "host_type", .type = OPTION_NAME, .offset = AT(host_type), .reload = OPTION_RESTART, .help = "one of general.host_types"},
	{.key = "general", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(general), .table = &sections_host_general_table,
	 .help = "what can differ between hosts"},
	{.key = "auth", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(auth), .table = &sections_auth_table,
	 .help = "replaces the global section"},
	{.key = "modules", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(modules), .help = "replaces the global section"},
	{.key = "acl", .type = OPTION_NAMED_TABLES, .offset = AT(acl), .table = &sections_acl_table, .reload = OPTION_AT_ONCE,
	 .help = "more patterns for the global names, and more names"},
	{.key = "access", .type = OPTION_NAMED_TABLES, .offset = AT(access), .table = &sections_access_table, .reload = OPTION_AT_ONCE,
	 .help = "clauses that come before the global ones, and more rules"},
	{.key = "s2s", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(s2s), .table = &sections_s2s_table,
	 .help = "replaces the global section"},
	{.key = "outgoing_pools", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(pools), .table = &sections_pools_table,
	 .help = "more connections to services"},
	{0},
};

#undef AT
#define AT(field) offsetof(struct layout_file, field)

static bool host_exists(const struct config_general *g, struct str name)
{
	const struct str *hosts = g->hosts.items;
	for (size_t i = 0; i < g->hosts.count; i++) {
		if (str_equal(hosts[i], name))
			return true;
	}
	return false;
}

static bool uses(const struct config_auth *a, int method)
{
	const int *methods = a->methods.items;
	for (size_t i = 0; i < a->methods.count; i++) {
		if (methods[i] == method)
			return true;
	}
	return false;
}

/* The first pool that the methods need and the host does not have, or NULL. */
static const char *find_missing_pool(const struct layout_file *f, const struct layout_host *own, struct str host, struct arena *a)
{
	const struct config_auth *auth = own && own->auth ? own->auth : &f->auth;
	const struct pool_set *pools = own ? own->pools : NULL;
	struct str tags[] = {auth->ldap ? auth->ldap->pool_tag : STR_NONE, auth->ldap ? auth->ldap->bind_pool_tag : STR_NONE};
	if (auth->http && uses(auth, CONFIG_AUTH_HTTP) && !pool_find_http(pools, &f->pools, STR("auth"), host))
		return "http.auth";
	for (size_t i = 0; uses(auth, CONFIG_AUTH_LDAP) && i < 2; i++) {
		if (tags[i].data && !pool_find_ldap(pools, &f->pools, tags[i], host))
			return arena_printf(a, "ldap.%.*s", STR_ARGS(tags[i]));
	}
	return NULL;
}

static void examine_pools(const struct layout_file *f, struct option_problems *p)
{
	const struct layout_host *hosts = f->hosts.items;
	const struct str *names = f->general.hosts.items;
	const char *told = NULL;
	for (size_t i = 0; i < f->general.hosts.count; i++) {
		const struct layout_host *own = NULL;
		for (size_t j = 0; !own && j < f->hosts.count; j++)
			own = hosts[j].host.data && str_equal(hosts[j].host, names[i]) ? &hosts[j] : NULL;
		const char *missing = find_missing_pool(f, own, names[i], option_arena(p));
		if (missing && own && own->auth)
			option_item_problem(p, "host_config", (size_t)(own - hosts), "its [auth] needs a section [outgoing_pools.%s]", missing);
		else if (missing && !told)
			option_problem(p, "auth", "needs a section [outgoing_pools.%s]", told = missing);
	}
}

static void examine_file(const void *values, struct option_problems *p)
{
	const struct layout_file *f = values;
	const struct layout_host *hosts = f->hosts.items;
	if (!option_has_errors(p, "outgoing_pools") && !option_has_errors(p, "auth"))
		examine_pools(f, p);
	if (!option_was_given(p, "auth"))
		option_warning(p, NULL, "there is no section [auth]: nobody can log in");
	for (size_t i = 0; i < f->hosts.count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (hosts[i].host.data && str_equal(hosts[i].host, hosts[j].host))
				option_item_problem(p, "host_config", i, "host_config[%zu] is for the host \"%.*s\" too", j, STR_ARGS(hosts[i].host));
		}
		if (hosts[i].host.data && !host_exists(&f->general, hosts[i].host) && !option_has_errors(p, "general"))
			option_item_problem(p, "host_config", i, "\"%.*s\" is none of general.hosts", STR_ARGS(hosts[i].host));
	}
}

static const struct option file_options[] = {
	{.key = "general", .type = OPTION_TABLE, .flags = OPTION_REQUIRED, .offset = AT(general), .table = &sections_general_table,
	 .help = "the whole server"},
	{.key = "listen", .type = OPTION_TABLE, .offset = AT(listen), .table = &sections_listen_table, .help = "listening sockets"},
	{.key = "auth", .type = OPTION_TABLE, .offset = AT(auth), .table = &sections_auth_table, .help = "how users prove who they are"},
	{.key = "modules", .type = OPTION_TABLE, .flags = OPTION_POINTER, .offset = AT(modules), .help = "extensions"},
	{.key = "shaper", .type = OPTION_NAMED, .offset = AT(shapers), .table = &sections_shaper_table, .help = "speed limits"},
	{.key = "acl", .type = OPTION_NAMED_TABLES, .offset = AT(acl), .table = &sections_acl_table, .reload = OPTION_AT_ONCE,
	 .help = "groups of users", .example = "admin = [{user = \"alice\", server = \"example.org\"}]"},
	{.key = "access", .type = OPTION_NAMED_TABLES, .offset = AT(access), .table = &sections_access_table, .reload = OPTION_AT_ONCE,
	 .help = "who may do what", .example = "register = [{acl = \"all\", value = \"allow\"}]"},
	{.key = "meerkat", .type = OPTION_TABLE, .offset = AT(meerkat), .table = &sections_meerkat_table, .help = "settings of this server"},
	{.key = "s2s", .type = OPTION_TABLE, .offset = AT(s2s), .table = &sections_s2s_table, .help = "talking to other servers"},
	{.key = "outgoing_pools", .type = OPTION_TABLE, .offset = AT(pools), .table = &sections_pools_table, .help = "connections to services"},
	{.key = "services", .type = OPTION_TABLE, .offset = AT(services), .table = &sections_services_table, .help = "services"},
	{.key = "internal_databases", .type = OPTION_TABLE, .flags = OPTION_IGNORED, .table = &sections_databases_table,
	 .help = "there is one store, in meerkat.state_dir"},
	{.key = "instrumentation", .type = OPTION_TABLE, .flags = OPTION_NOT_STORED, .table = &sections_instrumentation_table,
	 .help = "metrics"},
	/* The last, so that what is the same in it is described before. */
	{.key = "host_config", .type = OPTION_TABLES, .offset = AT(hosts), .help = "settings of single hosts"},
	{0},
};

/* A copy of the options in which the key gets this table. */
static const struct option *with_table(struct arena *a, const struct option *options, const char *key, const struct option_table *table)
{
	size_t count = 1;
	while (options[count - 1].key)
		count++;
	struct option *copy = arena_alloc_array(a, count, sizeof *copy);
	memcpy(copy, options, count * sizeof *copy);
	for (size_t i = 0; i + 1 < count; i++) {
		if (!strcmp(copy[i].key, key))
			copy[i].table = table;
	}
	return copy;
}

const struct option_table *layout_make(struct arena *a, const struct config_known *known)
{
	const struct option_table *modules = make_modules(a, known);
	struct option_table *host = arena_alloc(a, sizeof *host), *file = arena_alloc(a, sizeof *file);
	*host = (struct option_table){
		.name = "host_config",
		.size = sizeof(struct layout_host),
		.options = with_table(a, host_options, "modules", modules),
		.examine = examine_host,
		.help = "Settings of one host. What is not here is as in the global sections.",
	};
	*file = (struct option_table){
		.name = "",
		.size = sizeof(struct layout_file),
		.options = with_table(a, with_table(a, file_options, "modules", modules), "host_config", host),
		.examine = examine_file,
	};
	return file;
}
