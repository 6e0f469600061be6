/* blocking: the module mod_blocking: where a user's list is, and what stands between the user and those on it.
 *
 * Threads: the user's loop. Tests: test/wire/53-blocking */
#ifndef MEERKAT_EXT_BLOCKING_H
#define MEERKAT_EXT_BLOCKING_H

#include "ext/blocking/block_list.h"
#include "route/module.h"

enum { BLOCKING_LIST_MAX = 5000 }; /* entries of one user */

extern const struct module_def blocking_module;

/* The list of a user, NULL as long as it has not been loaded. */
const struct block_list *blocking_find_list(struct user *u);
/* Takes the list over. */
void blocking_set_list(struct user *u, const struct block_list *l);

#endif
