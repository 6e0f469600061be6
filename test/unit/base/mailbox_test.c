#include "base/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/list.h"

struct note {
	struct letter letter;
	int number;
	struct mailbox *post_on_run;
	struct note *next_note;
};

static int order[16];
static int run_count;

static void write_down(struct letter *l)
{
	struct note *n = container_of(l, struct note, letter);

	order[run_count++] = n->number;
	if (n->next_note)
		mailbox_post(n->post_on_run, &n->next_note->letter);
}

static bool is_readable(const struct mailbox *m)
{
	struct pollfd p = {.fd = m->fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static void runs_letters_in_order(void **state)
{
	struct mailbox m;
	struct note notes[5] = {0};

	(void)state;
	run_count = 0;
	mailbox_init(&m);
	assert_false(is_readable(&m));
	assert_false(mailbox_drain(&m, 10));
	for (int i = 0; i < 4; i++) {
		notes[i].number = i;
		notes[i].letter.run = write_down;
	}
	/* Posted by a letter that runs: it comes along. */
	notes[2].post_on_run = &m;
	notes[2].next_note = &notes[3];
	for (int i = 0; i < 3; i++)
		mailbox_post(&m, &notes[i].letter);
	assert_true(is_readable(&m));
	assert_false(mailbox_drain(&m, 10));
	assert_int_equal(run_count, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(order[i], i);
	mailbox_drain(&m, 10);
	assert_false(is_readable(&m));
	mailbox_fini(&m);
}

static void stops_at_the_limit(void **state)
{
	struct mailbox m;
	struct note notes[5] = {0};

	(void)state;
	run_count = 0;
	mailbox_init(&m);
	for (int i = 0; i < 5; i++) {
		notes[i].number = i;
		notes[i].letter.run = write_down;
		mailbox_post(&m, &notes[i].letter);
	}
	assert_true(mailbox_drain(&m, 2));
	assert_int_equal(run_count, 2);
	assert_true(mailbox_drain(&m, 2));
	assert_false(mailbox_drain(&m, 2));
	for (int i = 0; i < 5; i++)
		assert_int_equal(order[i], i);
	mailbox_fini(&m);
}

enum { WRITERS = 4, LETTERS = 5000 };

struct parcel {
	struct letter letter;
	int writer, number;
};

struct writer {
	struct mailbox *box;
	int index;
};

static int next_number[WRITERS];
static int arrived;

static void take_in(struct letter *l)
{
	struct parcel *p = container_of(l, struct parcel, letter);

	assert_int_equal(p->number, next_number[p->writer]);
	next_number[p->writer]++;
	arrived++;
	free(p);
}

static void *post_many(void *data)
{
	struct writer *w = data;

	for (int i = 0; i < LETTERS; i++) {
		struct parcel *p = calloc(1, sizeof(*p));

		*p = (struct parcel){{NULL, take_in}, w->index, i};
		mailbox_post(w->box, &p->letter);
	}
	return NULL;
}

static void takes_from_many_threads(void **state)
{
	struct mailbox m;
	pthread_t threads[WRITERS];
	struct writer writers[WRITERS];

	(void)state;
	mailbox_init(&m);
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){&m, i};
		assert_int_equal(pthread_create(&threads[i], NULL, post_many, &writers[i]), 0);
	}
	while (arrived < WRITERS * LETTERS) {
		struct pollfd p = {.fd = m.fd, .events = POLLIN};

		/* A wake-up that got lost would be found here. */
		assert_int_equal(poll(&p, 1, 10000), 1);
		while (mailbox_drain(&m, 100))
			;
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	mailbox_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_letters_in_order),
		cmocka_unit_test(stops_at_the_limit),
		cmocka_unit_test(takes_from_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
