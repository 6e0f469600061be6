#include "base/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

struct alarm {
	struct timer timer;
	struct timer_wheel *wheel;
	uint64_t expected_ms;
	int fired;
	uint64_t again_ms;        /* restart after firing, unless 0 */
	struct alarm *to_stop;    /* stopped when this one fires */
};

static uint64_t last_due_ms;

static void ring(struct timer *t)
{
	struct alarm *a = container_of(t, struct alarm, timer);

	assert_false(timer_is_running(t));
	assert_true(t->due_ms >= last_due_ms);
	assert_true(t->due_ms <= timer_now_ms(a->wheel));
	assert_int_equal(t->due_ms, a->expected_ms);
	last_due_ms = t->due_ms;
	a->fired++;
	if (a->to_stop)
		timer_stop(&a->to_stop->timer);
	if (a->again_ms) {
		timer_start(a->wheel, t, a->again_ms);
		a->expected_ms = timer_now_ms(a->wheel) + a->again_ms;
	}
}

static void set(struct alarm *a, struct timer_wheel *w, uint64_t delay_ms)
{
	a->wheel = w;
	if (!a->timer.on_due)
		timer_init(&a->timer, ring);
	timer_start(w, &a->timer, delay_ms);
	a->expected_ms = timer_now_ms(w) + delay_ms;
}

static void fires_when_due(void **state)
{
	static const uint64_t origins[] = {0, 1, 63, 4095, 1700000000123, (uint64_t)1 << 36, UINT64_MAX / 2};
	static const uint64_t delays[] = {1, 2, 63, 64, 65, 1000, 4096, 60000, 262144, 86400000, (uint64_t)1 << 40};

	(void)state;
	for (size_t o = 0; o < sizeof(origins) / sizeof(origins[0]); o++) {
		for (size_t d = 0; d < sizeof(delays) / sizeof(delays[0]); d++) {
			struct timer_wheel *w = timer_wheel_new(origins[o]);
			struct alarm a = {0};

			last_due_ms = 0;
			set(&a, w, delays[d]);
			timer_wheel_advance(w, origins[o] + delays[d] - 1);
			assert_int_equal(a.fired, 0);
			timer_wheel_advance(w, origins[o] + delays[d]);
			assert_int_equal(a.fired, 1);
			timer_wheel_advance(w, origins[o] + delays[d] + 5);
			assert_int_equal(a.fired, 1);
			assert_int_equal(timer_next_ms(w), -1);
			timer_wheel_free(&w);
			assert_null(w);
		}
	}
}

static void tells_when_to_come_back(void **state)
{
	struct timer_wheel *w = timer_wheel_new(1000);
	struct alarm a = {0};
	int wakes = 0;

	(void)state;
	last_due_ms = 0;
	assert_int_equal(timer_next_ms(w), -1);
	set(&a, w, 86400000);
	while (!a.fired) {
		int64_t wait = timer_next_ms(w);

		assert_true(wait > 0);
		timer_wheel_advance(w, timer_now_ms(w) + (uint64_t)wait);
		wakes++;
	}
	assert_int_equal(timer_now_ms(w), 1000 + 86400000);
	assert_in_range(wakes, 1, 6);

	set(&a, w, 0);
	assert_int_equal(timer_next_ms(w), 0);
	timer_stop(&a.timer);
	timer_stop(&a.timer);
	assert_false(timer_is_running(&a.timer));
	assert_int_equal(timer_next_ms(w), -1);
	timer_wheel_advance(w, timer_now_ms(w));
	assert_int_equal(a.fired, 1);
	timer_wheel_free(&w);
}

