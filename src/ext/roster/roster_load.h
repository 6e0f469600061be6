/* roster_load: a user's roster comes from the store when something first needs it, and stays in the user's slot until
 * the user goes.
 *
 * Threads: the user's loop. Tests: test/wire/50-roster */
#ifndef MEERKAT_EXT_ROSTER_LOAD_H
#define MEERKAT_EXT_ROSTER_LOAD_H

#include "ext/roster/roster_list.h"
#include "route/module.h"

/* The roster of the user if it has been loaded, or NULL. */
struct roster_list *roster_load_find(struct user *u);

/* Goes on with `then` once the roster of the call's user is there: at once, or LATER. When it cannot be read, the call
 * ends with an error. */
enum answer roster_load_then(struct call *c, enum answer (*then)(struct call *c));

/* contacts_ops: PASS in the end, whatever happens; without a roster everybody is a stranger. */
enum answer roster_load_contacts(struct call *c);

/* module_def: the user goes. */
void roster_load_on_user_free(struct user *u, void *state);

#endif
