/* eviction: ends what an account has on its home loop: when it is deleted, banned or thrown out. Threads: the home loop's. */
#ifndef MEERKAT_ROUTE_EVICTION_H
#define MEERKAT_ROUTE_EVICTION_H

#include "route/registry.h"
#include "route/session.h"

/* The account is about to be deleted: its modules are told (they part from its contacts), then its sessions end with not-authorized
 * (XEP-0077 §3.2). `who` is bare and its home is this registry. */
void eviction_of_account(struct registry *r, struct jid who);

/* Ends all sessions of the account, or the one with the resource if `who` is a full address. Returns how many. */
size_t eviction_of_sessions(struct registry *r, struct jid who, const char *text);

#endif
