/* all: every extension there is, from all.def. */
#ifndef MEERKAT_EXT_ALL_H
#define MEERKAT_EXT_ALL_H

#include "conf/config.h"
#include "route/module.h"

/* Ended by NULL, in the order of asking. */
extern const struct module_def *const all_modules[];

/* Their names and options, for the configuration. */
struct config_known all_known_modules(void);

#endif
