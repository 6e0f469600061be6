/* nearest: finds what somebody who made a typing mistake may have meant. Threads: any. Test: test/unit/conf/nearest_test.c */
#ifndef MEERKAT_CONF_NEAREST_H
#define MEERKAT_CONF_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { NEAREST_MAX_LEN = 64 }; /* longer texts have no neighbours */

struct nearest {
	struct str text; /* what was written */
	struct str best; /* the nearest candidate so far; STR_NONE: nothing is near enough */
	size_t distance;
};

void nearest_start(struct nearest *n, struct str text);
void nearest_offer(struct nearest *n, struct str candidate);

/* The number of insertions, deletions, changes and swaps of neighbours that make one of the other; SIZE_MAX for long texts. Small and capital
 * letters are the same, and so are "-", "_" and a space. */
size_t nearest_distance(struct str a, struct str b);

#endif
