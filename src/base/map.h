/* map: from a string to a pointer; open addressing, keys borrowed.
 *
 * The key's bytes belong to the value's owner and must live as long as the entry. 16 bytes a slot, at most 7/8 full, so that a million
 * sessions cost 20 MB. Keys come from peers: the hash is keyed (str_hash). Threads: the owner's. Test: test/unit/base/map_test.c */
#ifndef MEERKAT_BASE_MAP_H
#define MEERKAT_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct map {
	struct map_slot *slots; /* NULL while empty */
	size_t count, mask;
	/* The key of a value; set at init, so that slots need not hold it. */
	struct str (*key_of)(const void *value);
};

void map_init(struct map *m, struct str (*key_of)(const void *value));
void map_fini(struct map *m);

/* NULL if there is none. */
void *map_find(const struct map *m, struct str key);

/* The key must not be there yet (check). */
void map_add(struct map *m, void *value);

/* Removes and returns the value of the key, or NULL. */
void *map_take(struct map *m, struct str key);

/* The values in no order: start with *cursor = 0; NULL at the end. Adding or taking meanwhile is only for those who can do with a value that
 * is left out or comes twice; when m->mask has changed they start again. */
void *map_next(const struct map *m, size_t *cursor);

#endif