static void may_be_moved_from_a_callback(void **state)
{
	struct timer_wheel *w = timer_wheel_new(0);
	struct alarm again = {.again_ms = 100}, victim = {0}, killer = {.to_stop = &victim};

	(void)state;
	last_due_ms = 0;
	set(&again, w, 100);
	set(&killer, w, 100);
	set(&victim, w, 100);
	timer_wheel_advance(w, 100);
	assert_int_equal(again.fired, 1);
	assert_int_equal(killer.fired, 1);
	assert_int_equal(victim.fired, 0);

	/* After a long sleep it fires once, not for every period that was slept through. */
	timer_wheel_advance(w, 100000);
	assert_int_equal(again.fired, 2);
	assert_int_equal(again.expected_ms, 100100);
	/* One that still runs when the wheel goes is stopped. */
	timer_wheel_free(&w);
	assert_false(timer_is_running(&again.timer));
	timer_stop(&again.timer);
}

static void ring_without_end(struct timer *t)
{
	struct alarm *a = container_of(t, struct alarm, timer);

	a->fired++;
	timer_start(a->wheel, t, 0);
}

static void ends_though_restarted_without_delay(void **state)
{
	struct timer_wheel *w = timer_wheel_new(5);
	struct alarm a = {0};

	(void)state;
	timer_init(&a.timer, ring_without_end);
	set(&a, w, 0);
	timer_wheel_advance(w, 5);
	assert_int_equal(a.fired, 1);
	timer_wheel_advance(w, 6);
	assert_int_equal(a.fired, 2);
	timer_stop(&a.timer);
	timer_wheel_free(&w);
}

static void can_be_told_the_time_before_it_fires(void **state)
{
	struct timer_wheel *w = timer_wheel_new(0);
	struct alarm early = {0}, late = {0};

	(void)state;
	last_due_ms = 0;
	set(&early, w, 1000);
	timer_wheel_set_clock(w, 60000);
	assert_int_equal(early.fired, 0);
	assert_int_equal(timer_next_ms(w), 0);
	set(&late, w, 500);
	timer_wheel_advance(w, 60000);
	assert_int_equal(early.fired, 1);
	assert_int_equal(late.fired, 0);
	timer_wheel_advance(w, 60500);
	assert_int_equal(late.fired, 1);
	timer_wheel_free(&w);
}

static void does_not_go_back(void **state)
{
	struct timer_wheel *w = timer_wheel_new(1000);

	(void)state;
	timer_wheel_advance(w, 10);
	assert_int_equal(timer_now_ms(w), 1000);
	timer_wheel_free(&w);
}

/* Many timers, started, moved and stopped by chance: each fires at its time or not at all. */
static void agrees_with_a_model(void **state)
{
	enum { ALARMS = 300 };
	struct alarm *alarms = calloc(ALARMS, sizeof(*alarms));
	struct timer_wheel *w = timer_wheel_new(123456789);

	(void)state;
	srand(3);
	last_due_ms = 0;
	for (int step = 0; step < 5000; step++) {
		struct alarm *a = &alarms[rand() % ALARMS];
		uint64_t now;

		if (rand() % 4)
			set(a, w, (uint64_t)(rand() % (1 << rand() % 20)));
		else if (a->timer.on_due)
			timer_stop(&a->timer);
		timer_wheel_advance(w, timer_now_ms(w) + (uint64_t)(rand() % (1 << rand() % 12)));
		now = timer_now_ms(w);
		for (int i = 0; i < ALARMS; i++)
			if (alarms[i].timer.on_due && timer_is_running(&alarms[i].timer))
				assert_true(alarms[i].expected_ms > now);
	}
	timer_wheel_advance(w, timer_now_ms(w) + (1 << 21));
	assert_int_equal(timer_next_ms(w), -1);
	timer_wheel_free(&w);
	free(alarms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fires_when_due),
		cmocka_unit_test(tells_when_to_come_back),
		cmocka_unit_test(may_be_moved_from_a_callback),
		cmocka_unit_test(ends_though_restarted_without_delay),
		cmocka_unit_test(can_be_told_the_time_before_it_fires),
		cmocka_unit_test(does_not_go_back),
		cmocka_unit_test(agrees_with_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
