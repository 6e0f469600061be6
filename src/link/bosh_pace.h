/* bosh_pace: the shaper for what comes in requests, not in a stream of bytes: what is too fast waits until its time has come.
 *
 * One second's bytes may come at once. Threads: the session's. Test: test/unit/link/bosh_key_test.c */
#ifndef MEERKAT_LINK_BOSH_PACE_H
#define MEERKAT_LINK_BOSH_PACE_H

#include <stddef.h>
#include <stdint.h>

struct bosh_pace {
	int64_t rate;           /* bytes a second; 0: without end */
	uint64_t paid_until_ms; /* when all that has come could have come at the rate */
};

enum { BOSH_PACE_BURST_MS = 1000 };

static inline void bosh_pace_take(struct bosh_pace *p, size_t bytes, uint64_t now_ms)
{
	if (!p->rate)
		return;
	if (p->paid_until_ms < now_ms)
		p->paid_until_ms = now_ms;
	p->paid_until_ms += (uint64_t)bytes * 1000 / (uint64_t)p->rate;
}

/* How long what has come must wait; 0: not at all. */
static inline uint64_t bosh_pace_delay_ms(const struct bosh_pace *p, uint64_t now_ms)
{
	return p->paid_until_ms > now_ms + BOSH_PACE_BURST_MS ? p->paid_until_ms - BOSH_PACE_BURST_MS - now_ms : 0;
}

#endif
