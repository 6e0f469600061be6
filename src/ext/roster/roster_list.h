/* roster_list: the roster of one user in memory, sorted by address, with its version.
 *
 * An empty one holds no memory beyond itself. The version is computed from what the user sees, so nothing has to be
 * stored for it and the same roster has the same version after a restart. Threads: one at a time. Test:
 * test/unit/ext/roster_list_test.c */
#ifndef MEERKAT_EXT_ROSTER_LIST_H
#define MEERKAT_EXT_ROSTER_LIST_H

#include "ext/roster/roster_item.h"

/* More contacts than this, listed or waiting, or more bytes in all are refused: what users and those who ask them can
 * make us keep is bounded. */
enum { ROSTER_LIST_MAX = 10000, ROSTER_LIST_BYTES_MAX = 2 << 20 };

struct roster_list {
	struct roster_item **items;
	uint32_t count;  /* there is room for 4, or the next power of 2 */
	uint32_t bytes;  /* of all items */
	uint64_t digest; /* of all items */
};

enum { ROSTER_LIST_VERSION_BYTES = 17 };

struct roster_list *roster_list_new(void);
void roster_list_free(struct roster_list **l);

/* NULL if there is none. */
const struct roster_item *roster_list_find(const struct roster_list *l, struct jid address);

/* Takes the item over; it replaces the one with its address. */
void roster_list_put(struct roster_list *l, struct roster_item *item);
void roster_list_remove(struct roster_list *l, struct jid address);

/* Hexadecimal digits and a zero. */
void roster_list_version(const struct roster_list *l, char out[ROSTER_LIST_VERSION_BYTES]);

#endif
