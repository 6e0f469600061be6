/* A hierarchical timing wheel, after Varghese and Lauck. A time is eleven digits to the base 64; a timer stands on the level
 * of the highest digit in which its time differs from the wheel's position, in the slot of that digit. When the position
 * reaches the start of such a slot, its timers move down. So the earliest timer of all is in the first slot of the lowest
 * level in use. */
#include "base/timer.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define DIGIT_BITS 6
#define SLOTS (1 << DIGIT_BITS)
#define LEVELS 11 /* 66 bits: every time has its place */

struct timer_wheel {
	uint64_t clock_ms;    /* what the world is told */
	uint64_t position_ms; /* how far timers have been fired; not past the clock */
	bool is_advancing;
	/* A bit for each slot that may hold timers. Stopping does not clear it: a timer does not know its wheel. */
	uint64_t used[LEVELS];
	struct list slots[LEVELS][SLOTS];
};

struct timer_wheel *timer_wheel_new(uint64_t now_ms)
{
	struct timer_wheel *w = mem_new(sizeof(*w));

	w->clock_ms = w->position_ms = now_ms;
	for (int level = 0; level < LEVELS; level++)
		for (int slot = 0; slot < SLOTS; slot++)
			list_init(&w->slots[level][slot]);
	return w;
}

void timer_init(struct timer *t, void (*on_due)(struct timer *t))
{
	list_init(&t->link);
	t->due_ms = 0;
	t->on_due = on_due;
}

void timer_wheel_free(struct timer_wheel **w)
{
	for (int level = 0; *w && level < LEVELS; level++)
		for (int slot = 0; slot < SLOTS; slot++)
			list_each(link, &(*w)->slots[level][slot])
				list_remove(link);
	free(*w);
	*w = NULL;
}

static void insert(struct timer_wheel *w, struct timer *t)
{
	uint64_t difference = t->due_ms ^ w->position_ms;
	int level = difference ? (63 - __builtin_clzll(difference)) / DIGIT_BITS : 0;
	int slot = (int)(t->due_ms >> (level * DIGIT_BITS)) & (SLOTS - 1);

	w->used[level] |= (uint64_t)1 << slot;
	list_append(&w->slots[level][slot], &t->link);
}

void timer_start(struct timer_wheel *w, struct timer *t, uint64_t delay_ms)
{
	/* One that is restarted without delay from its own callback must not keep advance from ending. */
	if (w->is_advancing && delay_ms == 0)
		delay_ms = 1;
	timer_stop(t);
	if (__builtin_add_overflow(w->clock_ms, delay_ms, &t->due_ms))
		t->due_ms = UINT64_MAX;
	insert(w, t);
}

void timer_stop(struct timer *t)
{
	list_remove(&t->link);
}

bool timer_is_running(const struct timer *t)
{
	return !list_is_empty(&t->link);
}

static uint64_t slot_start_ms(const struct timer_wheel *w, int level, int slot)
{
	int shift = level * DIGIT_BITS;
	/* The digits above the level are those of the position. */
	uint64_t above = shift + DIGIT_BITS < 64 ? w->position_ms >> (shift + DIGIT_BITS) << (shift + DIGIT_BITS) : 0;

	return above | (uint64_t)slot << shift;
}

/* The first slot that holds timers; false if there is none. */
static bool find_first(const struct timer_wheel *w, int *level_out, int *slot_out)
{
	for (int level = 0; level < LEVELS; level++) {
		for (uint64_t used = w->used[level]; used; used &= used - 1) {
			int slot = __builtin_ctzll(used);

			if (!list_is_empty(&w->slots[level][slot])) {
				*level_out = level;
				*slot_out = slot;
				return true;
			}
		}
	}
	return false;
}

/* Forgets the slots before the first that holds timers, so that looking for it stays quick. */
static void forget_emptied(struct timer_wheel *w)
{
	for (int level = 0; level < LEVELS; level++) {
		while (w->used[level]) {
			if (!list_is_empty(&w->slots[level][__builtin_ctzll(w->used[level])]))
				return;
			w->used[level] &= w->used[level] - 1;
		}
	}
}

static void empty_slot(struct timer_wheel *w, int level, int slot)
{
	struct list taken;

	list_move_all(&w->slots[level][slot], &taken);
	w->used[level] &= ~((uint64_t)1 << slot);
	while (!list_is_empty(&taken)) {
		struct timer *t = container_of(taken.next, struct timer, link);

		list_remove(&t->link);
		if (level == 0)
			t->on_due(t);
		else
			insert(w, t);
	}
}

void timer_wheel_set_clock(struct timer_wheel *w, uint64_t now_ms)
{
	if (now_ms > w->clock_ms)
		w->clock_ms = now_ms;
}

void timer_wheel_advance(struct timer_wheel *w, uint64_t now_ms)
{
	int level, slot;

	check(!w->is_advancing);
	timer_wheel_set_clock(w, now_ms);
	w->is_advancing = true;
	while (find_first(w, &level, &slot) && slot_start_ms(w, level, slot) <= w->clock_ms) {
		w->position_ms = slot_start_ms(w, level, slot);
		empty_slot(w, level, slot);
	}
	/* No slot starts before the clock now, so every timer's highest differing digit stays what it was. */
	forget_emptied(w);
	w->position_ms = w->clock_ms;
	w->is_advancing = false;
}

uint64_t timer_now_ms(const struct timer_wheel *w)
{
	return w->clock_ms;
}

int64_t timer_next_ms(const struct timer_wheel *w)
{
	int level, slot;
	uint64_t start_ms;

	if (!find_first(w, &level, &slot))
		return -1;
	start_ms = slot_start_ms(w, level, slot);
	if (start_ms <= w->clock_ms)
		return 0;
	return start_ms - w->clock_ms > INT64_MAX ? INT64_MAX : (int64_t)(start_ms - w->clock_ms);
}
