/* roster_presence: subscribe, subscribed, unsubscribe and unsubscribed, sent and received: RFC 6121 §3.
 *
 * Threads: the user's loop. Tests: test/wire/50-roster */
#ifndef MEERKAT_EXT_ROSTER_PRESENCE_H
#define MEERKAT_EXT_ROSTER_PRESENCE_H

#include "route/module.h"

/* Hooks of the stage DELIVER. */
enum answer roster_presence_send(struct call *c, const struct module *m);
enum answer roster_presence_receive(struct call *c, const struct module *m);

/* Hook of the stage AVAILABLE: requests that have no answer yet (§3.1.3). */
enum answer roster_presence_remind(struct call *c, const struct module *m);

/* The account is deleted: its contacts are told. */
void roster_presence_on_user_removed(const struct module *m, struct user *u);

#endif
