/* s2s_former: what a pair of domains knows of a stream of ours that was lost, so that it can go on on a new connection (XEP-0198 §5).
 *
 * The stanzas that were sent there and not acknowledged are the first ones of the pair's queue meanwhile. When the other server says which of them
 * it has, those are done with, and nothing is sent twice. Internal to link/s2s_out. Threads: the loop of the pair. Test:
 * test/federation/durability_test.py */
#ifndef MEERKAT_LINK_S2S_FORMER_H
#define MEERKAT_LINK_S2S_FORMER_H

#include "link/s2s/s2s_queue.h"
#include "link/s2s/s2s_wire.h"

struct s2s_former {
	uint32_t acknowledged; /* of what was sent there */
	uint32_t count;        /* so many more were sent; 0: there is none */
	uint16_t id_len;
	char *id;              /* its own */
};

/* A stream is lost. */
void s2s_former_note(struct s2s_former *f, struct str id, uint32_t acknowledged, uint32_t count);
/* Something else has happened to what was sent there, or it is over. */
void s2s_former_forget(struct s2s_former *f);

/* <resume/> */
void s2s_former_ask(const struct s2s_former *f, struct s2s_wire *w);

/* <resumed/> or <failed/>: what it says to have arrived leaves the queue, and it is over. False: it is more than was sent.
 * *acknowledged_out: how many of the whole stream. */
bool s2s_former_take(struct s2s_former *f, struct s2s_queue *q, const struct stanza *answer, uint32_t *acknowledged_out);

static inline bool s2s_former_is_there(const struct s2s_former *f)
{
	return f->count > 0;
}

#endif
