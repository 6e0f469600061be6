#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

static bool load(struct library *l, struct why *why)
{
	void *handle = dlopen(l->file, RTLD_NOW | RTLD_LOCAL), *function;

	if (!handle) {
		(void)err_because(ERR_SYSTEM, why, "%s", dlerror());
		return false;
	}
	for (size_t i = 0; l->names[i]; i++) {
		function = dlsym(handle, l->names[i]);
		if (!function) {
			(void)err_because(ERR_SYSTEM, why, "%s", dlerror());
			return false;
		}
		memcpy((char *)l->functions + i * sizeof(function), &function, sizeof(function));
	}
	return true;
}

bool library_load(struct library *l, struct why *why)
{
	bool is_loaded;

	pthread_mutex_lock(&l->lock);
	if (!l->is_loaded)
		l->is_loaded = load(l, why);
	is_loaded = l->is_loaded;
	pthread_mutex_unlock(&l->lock);
	return is_loaded;
}
