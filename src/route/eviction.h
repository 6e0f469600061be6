/* eviction: ends what an account has on its home loop: when it is deleted, banned or thrown out. Threads: the home loop's. */
#ifndef MEERKAT_ROUTE_EVICTION_H
#define MEERKAT_ROUTE_EVICTION_H

#include "route/registry.h"
#include "route/session.h"

/* The account is about to be deleted: its modules are told, so that they part from its contacts. `who` is bare and its home is this registry. */
void eviction_prepare(struct registry *r, struct jid who);

/* Ends all sessions of the account, or the one with the resource if `who` is a full address; with not-authorized after the account was
 * prepared for deletion (XEP-0077 §3.2), else with policy-violation. Returns how many. */
size_t eviction_of_sessions(struct registry *r, struct jid who, const char *text);

#endif
