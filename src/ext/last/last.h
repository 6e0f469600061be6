/* last: the module mod_last: when an account was last here, and what it said then. The value "last" of the account in the store is the text,
 * its time is the row's. Threads: constant. Test: test/wire/70-extensions/last.wire */
#ifndef MEERKAT_EXT_LAST_H
#define MEERKAT_EXT_LAST_H

#include "route/module.h"

#define LAST_KIND "last"

extern const struct module_def last_module;

#endif
