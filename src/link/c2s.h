/* c2s: clients over TCP (RFC 6120): a listener's connections, each a conn (bytes), a parser (framing), a stream (negotiation) and, once
 * bound, the outlet of a session.
 *
 * A service is one [[listen.c2s]] of the configuration. A connection is accepted on any loop and moves to the home loop of its account
 * when it binds. Per idle connection there is one small object and nothing else. Threads: new, start, stop and free are the main
 * thread's; the rest happens on the loops. Tests: test/unit/link/c2s_test.c, test/wire/ */
#ifndef MEERKAT_LINK_C2S_H
#define MEERKAT_LINK_C2S_H

#include <stdint.h>

#include "base/err.h"
#include "conf/config.h"
#include "net/loop.h"
#include "route/realm.h"

struct c2s_service;

/* Where clients live; all of it must outlive the services. The registry of a loop is realm->registries[loop->index]. */
struct c2s_home {
	struct realm *realm;
	struct loop *const *loops;
	int loop_count;
};

/* Binds the address of `listen` (one of `config`, which is counted) and loads its certificate; nothing is accepted yet. NULL with why:
 * port in use, unreadable certificate ... */
struct c2s_service *c2s_service_new(const struct config *config, const struct config_listen *listen, const struct c2s_home *home,
				    struct why *why);

/* Starts accepting. */
void c2s_service_start(struct c2s_service *s);

/* New connects are refused from the moment it returns; every stream is told to end with system-shutdown, each on its loop. The
 * connections are gone (c2s_service_connections() is 0) after two seconds at the latest, while the loops run. */
void c2s_service_stop(struct c2s_service *s);

/* Connections that are open now. Any thread. */
int64_t c2s_service_connections(const struct c2s_service *s);

/* The port it listens on (what the system chose for port 0). */
int c2s_service_port(const struct c2s_service *s);

/* A new configuration: makes ready what `listen` of it (same address and port) needs, and after that cannot fail, has it hold for all
 * connections that come from now on. False with why, and nothing has changed: a certificate that cannot be used. Not applied are
 * num_acceptors and reuse_port. Threads: the main thread. */
bool c2s_service_prepare(struct c2s_service *s, const struct config *config, const struct config_listen *listen, struct why *why);
void c2s_service_apply(struct c2s_service *s);
/* What was made ready, if anything, is not wanted. */
void c2s_service_cancel(struct c2s_service *s);

/* After c2s_service_stop, or without a start. Connections and letters that are still under way keep what they need. */
void c2s_service_free(struct c2s_service **s);

#endif
