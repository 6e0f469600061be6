/* offline: the module mod_offline: messages for somebody who is not there wait in the store, in the queue "offline" of the account. Threads:
 * constant. Tests: test/wire/52-offline */
#ifndef MEERKAT_EXT_OFFLINE_H
#define MEERKAT_EXT_OFFLINE_H

#include "route/module.h"

#define OFFLINE_KIND "offline"

extern const struct module_def offline_module;

#endif
