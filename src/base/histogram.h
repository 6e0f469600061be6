/* histogram: how often values of which size came: counts in buckets whose upper ends are the powers of two, 1 to 2^30.
 *
 * The list exists once, in histogram.def. One cell per bucket and thread, as for metrics. Threads: histogram_add the calling thread's cells;
 * histogram_read any. Test: test/unit/base/histogram_test.c */
#ifndef MEERKAT_BASE_HISTOGRAM_H
#define MEERKAT_BASE_HISTOGRAM_H

#include <stdint.h>

enum histogram {
#define HISTOGRAM(name, scale, help) HISTOGRAM_##name,
#include "base/histogram.def"
#undef HISTOGRAM
	HISTOGRAM_COUNT
};

enum { HISTOGRAM_BUCKETS = 32 }; /* the last one has no end */

struct histogram_state {
	uint64_t buckets[HISTOGRAM_BUCKETS]; /* values up to 2^i that are in no bucket before */
	uint64_t count, sum;
};

void histogram_add(enum histogram h, uint64_t value);

/* Over all threads, those that ended included. */
void histogram_read(enum histogram h, struct histogram_state *out);

const char *histogram_name(enum histogram h);
const char *histogram_help(enum histogram h);
double histogram_scale(enum histogram h); /* what one of the unit in its name is in values: 1000000 for seconds */

/* Microseconds of any origin, for values. */
uint64_t histogram_now_us(void);

#endif
