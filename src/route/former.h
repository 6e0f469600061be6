/* former: sessions that could have been resumed and have ended: how much of what they sent was handled, for peers that come back too late
 * (stale_h). Bounded in number and time; nobody learns about another account's.
 *
 * Threads: the registry's loop. Tests: test/wire/45-resumption/ */
#ifndef MEERKAT_ROUTE_FORMER_H
#define MEERKAT_ROUTE_FORMER_H

#include "route/registry.h"

enum { FORMER_MAX = 10000 }; /* on one loop: the oldest goes */

struct former {
	struct str id;
	struct jid who;    /* bare counts */
	uint32_t handled;
	int64_t keep_s;    /* so long */
	int64_t look_after_s; /* so often it is looked for those that are too old */
};

/* Copied. */
void former_add(struct registry *r, const struct former *f);
bool former_find(struct registry *r, struct str id, struct jid who, uint32_t *handled_out);
void former_free_all(struct registry *r);

#endif
