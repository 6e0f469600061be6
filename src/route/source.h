/* source: a connection that sends stanzas and is no session: a component's, say. It knows how many of its stanzas are under way, that is,
 * whose receiver's side is not completely done on whichever loop, and its link stops reading while those are too many.
 *
 * One whose peer is told what is safe (XEP-0198) has a ledger besides, as a session has.
 * The counterpart for sessions is in settlement.h; a stanza has one of the two as its origin. Embedded in its owner's object.
 * Threads: the loop of the registry given. Test: test/unit/route/source_test.c */
#ifndef MEERKAT_ROUTE_SOURCE_H
#define MEERKAT_ROUTE_SOURCE_H

#include "route/ledger.h"
#include "route/pipeline.h"
#include "route/registry.h"

enum {
	SOURCE_BACKED_UP = 2048, /* more than this many stanzas under way: stop reading; half as many: go on */
	SOURCE_LOAD = 8192,      /* the same in KiB */
	SOURCE_OPEN = 4096,      /* the same for the ledger */
	SOURCE_IS = INT32_MIN,   /* this bit marks a source's id in struct call_origin; ids of sessions are without it */
};

struct source {
	struct registry *registry;
	uint32_t id;
	uint32_t unsettled; /* under way */
	uint32_t load;      /* KiB of them */
	bool is_backed_up, has_ledger;
	struct ledger ledger;
	void (*resume)(struct source *s); /* it is no longer backed up: read on */
	/* ledger.settled has moved on, and so many asks are answered by it. NULL: nobody wants to know. */
	void (*settled)(struct source *s, uint32_t asks);
};

void source_open(struct source *s, struct registry *r, void (*resume)(struct source *s));
/* What is under way goes on, and nobody is told. */
void source_close(struct source *s);

/* Its place is taken by another object, which is not open; what is under way comes home there. */
void source_move(struct source *from, struct source *to, void (*resume)(struct source *s));

/* From now on what is sent has numbers in the ledger, from 1 on; `settled` is called as it becomes safe, also from within source_send. */
void source_keep_ledger(struct source *s, void (*settled)(struct source *s, uint32_t asks));

/* Around sending something as this source by other means than source_send: the origin it is sent with, and the end of that. */
struct call_origin source_begin(struct source *s, const struct stanza *stanza);
void source_done(struct source *s, struct call_origin origin);

/* Routes a stanza under these addresses, which the link has checked; `to` is set. The stanza is taken over, and what is forged in it
 * is taken out (forgery.h). An IQ or presence that
 * cannot be handled at all is answered at once (builtin_examine). */
void source_send(struct source *s, struct stanza *stanza, struct jid from, struct jid to);

static inline bool source_is_backed_up(const struct source *s)
{
	return s->is_backed_up;
}

/* For settlement.c: one more or one less of the source with this id is under way, if it is still there. */
void source_count(struct registry *r, struct call_origin origin);
void source_settle(struct registry *r, struct call_origin origin, bool is_safe);
/* It is safe, after all. */
void source_pay(struct registry *r, struct call_origin origin);

static inline bool source_is_origin(struct call_origin origin)
{
	return origin.registry >= 0 && (origin.session & (uint32_t)SOURCE_IS);
}

#endif
