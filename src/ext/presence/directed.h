/* directed: to whom a session has shown itself who does not see it anyway (RFC 6121 §4.6), so that they can be told
 * when it goes.
 *
 * One block of texts, nothing while empty, bounded. Threads: one at a time. Test: test/unit/ext/directed_test.c */
#ifndef MEERKAT_EXT_DIRECTED_H
#define MEERKAT_EXT_DIRECTED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum { DIRECTED_MAX = 1000 };

struct directed; /* NULL: nobody */

/* False if there are too many. One who is there already is not added again. */
bool directed_add(struct directed **d, struct str address);
void directed_remove(struct directed **d, struct str address);
void directed_free(struct directed **d);

/* All of them in the order they came: start with *cursor = 0; STR_NONE at the end. Valid until the next change. */
struct str directed_next(const struct directed *d, size_t *cursor);

#endif
