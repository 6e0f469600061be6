#include "ext/all.h"

#define EXTENSION(name) extern const struct module_def name##_module;
#include "ext/all.def"
#undef EXTENSION

const struct module_def *const all_modules[] = {
#define EXTENSION(name) &name##_module,
#include "ext/all.def"
#undef EXTENSION
	NULL,
};

struct config_known all_known_modules(void)
{
	static struct config_module known[sizeof(all_modules) / sizeof(*all_modules)];
	size_t count = 0;
	for (; all_modules[count]; count++)
		known[count] = (struct config_module){all_modules[count]->name, all_modules[count]->options, all_modules[count]->summary};
	return (struct config_known){
		.modules = known,
		.module_count = count,
		.prepare = {jid_prepare_local, jid_prepare_domain, jid_prepare_resource},
	};
}
