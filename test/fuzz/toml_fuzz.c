/* Any text as a configuration: TOML, tree, option tables, typed configuration or a report. Nothing may crash, and a report is made of
 * whole lines that begin with the name of the file. */
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "conf/access.h"
#include "conf/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct option options[] = {
	{.key = "host", .type = OPTION_DOMAIN, .offset = 0, .preset = "\"vjud.@HOST@\"", .help = "a host"},
	{0},
};
static const struct option_table table = {.name = "modules.mod_vcard", .size = sizeof(struct str), .options = options, .help = "A module."};
static const struct config_module modules[] = {{"mod_vcard", &table, "vCards"}, {"mod_ping", NULL, NULL}};
static const struct config_known known = {.modules = modules, .module_count = 2};

static void check_report(struct str report)
{
	while (report.len > 0) {
		struct str line = str_split(report, '\n', &report);
		check(str_starts_with(line, STR("f:")));
		check(report.data);
	}
}

static void ask_rules(const struct config *c)
{
	struct access_subject who = {STR("alice"), STR("localhost"), STR("phone"), STR("localhost")};
	int64_t rate;
	access_ask(c->access, STR("register"), &who);
	for (size_t i = 0; i < c->listener_count; i++) {
		access_ask(c->access, c->listeners[i]->access, &who);
		access_shaper_for(c->access, c->listeners[i]->shaper, &who, &rate);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data, size};
	for (int ignore = 0; ignore < 2; ignore++) {
		struct buf report;
		buf_init(&report);
		const struct config *c = config_load_text(text, "f", &known, (struct config_flags){ignore}, &report);
		check_report(buf_str(&report));
		if (c)
			ask_rules(c);
		config_unref(&c);
		buf_fini(&report);
	}
	return 0;
}
