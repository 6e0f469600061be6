/* XEP-0092: which software this is. */
#include <sys/utsname.h>

#include "route/module.h"
#include "route/registry.h"
#include "xmpp/ns.h"

struct version_options {
	bool os_info;
};

static enum answer answer_version(struct call *c, const struct module *m)
{
	const struct version_options *o = m->options;
	struct utsname os;
	struct writer *w = call_begin_result(c);
	writer_open(w, "query", NS_VERSION);
	writer_leaf(w, "name", NULL, STR("meerkat"));
	writer_leaf(w, "version", NULL, str_from(c->registry->realm->version));
	if (o->os_info && uname(&os) == 0)
		writer_leaf(w, "os", NULL, str_from(os.sysname));
	writer_close(w);
	return call_send_result(c);
}

static const struct option options[] = {
	{.key = "os_info", .type = OPTION_BOOL, .offset = offsetof(struct version_options, os_info), .preset = "false",
	 .help = "Tell the name of the operating system too."},
	{0},
};
static const struct option_table table = {
	.name = "modules.mod_version",
	.size = sizeof(struct version_options),
	.options = options,
	.help = "Software Version (XEP-0092).",
};

static const char *const features[] = {NS_VERSION, NULL};
static const struct module_query queries[] = {{NS_VERSION, "query", QUERY_GET, QUERY_HOST, answer_version}, {0}};

const struct module_def version_module = {
	.name = "mod_version",
	.summary = "tells name and version of the server",
	.options = &table,
	.host_features = features,
	.queries = queries,
};
