/* abroad: what administrators may know of the streams with other servers, and do to them; provided by whoever set realm->send_abroad.
 *
 * Threads: the loop of the registry given. Test: test/federation/ */
#ifndef MEERKAT_ROUTE_ABROAD_H
#define MEERKAT_ROUTE_ABROAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ip.h"
#include "base/str.h"

struct registry;

struct abroad_stream {
	bool is_incoming;
	struct str local, remote; /* of an incoming one remote may be empty: it has not said who it is */
	const char *state;        /* "open", "connecting", "blocked", "proving" ... */
	struct ip peer;           /* version 0: there is no connection */
	bool is_secure;
	size_t waiting;           /* stanzas that are not yet sent */
	size_t unconfirmed;       /* sent, and not known to have arrived */
};

struct abroad_ops {
	/* All of this loop. */
	void (*each)(struct registry *r, void (*visit)(void *context, const struct abroad_stream *s), void *context);
	/* Ends all streams of this loop with a (prepared) domain, both ways. Returns how many there were. */
	size_t (*drop)(struct registry *r, struct str remote);
};

#endif
