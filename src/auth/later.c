#include "auth/later.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/worker.h"

struct later {
	pthread_mutex_t lock;
	pthread_cond_t changed; /* something was posted, or it is over */
	struct timer_wheel *wheel;
	bool is_over;
	pthread_t thread;
};

static void hand_over(struct timer *t)
{
	struct later_item *item = container_of(t, struct later_item, timer);

	mailbox_post(item->to, item->letter);
}

/* With the lock held; returns with it held. */
static void wait_for_change(struct later *d, int64_t ms)
{
	struct timespec until;
	uint64_t at = (uint64_t)clock_monotonic_ms() + (uint64_t)ms;

	if (ms < 0) {
		pthread_cond_wait(&d->changed, &d->lock);
		return;
	}
	until = (struct timespec){(time_t)(at / 1000), (long)(at % 1000) * 1000000};
	pthread_cond_timedwait(&d->changed, &d->lock, &until);
}

static void *run(void *argument)
{
	struct later *d = argument;

	pthread_mutex_lock(&d->lock);
	while (!d->is_over) {
		wait_for_change(d, timer_next_ms(d->wheel));
		timer_wheel_advance(d->wheel, (uint64_t)clock_monotonic_ms());
	}
	while (timer_next_ms(d->wheel) >= 0)
		timer_wheel_advance(d->wheel, timer_now_ms(d->wheel) + (uint64_t)timer_next_ms(d->wheel));
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

struct later *later_start(void)
{
	struct later *d = mem_new(sizeof(*d));
	pthread_condattr_t attributes;

	check(pthread_mutex_init(&d->lock, NULL) == 0);
	check(pthread_condattr_init(&attributes) == 0);
	check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
	check(pthread_cond_init(&d->changed, &attributes) == 0);
	pthread_condattr_destroy(&attributes);
	d->wheel = timer_wheel_new((uint64_t)clock_monotonic_ms());
	worker_start(&d->thread, "later", run, d);
	return d;
}

void later_finish(struct later *d)
{
	bool was_over;

	pthread_mutex_lock(&d->lock);
	was_over = d->is_over;
	d->is_over = true;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
	if (!was_over)
		worker_stop(d->thread);
}

void later_stop(struct later **later)
{
	struct later *d = *later;

	*later = NULL;
	if (!d)
		return;
	later_finish(d);
	timer_wheel_free(&d->wheel);
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

void later_post(struct later *d, struct later_item *item, struct mailbox *to, struct letter *l, uint64_t ms)
{
	timer_init(&item->timer, hand_over);
	item->letter = l;
	item->to = to;
	pthread_mutex_lock(&d->lock);
	if (d->is_over) {
		hand_over(&item->timer);
	} else {
		timer_wheel_set_clock(d->wheel, (uint64_t)clock_monotonic_ms());
		timer_start(d->wheel, &item->timer, ms);
		pthread_cond_signal(&d->changed);
	}
	pthread_mutex_unlock(&d->lock);
}
