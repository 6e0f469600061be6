/* clock: the time of those who have no loop, from which they would have it. Threads: any. */
#ifndef MEERKAT_BASE_CLOCK_H
#define MEERKAT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds from any origin; never goes back. */
static inline int64_t clock_monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
