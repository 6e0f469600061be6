/* parcel: a stanza in the hands of sessions that have given it to their peers and do not know yet whether it got there (XEP-0198).
 *
 * Sessions of one account may have the same parcel. When one of them, or anybody else, certainly has it, it is taken: nobody needs to keep
 * it any more, and the sender is told that it is safe. When all have lost it, it goes its way again (see resumption.h). What must not be lost
 * with the process is in the store meanwhile: in the journal (journal.h), or still among what waits for the account (keeping.h).
 * Counted. Threads: the account's home loop. Tests: test/unit/route/resumption_test.c, test/wire/45-resumption/ */
#ifndef MEERKAT_ROUTE_PARCEL_H
#define MEERKAT_ROUTE_PARCEL_H

#include "route/pipeline.h"
#include "route/registry.h"

struct parcel {
	uint32_t refs;
	uint32_t holders; /* sessions in whose queues it is */
	struct registry *registry;
	struct stanza *stanza; /* counted */
	struct jid from, to;   /* the texts follow the struct */
	size_t bytes;          /* what it holds, for accounting */
	int64_t time_ms;       /* when it came, Unix time */
	int64_t kept_number;   /* its number among what waits for the account; 0: not there */
	uint64_t journal_number; /* in the journal; 0: not there */
	struct call_origin debt; /* whom to tell that it is safe; registry -1: nobody */
	bool owes_all;         /* the debt is a whole call's, see settlement_hand_on */
	bool is_returnable;    /* a message: it goes its way again if it is lost */
	bool is_taken;
	bool is_stamped;       /* says since when it waited */
};

/* With one reference. A message that must not be lost is returnable. */
struct parcel *parcel_new(struct registry *r, struct stanza *s, struct jid from, struct jid to);
void parcel_ref(struct parcel *p);
/* Clears your pointer. With the last one it leaves the journal and its debt is paid: whatever became of it, that is over. */
void parcel_unref(struct parcel **p);

/* Somebody has it. */
void parcel_take(struct parcel *p);

/* The sender is told, if it wants to know, that it is safe. */
void parcel_pay(struct parcel *p);

/* Would it be kept in the store for its account? */
bool parcel_is_worth_keeping(const struct parcel *p);

/* From now on the stanza says when it came (messages only). */
void parcel_stamp(struct parcel *p);

#endif
