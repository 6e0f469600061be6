#include "net/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static struct loop *loop;

static int make_loop(void **state)
{
	(void)state;
	loop = loop_new(0);
	return 0;
}

static int end_loop(void **state)
{
	(void)state;
	loop_free(&loop);
	return loop != NULL;
}

/* What happened, a letter each, in order. */
static char happened[64];
static size_t happened_len;

static void note(char c)
{
	assert_ptr_equal(loop_current(), loop);
	happened[happened_len++] = c;
	happened[happened_len] = '\0';
}

static const char *look(void)
{
	happened_len = 0;
	return happened;
}

struct reader {
	struct loop_source source;
	int ends[2];
	char name;
	struct reader *to_unwatch;
};

static void on_ready(struct loop_source *s, uint32_t events)
{
	struct reader *r = container_of(s, struct reader, source);
	char c;

	assert_true(events & EPOLLIN);
	assert_int_equal(read(s->fd, &c, 1), 1);
	note(r->name);
	if (r->to_unwatch)
		loop_unwatch(loop, &r->to_unwatch->source);
}

static void reader_init(struct reader *r, char name)
{
	*r = (struct reader){.name = name};
	assert_int_equal(pipe2(r->ends, O_NONBLOCK), 0);
	r->source = (struct loop_source){.fd = r->ends[0], .on_ready = on_ready};
	loop_watch(loop, &r->source, EPOLLIN);
}

static void reader_fini(struct reader *r)
{
	loop_unwatch(loop, &r->source);
	close(r->ends[0]);
	close(r->ends[1]);
}

static void feed(struct reader *r)
{
	assert_int_equal(write(r->ends[1], "x", 1), 1);
}

static void on_letter(struct letter *l)
{
	(void)l;
	note('l');
}

static void on_due(struct timer *t)
{
	(void)t;
	note('t');
}

static void at_turn_end(struct loop *l, void *context)
{
	assert_ptr_equal(l, loop);
	note(*(char *)context);
}

static void does_things_in_order(void **state)
{
	struct letter letter = {.run = on_letter};
	struct timer timer;
	struct reader r;
	char end = 'e';

	(void)state;
	reader_init(&r, 'r');
	loop->at_turn_end = at_turn_end;
	loop->at_turn_end_context = &end;
	timer_init(&timer, on_due);
	timer_start(loop->timers, &timer, 0);
	mailbox_post(&loop->mailbox, &letter);
	feed(&r);
	assert_null(loop_current());
	loop_turn(loop, -1);
	assert_null(loop_current());
	assert_string_equal(look(), "rtle");
	loop_turn(loop, 0);
	assert_string_equal(look(), "e");
	loop->at_turn_end = NULL;
	reader_fini(&r);
}

static void does_not_wake_a_source_that_was_taken_away(void **state)
{
	struct reader a, b;

	(void)state;
	reader_init(&a, 'a');
	reader_init(&b, 'b');
	a.to_unwatch = &b;
	b.to_unwatch = &a;
	feed(&a);
	feed(&b);
	loop_turn(loop, -1);
	/* Whichever came first has taken the other away. */
	assert_int_equal(strlen(look()), 1);
	happened[0] = '\0';
	loop_turn(loop, 0);
	assert_string_equal(look(), "");
	reader_fini(&a);
	reader_fini(&b);
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void wakes_for_timers(void **state)
{
	uint64_t started_ms = now_ms();
	struct timer timer;

	(void)state;
	timer_init(&timer, on_due);
	timer_start(loop->timers, &timer, 30);
	look();
	happened[0] = '\0';
	while (!*happened)
		loop_turn(loop, -1);
	assert_string_equal(look(), "t");
	assert_in_range(now_ms() - started_ms, 28, 2000);
}

/* A timer that is started while input is read counts from when it was read, however long the loop had slept. */
static struct timer late_timer;

static void start_timer(struct loop_source *s, uint32_t events)
{
	on_ready(s, events);
	timer_start(loop->timers, &late_timer, 1000);
}

static void knows_the_time_when_it_reads(void **state)
{
	const struct timespec pause = {.tv_nsec = 20000000};
	struct reader r;
	uint64_t before_ms;

	(void)state;
	loop_turn(loop, 0);
	before_ms = timer_now_ms(loop->timers);
	reader_init(&r, 'r');
	r.source.on_ready = start_timer;
	timer_init(&late_timer, on_due);
	nanosleep(&pause, NULL);
	feed(&r);
	loop_turn(loop, -1);
	assert_true(late_timer.due_ms >= before_ms + 1000 + 19);
	timer_stop(&late_timer);
	reader_fini(&r);
}

static int opened;

static void count(struct letter *l)
{
	(void)l;
	opened++;
}

static void opens_many_letters(void **state)
{
	enum { MANY = 10000 };
	static struct letter letters[MANY];
	struct loop *l = loop_new(1);

	(void)state;
	for (int i = 0; i < MANY; i++) {
		letters[i].run = count;
		mailbox_post(&l->mailbox, &letters[i]);
	}
	/* Not all at once, but without waiting in between. */
	loop_turn(l, -1);
	assert_in_range(opened, 1, MANY - 1);
	while (opened < MANY)
		loop_turn(l, -1);
	loop_free(&l);
}

static void *run_loop(void *data)
{
	loop_run(data);
	return NULL;
}

static void runs_until_it_is_told(void **state)
{
	struct loop *l = loop_new(1);
	pthread_t thread;

	(void)state;
	assert_false(loop_is_running(l));
	assert_int_equal(pthread_create(&thread, NULL, run_loop, l), 0);
	loop_stop_post(l);
	loop_stop_post(l);
	pthread_join(thread, NULL);
	assert_false(loop_is_running(l));
	/* Too late, but not lost. */
	loop_stop_post(l);
	loop_free(&l);
	assert_null(l);
}

static void counts_cpus(void **state)
{
	(void)state;
	assert_in_range(loop_default_count(), 1, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(does_things_in_order),
		cmocka_unit_test(does_not_wake_a_source_that_was_taken_away),
		cmocka_unit_test(wakes_for_timers),
		cmocka_unit_test(knows_the_time_when_it_reads),
		cmocka_unit_test(opens_many_letters),
		cmocka_unit_test(runs_until_it_is_told),
		cmocka_unit_test(counts_cpus),
	};

	return cmocka_run_group_tests(tests, make_loop, end_loop);
}
