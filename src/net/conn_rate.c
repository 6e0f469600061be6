#include "net/conn_rate.h"

#include <stdlib.h>

#include "base/bucket.h"
#include "base/limit.h"
#include "base/mem.h"
#include "net/conn_inner.h"

enum { PAUSES_A_SECOND = 10 };

struct conn_rate {
	struct conn *conn;
	struct bucket bucket;
	struct timer timer; /* the end of a pause */
};

static uint64_t now_ms(const struct conn *c)
{
	return timer_now_ms(c->loop->timers);
}

static void on_pause_over(struct timer *t)
{
	struct conn *c = container_of(t, struct conn_rate, timer)->conn;

	conn_inner_set(c, IS_SLOWED, false);
	conn_inner_update_watch(c);
}

/* It does not go on for less: each byte alone would cost as much as many. */
static int64_t least_part(const struct conn_rate *r)
{
	int64_t part = r->bucket.rate / PAUSES_A_SECOND;

	return part ? part : 1;
}

static void pause_reading(struct conn *c)
{
	struct conn_rate *r = c->side->rate;

	conn_inner_set(c, IS_SLOWED, true);
	conn_inner_watch(c, false);
	timer_start(c->loop->timers, &r->timer, bucket_wait_ms(&r->bucket, least_part(r)));
	limit_acted(METRIC_shaper_paused, c->peer);
}

size_t conn_rate_room(struct conn *c)
{
	struct conn_rate *r = c->side->rate;
	int64_t level;

	if (c->tls && !conn_inner_has(c, IS_SECURE))
		return LOOP_INPUT_BYTES;
	level = bucket_level(&r->bucket, now_ms(c));
	if (level < least_part(r)) {
		pause_reading(c);
		return 0;
	}
	return level < LOOP_INPUT_BYTES ? (size_t)level : LOOP_INPUT_BYTES;
}

void conn_rate_took(struct conn *c, size_t len)
{
	if (!c->tls || conn_inner_has(c, IS_SECURE))
		bucket_take(&c->side->rate->bucket, (int64_t)len);
}

void conn_rate_stop(struct conn_rate *r)
{
	if (r)
		timer_stop(&r->timer);
}

void conn_rate_free(struct conn_rate **r)
{
	conn_rate_stop(*r);
	free(*r);
	*r = NULL;
}

void conn_set_rate(struct conn *c, int64_t bytes_per_second)
{
	struct conn_rate *r;

	if (conn_is_closing(c))
		return;
	if (c->side && c->side->rate) {
		conn_rate_free(&c->side->rate);
		conn_inner_set(c, IS_SLOWED, false);
		conn_inner_update_watch(c);
	}
	if (bytes_per_second == 0)
		return;
	r = mem_new(sizeof(*r));
	r->conn = c;
	bucket_init(&r->bucket, bytes_per_second, now_ms(c));
	timer_init(&r->timer, on_pause_over);
	conn_side_get(c)->rate = r;
}
