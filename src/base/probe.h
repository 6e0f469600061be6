/* probe: numbers that somebody has and others read when they want to know: of each listener, of each certificate.
 *
 * Who has them adds a probe, a field of its own object, and takes it away before that goes; who wants them asks all. In between is nothing
 * but a list and a lock. Threads: any; report is called under the lock. Test: test/unit/base/probe_test.c */
#ifndef MEERKAT_BASE_PROBE_H
#define MEERKAT_BASE_PROBE_H

#include "base/list.h"

struct probe_sample {
	const char *name;   /* "listener_connections"; a counter ends in "_total" */
	const char *kind;   /* "counter" or "gauge" */
	const char *help;
	const char *labels; /* listener="c2s",port="5222"; "": none. Values have no quotes, backslashes or line ends */
	double value;
};

/* Is told of samples; what it points to is valid during the call only. */
typedef void probe_take(void *context, const struct probe_sample *s);

struct probe {
	struct list link;
	void (*report)(const struct probe *p, probe_take *take, void *context);
};

void probe_add(struct probe *p);
/* Does nothing to one that was not added, but for being zero. */
void probe_remove(struct probe *p);

/* Those of one report come one after the other. */
void probe_ask_all(probe_take *take, void *context);

#endif
