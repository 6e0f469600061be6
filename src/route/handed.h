/* handed: what a session has handed to its peer and the peer has not acknowledged: parcels in order, counted as XEP-0198 does.
 *
 * The counts are modulo 2^32. Nothing may be run while it changes (registry_hold). An empty one holds next to nothing.
 * Threads: the session's loop. Test: test/unit/route/handed_test.c */
#ifndef MEERKAT_ROUTE_HANDED_H
#define MEERKAT_ROUTE_HANDED_H

#include "route/parcel.h"

struct handed {
	uint32_t sent;         /* number of the last one */
	uint32_t acknowledged; /* the peer has them up to this one */
	uint32_t room;         /* places: a power of two, or 0 */
	struct parcel **places;
	size_t bytes;          /* of what they hold */
};

/* Gives back what is left. */
void handed_fini(struct handed *h);

/* A reference is taken. */
void handed_add(struct handed *h, struct parcel *p);
/* One that is not kept; then none is. */
void handed_count_only(struct handed *h);

/* The peer has handled so many in all: they are taken. False: more than were sent. Less than it said before says nothing. */
bool handed_acknowledge(struct handed *h, uint32_t handled);

/* The one with this number, from acknowledged + 1 to sent. */
struct parcel *handed_get(const struct handed *h, uint32_t number);

/* How many are not acknowledged. */
static inline uint32_t handed_count(const struct handed *h)
{
	return h->sent - h->acknowledged;
}

#endif
