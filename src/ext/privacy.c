/* mod_privacy: the table that files with mod_blocking have beside it. Privacy lists (XEP-0016) are deprecated and not
 * offered; blocking does not need them here. */
#include "route/module.h"

const struct module_def privacy_module;

static const struct option_table option_table = {
	.name = "modules.mod_privacy",
	.options = (const struct option[]){{0}},
	.help = "Accepted beside mod_blocking; privacy lists themselves (XEP-0016, deprecated) are not offered.",
};

const struct module_def privacy_module = {
	.name = "mod_privacy",
	.summary = "accepted beside mod_blocking, has no effect",
	.options = &option_table,
};
