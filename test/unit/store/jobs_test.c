#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/list.h"
#include "base/mem.h"
#include "store/jobs.h"
#include "support/await.h"

struct sum {
	struct job job;
	int of, result;
	pthread_t worker;
	struct progress *progress;
};

struct progress {
	int answers, dropped, last;
	bool is_over;
	int expected;
};

static void add_up(struct job *j)
{
	struct sum *s = container_of(j, struct sum, job);

	s->worker = pthread_self();
	for (int i = 1; i <= s->of; i++)
		s->result += i;
}

static void on_sum(struct letter *l)
{
	struct sum *s = container_of(container_of(l, struct job, letter), struct sum, job);
	struct progress *p = s->progress;

	if (s->job.is_dropped) {
		assert_int_equal(s->result, 0);
		p->dropped++;
	} else {
		assert_int_equal(s->result, s->of * (s->of + 1) / 2);
		assert_false(pthread_equal(s->worker, pthread_self()));
	}
	p->answers++;
	p->last = s->of;
	p->is_over = p->answers == p->expected;
	free(s);
}

static struct sum *new_sum(struct mailbox *m, int of, struct progress *p)
{
	struct sum *s = mem_new(sizeof(*s));

	s->job = (struct job){.letter = {.run = on_sum}, .work = add_up, .reply_to = m};
	s->of = of;
	s->progress = p;
	return s;
}

static void run_with(int threads)
{
	struct progress p = {.expected = 200};
	struct mailbox m;
	struct jobs *j = jobs_start(threads);

	mailbox_init(&m);
	for (int i = 0; i < p.expected; i++)
		assert_true(jobs_post(j, &new_sum(&m, i, &p)->job));
	await(&m, &p.is_over);
	assert_int_equal(p.dropped, 0);
	if (threads == 1)
		assert_int_equal(p.last, 199); /* first come, first served */
	jobs_stop(&j);
	assert_null(j);
	mailbox_fini(&m);
}

static void test_one_thread(void **state)
{
	(void)state;
	run_with(1);
}

static void test_several_threads(void **state)
{
	(void)state;
	run_with(3);
}

/* A thread that is held up. */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool is_held;

static void wait_at_gate(struct job *j)
{
	(void)j;
	atomic_store(&is_held, true);
	pthread_mutex_lock(&gate);
	pthread_mutex_unlock(&gate);
}

static void hold(struct jobs *j, struct mailbox *m, struct progress *p)
{
	struct sum *held = new_sum(m, 0, p);

	atomic_store(&is_held, false);
	pthread_mutex_lock(&gate);
	held->job.work = wait_at_gate;
	assert_true(jobs_post(j, &held->job));
	while (!atomic_load(&is_held))
		sched_yield();
}

static void *finish(void *jobs)
{
	jobs_finish(jobs);
	return NULL;
}

/* What is being worked on is done, what waits is dropped, and all of it answered. */
static void test_finish(void **state)
{
	struct progress p = {.expected = 101};
	struct mailbox m;
	struct jobs *j = jobs_start(1);
	struct sum *late;
	pthread_t finisher;

	(void)state;
	mailbox_init(&m);
	hold(j, &m, &p);
	for (int i = 1; i < p.expected; i++)
		assert_true(jobs_post(j, &new_sum(&m, i, &p)->job));
	assert_int_equal(pthread_create(&finisher, NULL, finish, j), 0);
	for (bool is_closed = false; !is_closed;) {
		late = new_sum(&m, 1, &p);
		is_closed = !jobs_post(j, &late->job);
		p.expected += !is_closed;
		if (is_closed)
			free(late);
		else
			usleep(1000);
	}
	pthread_mutex_unlock(&gate);
	pthread_join(finisher, NULL);
	while (mailbox_drain(&m, 10))
		;
	assert_true(p.is_over);
	assert_int_equal(p.dropped, p.expected - 1);
	late = new_sum(&m, 1, &p);
	assert_false(jobs_post(j, &late->job));
	free(late);
	jobs_stop(&j);
	assert_null(j);
	jobs_stop(&j);
	mailbox_fini(&m);
}

/* So many behind it that there is no room for more. */
static void test_bound(void **state)
{
	struct progress p = {.expected = -1};
	struct mailbox m;
	struct jobs *j = jobs_start(1);
	struct sum *refused = NULL;
	int posted = 0;

	(void)state;
	mailbox_init(&m);
	hold(j, &m, &p);
	while (!refused && posted < 100000) {
		struct sum *s = new_sum(&m, 1, &p);

		if (jobs_post(j, &s->job))
			posted++;
		else
			refused = s;
	}
	assert_non_null(refused);
	assert_true(posted >= 100);
	p.expected = posted + 1;
	pthread_mutex_unlock(&gate);
	await(&m, &p.is_over);
	p.expected++;
	p.is_over = false;
	assert_true(jobs_post(j, &refused->job));
	await(&m, &p.is_over);
	jobs_stop(&j);
	mailbox_fini(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_thread),
		cmocka_unit_test(test_several_threads),
		cmocka_unit_test(test_finish),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
