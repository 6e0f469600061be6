/* s2s_returns: stanzas for other servers on their way back to those who sent them, as errors.
 *
 * So many are under way at a time that nobody's queue is too full for them, however many come back at once. What was a departure is one until
 * the error is safe: until then the store has it. Internal to link/s2s. Threads: the loop of the place. Test: test/federation/returns_test.py */
#ifndef MEERKAT_LINK_S2S_RETURNS_H
#define MEERKAT_LINK_S2S_RETURNS_H

#include "link/s2s/s2s_queue.h"
#include "route/source.h"

enum { S2S_RETURNS_UNDER_WAY = 4096 }; /* of all loops together; a user's queue takes 10,000 calls */

struct s2s_returns {
	struct registry *registry;
	struct source source;
	struct s2s_queue waiting;   /* in their order */
	struct s2s_queue under_way; /* by their numbers in the source's ledger */
	uint32_t room;              /* for so many at a time */
	bool is_running;
};

/* Before the loops run; loops: how many there are. */
void s2s_returns_init(struct s2s_returns *back, struct registry *r, int loops);
/* When they do not run any more. */
void s2s_returns_fini(struct s2s_returns *back);

/* The oldest of a queue, or all, go back. */
void s2s_returns_first(struct s2s_returns *back, struct s2s_queue *from, enum stanza_error e);
void s2s_returns_all(struct s2s_returns *back, struct s2s_queue *from, enum stanza_error e);

#endif
