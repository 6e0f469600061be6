/* xload: an XMPP load generator that works against any server over c2s: its options, and the modes it has. */
#ifndef XLOAD_H
#define XLOAD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum mech { M_AUTO, M_PLAIN, M_SCRAM1, M_SCRAM256 };
enum tls_mode { TLS_NONE, TLS_STARTTLS, TLS_DIRECT };
struct options {
	const char *mode, *host, *domain, *prefix, *pass, *resource, *json, *label;
	const char *muc_host, *comp_domain, *comp_secret, *scram_cache;
	struct in_addr addr;
	int port, comp_port, tls_max;
	enum tls_mode tls;
	enum mech mech;
	uint32_t users, first, sources, concurrent, window, body, group;
	double rate, login_rate, secs, warmup, settle, max_secs, timeout;
	bool presence, coalesce, churn, bare, verbose;
};
extern struct options opt;

/* xload_modes.c, xload_traffic.c, xload_groups.c: each mode runs to its end and reports. */
struct mode {
	const char *name;
	void (*run)(void);
	const char *help;
};
extern const struct mode modes[];

/* No mode runs past this time of the monotonic clock, in nanoseconds. */
extern uint64_t deadline;

#endif
