/* The category "server": what is configured: the hosts with their modules and login methods. Every host is a host type of its own. */
#include <stdio.h>

#include "admin/own_operations.h"
#include "conf/sections.h"
#include "route/host.h"
#include "route/registry.h"

static json_t *text_of(struct str s)
{
	return s.data ? json_stringn(s.data, s.len) : json_null();
}

static json_t *number_of(int64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)n);
	return n == OPTION_INFINITY ? json_string("infinity") : json_string(text);
}

static json_t *texts_of(const struct option_list *list)
{
	const struct str *items = list->items;
	struct buf all;
	json_t *text;

	buf_init(&all);
	for (size_t i = 0; i < list->count; i++)
		buf_printf(&all, "%s%.*s", i ? ", " : "", STR_ARGS(items[i]));
	text = text_of(buf_str(&all));
	buf_fini(&all);
	return text;
}

/* As text; NULL: of a type that is not told. */
static json_t *value_of(const struct option *o, const void *values)
{
	const void *at = (const char *)values + o->offset;

	switch (o->type) {
	case OPTION_BOOL:
		return json_string(*(const bool *)at ? "true" : "false");
	case OPTION_INT:
	case OPTION_INT_OR_INFINITY:
	case OPTION_PORT:
		return number_of(*(const int64_t *)at);
	case OPTION_STRING:
	case OPTION_NAME:
	case OPTION_DOMAIN:
	case OPTION_IP:
	case OPTION_FILE:
		return text_of(*(const struct str *)at);
	case OPTION_ENUM:
		return text_of(option_value_name(o->values, (size_t)*(const int *)at));
	case OPTION_LIST_STRING:
	case OPTION_LIST_DOMAIN:
		return texts_of(at);
	default:
		return NULL;
	}
}

static json_t *options_of(const struct module *m)
{
	enum { UNTOLD = OPTION_SECRET | OPTION_UNSUPPORTED | OPTION_IGNORED | OPTION_NOT_STORED };
	json_t *list = json_array();

	for (const struct option *o = m->def->options ? m->def->options->options : NULL; o && o->key; o++) {
		json_t *value = o->flags & UNTOLD ? NULL : value_of(o, m->options);

		if (value)
			json_array_append_new(list, json_pack("{s:s, s:o}", "key", o->key, "value", value));
	}
	return list;
}

static json_t *modules_of(const struct host *h)
{
	json_t *list = json_array();

	for (size_t i = 0; i < h->module_count; i++)
		json_array_append_new(list,
				      json_pack("{s:s, s:o}", "name", h->modules[i].def->name, "options", options_of(&h->modules[i])));
	return list;
}

static json_t *methods_of(const struct host *h)
{
	const struct option_list *methods = &h->config->auth->methods;
	const int *items = methods->items;
	json_t *list = json_array();

	for (size_t i = 0; i < methods->count; i++)
		json_array_append_new(list, text_of(option_value_name(SECTIONS_AUTH_METHODS, (size_t)items[i])));
	return list;
}

static void run_host_types(struct operation_call *c)
{
	const struct host_set *hosts = c->registry->hosts;
	json_t *list = json_array();

	for (size_t i = 0; i < hosts->count; i++) {
		const struct host *h = &hosts->hosts[i];

		json_array_append_new(list, json_pack("{s:s%, s:o, s:o}", "name", h->name.data, h->name.len, "modules", modules_of(h),
						      "authMethods", methods_of(h)));
	}
	operation_reply(c, list);
}

/* There are no services beside the modules. */
static void run_global_info(struct operation_call *c)
{
	operation_reply(c, json_pack("{s:[], s:[s]}", "services", "internalDatabases", "sqlite"));
}

static const struct operation_field option_fields[] = {
	{"key", &operation_type_string, "the name of the option"},
	{"value", &operation_type_string, "what it is, as text"},
	{0},
};
static const struct operation_type option = {.name = "ModuleOption", .fields = option_fields}, options = {.item = &option};
static const struct operation_field module_fields[] = {
	{"name", &operation_type_string, "as in the configuration: mod_roster"},
	{"options", &options, "those that are no secrets"},
	{0},
};
static const struct operation_type module = {.name = "ModuleInfo", .fields = module_fields}, modules = {.item = &module};
static const struct operation_field host_type_fields[] = {
	{"name", &operation_type_string, "the host"},
	{"modules", &modules, "what is on"},
	{"authMethods", &operation_type_strings, "where it is asked whether a password is right, in that order"},
	{0},
};
static const struct operation_type host_type = {.name = "HostTypeInfo", .fields = host_type_fields}, host_types = {.item = &host_type};
static const struct operation_field service_fields[] = {{"name", &operation_type_string, "of the service"}, {0}};
static const struct operation_type service = {.name = "ServiceInfo", .fields = service_fields}, services = {.item = &service};
static const struct operation_field global_fields[] = {
	{"services", &services, "what is on besides modules"},
	{"internalDatabases", &operation_type_strings, "where accounts and their data are kept"},
	{0},
};
static const struct operation_type global = {.name = "GlobalInfo", .fields = global_fields};

const struct operation host_type_operations[] = {
	{"server", "hostTypes", "the hosts, with their modules and login methods", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false,
	 run_host_types, &host_types},
	{"server", "globalInfo", "what is on for all hosts, and where data is kept", NULL, OPERATION_ANYWHERE, OPERATION_FOR_ADMIN, false,
	 run_global_info, &global},
	{0},
};
