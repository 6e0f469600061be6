/* resumption: the session's side of stream management (XEP-0198): what came is counted and acknowledged when it is safe, what was sent is
 * kept until it is acknowledged, and a session whose connection is lost waits for its peer to come back.
 *
 * Hung off a session whose peer enabled it; any other session pays for one pointer. An acknowledgement of ours says that nothing of it
 * can be lost any more, also not with the process: a message to a user counts as safe when that user's peer has acknowledged it or it is in
 * the store. So what is given to a session that has lost its peer, or whose peer is slow to answer, is written to the journal.
 * When a session ends, messages that its peer has not acknowledged go their way again (lost.h), in order, each once. What a session may
 * hold is bounded in number (buffer_max) and in bytes. What a peer says about all this is resumption_stream's.
 * Threads: the session's loop. Tests: test/unit/route/resumption_test.c, test/wire/45-resumption/, test/robust/ */
#ifndef MEERKAT_ROUTE_RESUMPTION_H
#define MEERKAT_ROUTE_RESUMPTION_H

#include "route/handed.h"
#include "route/ledger.h"
#include "route/outlet.h"
#include "route/session.h"

/* The options of the module whose definition says is_resumption (mod_stream_management). */
struct resumption_rules {
	bool buffer;        /* keep what is not acknowledged; without it nothing can be resumed */
	int64_t buffer_max; /* stanzas; or OPTION_INFINITY */
	bool ack;           /* ask the peer for acknowledgements */
	int64_t ack_freq;   /* after so many stanzas */
	int64_t resume_timeout_s;
	struct resumption_stale {
		bool enabled;
		int64_t repeat_after_s, geriatric_s;
	} stale_h;
};

enum { RESUMPTION_ID_CHARS = 26 }; /* of 5 bits each: more than 128 random bits */

struct resumption {
	struct session *session;
	struct resumption_rules rules;
	int64_t timeout_s;          /* how long the session may be resumed; 0: never */
	struct ledger in;
	struct handed out;
	uint32_t unasked;           /* sent since the peer was asked how much it has */
	uint32_t looked_at;         /* up to this one the journal has what belongs into it */
	struct list due;            /* in registry->resumptions_due: something is to be done at the end of the turn */
	struct list lost;           /* in registry->resumptions_lost while it has no peer */
	struct timer clock;         /* with a peer: until slow acknowledgements are not waited for; without: until the session ends */
	struct timer patience;      /* too much is not acknowledged */
	struct outlet *claimant;    /* the connection that is to be the session's when all is settled */
	struct outlet_wait *waits;  /* for everything sent until now to be acknowledged */
	uint32_t awaited;           /* the last they wait for */
	uint8_t put_off;            /* so often the end has waited for what is under way */
	bool is_detached;           /* the connection is lost */
	bool is_asking;             /* the peer is to be asked at the end of the turn, whatever the rules say */
	bool is_reminded;           /* see session_remind */
	char id[RESUMPTION_ID_CHARS + 1];
};

/* The session's peer has enabled it. */
void resumption_start(struct session *s, const struct resumption_rules *rules, int64_t timeout_s);
/* The session is ending and has left the list of its user: what is not acknowledged goes its way. */
void resumption_end(struct resumption *r);

/* A stanza came in; returns its number in the ledger, where it counts until resumption_settle. */
uint32_t resumption_receive(struct resumption *r);
/* One that was dealt with at once. */
void resumption_receive_settled(struct resumption *r);
void resumption_count(struct resumption *r, uint32_t number);
void resumption_settle(struct resumption *r, uint32_t number);
/* Stanzas that are not safe yet. */
uint32_t resumption_open(const struct resumption *r);
/* The peer wants to know how much is safe: it is told when everything is that came so far. */
void resumption_ask(struct resumption *r);

/* See the functions of these names in session.h. */
void resumption_deliver(struct resumption *r, const struct stanza *s, struct jid from, struct jid to);
void resumption_deliver_call(struct resumption *r, struct call *c);
void resumption_deliver_kept(struct resumption *r, struct stanza *s, int64_t number);
void resumption_await_sent(struct resumption *r, struct outlet_wait *w);

/* The peer has handled so many. False: more than were sent. The session may be gone afterwards. */
bool resumption_acknowledge(struct resumption *r, uint32_t handled);

/* The connection is lost. False: the session cannot wait for its peer. */
bool resumption_detach(struct resumption *r);
/* The peer has logged in again, on the connection of this outlet: when all that came from the old one is safe, the outlet is told and gets
 * what the peer has missed. A connection that the session still has is ended. */
void resumption_attach(struct resumption *r, struct outlet *o);
/* That connection is gone before it was told. */
void resumption_withdraw(struct user *u, const struct outlet *o);

/* The number of the last message that the session holds and that still waits for the account (session_deliver_kept); 0: there is none. */
int64_t resumption_last_kept(const struct session *s);
/* Do other sessions of its user hold such messages? */
bool resumption_others_hold_kept(const struct session *s);

/* At the end of a turn: requests for acknowledgements, and what belongs into the journal. */
void resumption_end_turn(struct registry *r);

/* The server stops: sessions without peer end, what they hold is in the journal. */
void resumption_stop(struct registry *r);

#endif
