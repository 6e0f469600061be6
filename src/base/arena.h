/* arena: memory that is given back all at once.
 *
 * Blocks double from the first size; a request larger than the block gets its own. Never returns NULL: out of memory is a failed check.
 * Owner: whoever made it. Threads: one at a time. Test: test/unit/base/arena_test.c */
#ifndef MEERKAT_BASE_ARENA_H
#define MEERKAT_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/str.h"

struct arena {
	struct arena_block *blocks; /* newest first; NULL until the first use */
	size_t first_bytes;         /* size of the first block */
	size_t used;                /* in the newest block */
};

/* first_bytes: size of the first block, taken when something is first asked for (0: 1 KiB). */
void arena_init(struct arena *a, size_t first_bytes);

/* Gives all memory back; the arena can be used again. */
void arena_fini(struct arena *a);

/* Forgets everything but keeps the newest block, unless it is one of its own for a large request: for scratch that is used over and
 * over. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any type. size 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t size);

/* count * size with an overflow check; zeroed. */
void *arena_alloc_array(struct arena *a, size_t count, size_t size);

/* A copy with a terminating zero after it, not counted in len. */
struct str arena_str(struct arena *a, struct str s);

/* The same for a C string, or NULL for NULL. */
char *arena_strdup(struct arena *a, const char *s);

char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* All bytes held, used or not. */
size_t arena_bytes(const struct arena *a);

#endif
