/* timer: many deadlines on one loop, most of which never fire.
 *
 * A timer is a field of the object it belongs to: starting, moving and stopping it takes no memory. Time is the loop's clock in
 * milliseconds, monotonic, from any origin; it is passed in, so tests can move it. Resolution 1 ms. An idle set costs nothing:
 * the loop sleeps until timer_next_ms. Threads: the loop's. Test: test/unit/base/timer_test.c */
#ifndef MEERKAT_BASE_TIMER_H
#define MEERKAT_BASE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct timer {
	struct list link; /* unlinked while not running */
	uint64_t due_ms;
	void (*on_due)(struct timer *t); /* may start, stop and free any timer, this one too */
};

struct timer_wheel; /* hierarchical */

struct timer_wheel *timer_wheel_new(uint64_t now_ms);
/* Timers that still run are stopped. */
void timer_wheel_free(struct timer_wheel **w);

void timer_init(struct timer *t, void (*on_due)(struct timer *t));

/* Starts it, or moves it if it runs, to now + delay_ms of the wheel's clock. Without delay it fires at the next advance, also when it
 * is started by a timer that fires. */
void timer_start(struct timer_wheel *w, struct timer *t, uint64_t delay_ms);

/* Does nothing if it does not run. */
void timer_stop(struct timer *t);

bool timer_is_running(const struct timer *t);

/* Moves the clock and fires what is due, in order of time to the millisecond. */
void timer_wheel_advance(struct timer_wheel *w, uint64_t now_ms);

/* Moves the clock and fires nothing yet: what is started from now on counts from now. */
void timer_wheel_set_clock(struct timer_wheel *w, uint64_t now_ms);

/* The wheel's clock as of the last advance or set_clock. */
uint64_t timer_now_ms(const struct timer_wheel *w);

/* Milliseconds until the loop must call advance again (it may be earlier than the first deadline), or -1 if no timer runs. */
int64_t timer_next_ms(const struct timer_wheel *w);

#endif
