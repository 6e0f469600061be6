/* realm: what all loops share: their registries, the store, the accounts, the present set of hosts.
 *
 * An address has one home: the loop where everything about it happens. Nothing here changes after start but `hosts`, which main replaces on
 * reload by posting to every registry. Threads: reading any. Test: test/unit/route/registry_test.c */
#ifndef MEERKAT_ROUTE_REALM_H
#define MEERKAT_ROUTE_REALM_H

#include <stdatomic.h>
#include <stdbool.h>

#include "auth/account.h"
#include "base/str.h"

struct abroad_ops;
struct call;
struct registry;

struct realm {
	struct registry **registries; /* one per loop */
	int count;
	struct account_service accounts;
	/* Takes a stanza to a domain that is not ours; NULL: remote-server-not-found. Runs on whichever loop the stanza is; the call becomes
	 * its. */
	void (*send_abroad)(struct registry *from_here, struct call *c);
	void *abroad; /* of whoever set that */
	const struct abroad_ops *abroad_ops; /* likewise; NULL: there are no other servers */
	_Atomic bool is_stopping; /* what is left to be done is left to the next process */
	int64_t started_ms; /* Unix time, for uptime */
	const char *version; /* of the program */
};

/* The registry of an address's bare form. */
struct registry *realm_home_of(const struct realm *r, struct str bare);

#endif
