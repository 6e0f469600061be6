/* s2s_out: what goes from one domain of ours to one of others: the queue of that pair, the attempts to reach it, what came of them.
 *
 *     idle      nothing to do; forgotten soon
 *     dialing   a name is looked up, connections are tried, a stream is negotiated (s2s_out_stream)
 *     open      stanzas are sent as they come; on a stream of ours, or back on one of theirs (XEP-0288)
 *     blocked   the last attempt failed; until the next one may be made, everything goes back at once
 *
 * What was sent is kept until it has arrived (s2s_lane). When the stream breaks, the rest is sent again on a fresh one, or goes back. Bounds:
 * S2S_OUT_QUEUE_BYTES wait, nothing waits longer than S2S_OUT_WAIT_MS. Internal to link/s2s. Threads: the home loop of the remote domain.
 * Tests: test/federation/ */
#ifndef MEERKAT_LINK_S2S_OUT_H
#define MEERKAT_LINK_S2S_OUT_H

#include "link/s2s/s2s_former.h"
#include "link/s2s/s2s_lane.h"
#include "link/s2s/s2s_place.h"
#include "link/s2s/s2s_queue.h"
#include "link/s2s/s2s_verify.h"
#include "link/s2s/s2s_wire.h"
#include "net/dial.h"

enum {
	S2S_OUT_QUEUE_BYTES = 8 * 1024 * 1024,
	S2S_OUT_WAIT_MS = 60000,
	S2S_OUT_RETRY_MS = 1000, /* after the first failure; doubles */
	S2S_OUT_MAX = 20000, /* of one loop */
};

struct s2s_out_stream;

struct s2s_out {
	struct str key;           /* "local remote" */
	struct str local, remote; /* in it */
	struct s2s_place *place;
	struct s2s_settings *settings; /* counted: of the present attempt or stream; NULL: there is none */
	const struct s2s_side *side;   /* of the settings */
	struct s2s_queue queue;   /* not yet sent */
	uint32_t unconfirmed;     /* sent, and not known to have arrived */
	struct list verifies;     /* of struct s2s_verify, to be asked or waiting for their answers */
	struct dial *dial;        /* NULL: no attempt is under way */
	struct s2s_out_stream *stream; /* of the attempt, or the open one; NULL: there is none, or it is one of theirs */
	struct s2s_lane *lane;    /* where to send; NULL: not open */
	struct list in_lane;
	struct s2s_out_stream *host; /* of another pair, where it has sent a key; NULL: nowhere */
	struct list in_guests;
	struct s2s_former former; /* a stream that was lost and may go on */
	bool skips_external;      /* the other server has refused it in this attempt */
	bool has_skipped_external; /* and it was tried anew without */
	uint32_t failures;        /* in a row */
	uint64_t attempted_ms, blocked_until_ms; /* of the loop's clock */
	uint64_t used_ms;
	struct timer deadline;    /* of an attempt */
	struct timer look;        /* after what waits, after what is not used any more */
	uint32_t look_ms;         /* the present pause between two of them */
	struct { char step[16], why[256]; } failure; /* of this attempt, the last that a connection met with */
};

/* A stanza from a domain of ours to one of others, whose home is this place. Borrowed; a message's origin is told when it is safe. */
void s2s_out_send(struct s2s_place *p, struct call *c);

/* A message that an earlier process has taken; the stanza is borrowed, the departure taken over. */
void s2s_out_take_on(struct s2s_place *p, struct stanza *s, struct departure *d);

/* A question has arrived at the home of its domain. */
void s2s_out_verify(struct s2s_verify *v);

/* The domain has shown that it is there. */
void s2s_out_unblock(struct s2s_place *p, struct str local, struct str remote);

/* A stream of theirs may be used for what goes back (XEP-0288), until it is withdrawn. False: it is not needed, as there is another one. */
bool s2s_out_offer(struct s2s_place *p, struct str local, struct str remote, struct s2s_wire *w);
/* That stream has gone. Nothing if it is not used. */
void s2s_out_withdraw(struct s2s_place *p, struct str local, struct str remote, const struct s2s_wire *w);

/* The pair, or NULL. */
struct s2s_out *s2s_out_find(const struct s2s_place *p, struct str local, struct str remote);

/* ---- from the stream of an attempt ---- */

/* Has anything to be sent, so that it is worth proving who we are? */
bool s2s_out_has_stanzas(const struct s2s_out *o);
/* The answer to a question; id as in it. False: there was no such question. */
bool s2s_out_answered(struct s2s_out *o, struct str id, enum s2s_verdict verdict);

/* ---- from the lane and the attempt ---- */

/* The lane does not get rid of what it has sent: its stream ends, and back goes what its pairs have. It is gone afterwards. */
void s2s_out_stuck(struct s2s_lane *l);

/* From now on the pair sends there. */
void s2s_out_use(struct s2s_out *o, struct s2s_lane *l);

/* Something has changed. */
void s2s_out_look_soon(struct s2s_out *o);

/* ---- life ---- */

/* The place comes to its end: all that waits is kept; what has nothing to wait for ends, or (all) whatever there is. True: nothing is left. */
void s2s_out_keep_all(struct s2s_place *p);
bool s2s_out_end_some(struct s2s_place *p, bool all);
/* When the loops do not run any more. */
void s2s_out_free_all(struct s2s_place *p);

/* Ends what there is between the two; they begin anew when there is something to be sent. */
void s2s_out_drop(struct s2s_out *o, const char *why);

/* "open", "waiting" (ready for questions only), "connecting", "blocked", "idle" */
const char *s2s_out_state(const struct s2s_out *o);

#endif
