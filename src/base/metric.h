/* metric: counters and gauges, one cell per metric and thread, summed when read.
 *
 * The list exists once, in metric.def: METRIC(name, kind, "help"). Adding is a plain increment of the thread's own cell.
 * Threads: metric_add the calling thread's cell; metric_read any. Test: test/unit/base/metric_test.c */
#ifndef MEERKAT_BASE_METRIC_H
#define MEERKAT_BASE_METRIC_H

#include <stdint.h>

enum metric {
#define METRIC(name, kind, help) METRIC_##name,
#include "base/metric.def"
#undef METRIC
	METRIC_COUNT
};

/* Gauges go up and down by it; n may be negative for them. */
void metric_add(enum metric m, int64_t n);

/* The sum over all threads, those that ended included. */
int64_t metric_read(enum metric m);

const char *metric_name(enum metric m);
const char *metric_help(enum metric m);
const char *metric_kind(enum metric m); /* "counter" or "gauge" */

#endif
