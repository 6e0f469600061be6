/* s2s_probe: tries to reach another server and tells an operator what happened at each step: resolve, connect, stream, TLS, features.
 *
 * A connection of its own, on which nobody proves who he is and nothing is sent; streams that are there are not touched. Ends after
 * S2S_PROBE_MS at the latest, and earlier when the dial does. Threads: the loop it was started on; s2s_probe_free_all the main thread, when
 * the loops do not run any more. Test: test/federation/names_test.py */
#ifndef MEERKAT_LINK_S2S_PROBE_H
#define MEERKAT_LINK_S2S_PROBE_H

#include "base/str.h"

enum { S2S_PROBE_MS = 60000 };

struct registry;
struct s2s_place;

struct s2s_probe_wish {
	struct str local, remote; /* prepared domains: in whose name, and who is wanted */
	/* Called once, later, on the loop. `report` has one line for each step; the last one is the verdict. Lent. */
	void (*on_done)(void *context, bool is_reached, struct str report);
	void *context;
};

/* On the loop of the registry. */
void s2s_probe_start(struct registry *r, const struct s2s_probe_wish *wish);

/* The server stops: those of a place end. */
void s2s_probe_end_all(struct s2s_place *p);
void s2s_probe_free_all(struct s2s_place *p);

#endif
