/* roster: the module mod_roster and its options. Threads: constant. */
#ifndef MEERKAT_EXT_ROSTER_H
#define MEERKAT_EXT_ROSTER_H

#include "route/module.h"

struct roster_options {
	bool versioning;
};

extern const struct module_def roster_module;

#endif
