#include "base/bucket.h"

#include "base/check.h"

enum { SECOND_MS = 1000 };

/* So that a second of it on top of the greatest debt does not overflow. */
#define RATE_MAX (INT64_MAX / (4 * (int64_t)SECOND_MS))
#define DEBT_MAX (INT64_MAX / 2)

static int64_t full(const struct bucket *b)
{
	return b->rate * SECOND_MS;
}

void bucket_init(struct bucket *b, int64_t rate, uint64_t now_ms)
{
	check(rate >= 1);
	b->rate = rate < RATE_MAX ? rate : RATE_MAX;
	b->thousandths = full(b);
	b->filled_ms = now_ms;
}

int64_t bucket_level(struct bucket *b, uint64_t now_ms)
{
	uint64_t passed_ms = now_ms > b->filled_ms ? now_ms - b->filled_ms : 0;
	int64_t missing = full(b) - b->thousandths;

	b->filled_ms += passed_ms;
	/* A division first: what has passed may be long. */
	if (passed_ms > (uint64_t)(missing / b->rate))
		b->thousandths = full(b);
	else
		b->thousandths += (int64_t)passed_ms * b->rate;
	return b->thousandths > 0 ? b->thousandths / SECOND_MS : 0;
}

void bucket_take(struct bucket *b, int64_t n)
{
	int64_t after = b->thousandths - (n < RATE_MAX ? n : RATE_MAX) * SECOND_MS;

	b->thousandths = after > -DEBT_MAX ? after : -DEBT_MAX;
}

uint64_t bucket_wait_ms(const struct bucket *b, int64_t n)
{
	int64_t wanted = n < b->rate ? n * SECOND_MS : full(b), missing = wanted - b->thousandths;

	return missing > 0 ? (uint64_t)((missing + b->rate - 1) / b->rate) : 0;
}
