/* settlement: a session learns when everything its stanzas caused is durable.
 *
 * A stanza that a session sent counts in session->unsettled until the receiver's side of it is completely done, on whichever loop. While
 * something is unsettled, an IQ of that session waits, and what it sent after it; so the answer to a ping says that everything sent before
 * is safe. The same numbers tell when the session's link should stop reading. A call that ends on another loop goes home as its own letter.
 * A session that acknowledges what it gets (XEP-0198) has a ledger besides: there a stanza counts until it is safe, also from the end of a
 * receiver who has not acknowledged it yet.
 * Threads: the loop of the registry given. Test: test/unit/route/settlement_test.c */
#ifndef MEERKAT_ROUTE_SETTLEMENT_H
#define MEERKAT_ROUTE_SETTLEMENT_H

#include "route/pipeline.h"
#include "route/registry.h"
#include "route/session.h"

enum {
	SETTLEMENT_BACKED_UP = 64, /* more than this many stanzas under way: stop reading; half as many: go on */
	SETTLEMENT_LOAD = 512,     /* the same in KiB: large ones are not all in memory while the store is slow */
	SETTLEMENT_OPEN = 4096,    /* the same for the ledger */
};

/* The session (of this loop, may be closed) sent the call that is starting its receiver's side, here or (leaves) on another loop; the call
 * has its origin. */
void settlement_count(struct call *c, struct session *s, bool leaves);

/* The same for a call whose origin was only passed on. To be called before the call can reach its loop. */
void settlement_count_origin(struct call *c, struct call_origin origin, bool leaves);

/* The call is done. True: it is on its way home and no longer the caller's. */
bool settlement_end(struct call *c);

/* A call came home. It is still to be freed. */
void settlement_arrived(struct call *c);

/* Should this call wait for what is unsettled? It belongs into session->held then. */
bool settlement_holds(const struct call *c);
/* What is held can go on: it goes back to the head of the user's queue. */
void settlement_release(struct session *s);

/* A sender's side starts or ends; the call has its session and origin. */
void settlement_queued(struct call *c);
void settlement_unqueued(struct call *c);

/* Somebody else will say, by settlement_pay, that what the call carries is safe: to the ledger of its origin, or (whole) in everything the
 * call would have said. The answer has no registry when nobody wants to know. */
struct call_origin settlement_hand_on(struct call *c, bool whole);
void settlement_pay(struct registry *r, struct call_origin origin, bool whole);

#endif
