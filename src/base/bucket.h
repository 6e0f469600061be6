/* bucket: a token bucket: so many tokens a second, and one second of them at once after a rest.
 *
 * Whoever uses it asks for what there is, takes it, and otherwise learns how long to wait; what is taken beyond is a debt that the next
 * ones pay. Time is the caller's clock in milliseconds; one that goes back a little (another loop's) counts as standing still.
 * Threads: one at a time. Test: test/unit/base/bucket_test.c */
#ifndef MEERKAT_BASE_BUCKET_H
#define MEERKAT_BASE_BUCKET_H

#include <stdint.h>

struct bucket {
	int64_t rate;        /* tokens a second */
	int64_t thousandths; /* of a token that are in it, as of filled_ms; below 0: debt */
	uint64_t filled_ms;
};

/* Full. rate: at least 1; what is too large to count is as good as no limit. */
void bucket_init(struct bucket *b, int64_t rate, uint64_t now_ms);

/* Whole tokens that may be taken now, at least 0. */
int64_t bucket_level(struct bucket *b, uint64_t now_ms);

/* Whether they are there or not; n is not negative. */
void bucket_take(struct bucket *b, int64_t n);

/* Milliseconds, from the last bucket_level on, until n tokens (at most one second's) are there. */
uint64_t bucket_wait_ms(const struct bucket *b, int64_t n);

#endif
