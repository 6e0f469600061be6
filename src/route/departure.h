/* departure: a message that is to leave for another server, which nobody must lose who has said that it is safe.
 *
 * Its sender is told that it is safe (settlement.h) when it is over: it has arrived, or has gone back; or when it is kept, that is, in the
 * store. Who sends it keeps what does not arrive promptly; what happens in one turn of the loop is one job of the store. What a process
 * leaves behind the next one finds. No more than DEPARTURE_KEPT_BYTES are kept: what comes then is not safe until it is over.
 * Errors, presence and IQs are no departures: they may be lost with the process.
 * Counted. Threads: the loop's, but for departure_recover. Tests: test/unit/route/departure_test.c, test/federation/durability_test.py */
#ifndef MEERKAT_ROUTE_DEPARTURE_H
#define MEERKAT_ROUTE_DEPARTURE_H

#include "base/err.h"
#include "route/pipeline.h"
#include "store/store.h"

enum { DEPARTURE_KEPT_BYTES = 128 * 1024 * 1024 }; /* of all loops */

struct departure {
	uint32_t refs;
	struct registry *registry;
	uint64_t number;         /* in the store, where those that came earlier have smaller ones */
	int64_t time_ms;         /* when it came, Unix time */
	size_t kept_bytes;       /* 0: it is not kept */
	struct call_origin debt; /* whom to tell that it is safe; registry -1: nobody */
	bool was_kept;           /* its sender may have been told, and may have gone */
};

/* For the message of a call, whose origin is told by the departure from now on; NULL: it is none. */
struct departure *departure_new(struct call *c);

/* It goes to the store at the end of the turn, under these addresses. Nothing if it is there, or if too much is. */
void departure_keep(struct departure *d, const struct stanza *s, struct jid from, struct jid to);

/* It has arrived, or it has gone back for good. Clears your pointer. */
void departure_end(struct departure **d);

/* The process ends, and the next one takes it over, if it is kept. Clears your pointer. */
void departure_leave(struct departure **d);

/* Hands over what is to be written: at the end of the turn, and at the end of all. */
void departure_flush(struct registry *r);

/* What was not handed over is forgotten: the registry is about to go. */
void departure_free(struct registry *r);

/* What an earlier process has left behind, in order, before the loops run: found gets each message with its addresses (borrowed); it is to be
 * taken on by departure_take_on, on the loop where it belongs. */
struct departure_left {
	uint64_t number;
	int64_t time_ms;
	size_t kept_bytes;
};
must_use enum err departure_recover(struct store *store, void (*found)(void *context, const struct departure_left *l, struct stanza *s),
				    void *context, struct why *why);
struct departure *departure_take_on(struct registry *r, const struct departure_left *l);

#endif
