/* XEP-0115: the hash of the server's features, in its stream features, so that clients need not ask. */
#include "ext/disco/disco.h"
#include "ext/disco/entity_info.h"
#include "route/module.h"
#include "xmpp/ns.h"

struct caps_options {
	int64_t cache_size, cache_life_time_h;
};

static void write_feature(const struct module *m, struct writer *w, bool is_logged_in)
{
	struct arena a;
	if (!is_logged_in)
		return;
	arena_init(&a, 0);
	writer_open(w, "c", NS_CAPS);
	writer_attribute_text(w, "hash", "sha-1");
	writer_attribute_text(w, "node", ENTITY_INFO_NODE);
	writer_attribute(w, "ver", entity_info_version(&a, m->host, disco_contacts(m->host)));
	writer_close(w);
	arena_fini(&a);
}

static const struct option options[] = {
	{.key = "cache_size", .type = OPTION_INT, .flags = OPTION_IGNORED, .min = 1, .max = INT64_MAX, .preset = "1000",
	 .offset = offsetof(struct caps_options, cache_size), .help = "Capabilities of clients are not kept, so there is nothing to bound."},
	{.key = "cache_life_time", .type = OPTION_INT, .flags = OPTION_IGNORED, .min = 1, .max = INT64_MAX, .preset = "24", .unit = "h",
	 .offset = offsetof(struct caps_options, cache_life_time_h), .help = "See cache_size."},
	{0},
};
static const struct option_table table = {
	.name = "modules.mod_caps", .size = sizeof(struct caps_options), .options = options, .help = "Entity Capabilities (XEP-0115) of the server."};

static const char *const features[] = {NS_CAPS, NULL};

const struct module_def caps_module = {
	.name = "mod_caps",
	.summary = "announces the server's features as a hash",
	.options = &table,
	.host_features = features,
	.stream_features = write_feature,
};
