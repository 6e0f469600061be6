/* s2s_lane: one way of a stream with another server, as far as stanzas go: what was sent and is not known to have arrived.
 *
 * A stanza has arrived when the other server acknowledges it (XEP-0198), or, where it cannot, when its kernel has it. One lane may serve several
 * pairs of domains: then what they have sent stands in one row, as the stream has it, and goes back to each in its own order. At most
 * S2S_LANE_SENT_BYTES are unconfirmed, and nothing for longer than S2S_OUT_WAIT_MS: then the stream is given up (s2s_out_stuck).
 * Internal to link/s2s. Threads: the loop of the wire. Tests: test/federation/ */
#ifndef MEERKAT_LINK_S2S_LANE_H
#define MEERKAT_LINK_S2S_LANE_H

#include "link/s2s/s2s_queue.h"
#include "link/s2s/s2s_wire.h"

enum { S2S_LANE_SENT_BYTES = 512 * 1024 };

struct s2s_out;
struct s2s_place;

struct s2s_lane {
	struct s2s_place *place;
	struct s2s_wire *wire;
	struct list outs;            /* of struct s2s_out: the pairs that send here */
	struct s2s_queue sent;       /* in the order of the stream */
	struct timer look;           /* after what was sent */
	uint32_t look_ms;            /* the present pause between two of them */
	bool is_acknowledged;        /* by XEP-0198 */
	bool awaits_acknowledgement; /* it was asked for */
	bool has_delivered;          /* something that was sent here has arrived */
	uint64_t opened_ms;          /* of the loop's clock */
};

/* Of a wire that is open. */
struct s2s_lane *s2s_lane_new(struct s2s_place *p, struct s2s_wire *w, bool is_acknowledged);
/* What is not confirmed goes back to where it waited, and the pairs are without it. Clears your pointer. */
void s2s_lane_free(struct s2s_lane **l);

/* The pair sends here from now on. */
void s2s_lane_join(struct s2s_lane *l, struct s2s_out *o);

/* As much as may be sent of what waits. */
void s2s_lane_flush(struct s2s_out *o);

/* XEP-0198: so many more have arrived. False: more than there were. */
bool s2s_lane_acknowledged(struct s2s_lane *l, uint32_t count);
/* The other server does not manage the stream after all. */
void s2s_lane_unmanaged(struct s2s_lane *l);

/* Where nobody acknowledges: has it all arrived by now? */
void s2s_lane_confirm(struct s2s_lane *l);

/* Does one pair only send here? */
bool s2s_lane_is_alone(const struct s2s_lane *l);

/* When one of its pairs was used last, of the loop's clock. */
uint64_t s2s_lane_used_ms(const struct s2s_lane *l);

#endif
