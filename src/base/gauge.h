/* gauge: values of which there may be several with one name, told apart by a label, and which are asked for only when somebody reads them.
 *
 * What is counted all the time is a metric (metric.h). Whoever has such a value shows it while it has it. Threads: any; `read` runs on the
 * reader's, under a lock, so it must be short and must not show or hide. Test: test/unit/base/gauge_test.c */
#ifndef MEERKAT_BASE_GAUGE_H
#define MEERKAT_BASE_GAUGE_H

#include <stdint.h>

#include "base/list.h"

struct gauge {
	struct list link;
	const char *name, *help;
	const char *label; /* what tells it from others of its name: "listener" */
	char of[96];       /* the label's value: "127.0.0.1:5222" */
	int64_t (*read)(void *context);
	void *context;
};

/* The gauge is its owner's, and must stay until it is hidden. */
void gauge_show(struct gauge *g);
void gauge_hide(struct gauge *g);

/* Calls for each that is shown, in the order of showing. */
void gauge_visit(void (*visit)(const struct gauge *g, int64_t value, void *context), void *context);

#endif
