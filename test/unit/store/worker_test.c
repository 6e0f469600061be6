#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/worker.h"

static void test_order(void **state)
{
	struct letter letters[5];
	struct worker_queue q;
	struct letter *l;

	(void)state;
	worker_queue_init(&q, 0);
	for (int i = 0; i < 5; i++)
		assert_true(worker_queue_post(&q, &letters[i]));
	l = worker_queue_take(&q, 3);
	assert_ptr_equal(l, &letters[0]);
	assert_ptr_equal(l->next, &letters[1]);
	assert_ptr_equal(l->next->next, &letters[2]);
	assert_null(l->next->next->next);
	assert_ptr_equal(worker_queue_take(&q, 1), &letters[3]);
	assert_true(worker_queue_post(&q, &letters[0]));
	l = worker_queue_take(&q, 10);
	assert_ptr_equal(l, &letters[4]);
	assert_ptr_equal(l->next, &letters[0]);
	assert_null(l->next->next);
	worker_queue_close(&q);
	assert_null(worker_queue_take(&q, 1));
	assert_false(worker_queue_post(&q, &letters[0]));
	worker_queue_fini(&q);
}

static void test_bound(void **state)
{
	struct letter letters[3];
	struct worker_queue q;

	(void)state;
	worker_queue_init(&q, 2);
	assert_true(worker_queue_post(&q, &letters[0]));
	assert_true(worker_queue_post(&q, &letters[1]));
	assert_false(worker_queue_post(&q, &letters[2]));
	assert_ptr_equal(worker_queue_take(&q, 1), &letters[0]);
	assert_true(worker_queue_post(&q, &letters[2]));
	worker_queue_close(&q);
	assert_ptr_equal(worker_queue_take(&q, 5), &letters[1]);
	assert_null(worker_queue_take(&q, 5));
	worker_queue_fini(&q);
}

enum { POSTERS = 2, TAKERS = 3, EACH = 2000 };

static struct worker_queue shared;
static atomic_int taken;

static void *take_many(void *argument)
{
	struct letter *l;

	(void)argument;
	while ((l = worker_queue_take(&shared, 7)) != NULL) {
		for (; l; l = l->next)
			atomic_fetch_add(&taken, 1);
	}
	return NULL;
}

static void *post_many(void *letters)
{
	for (int i = 0; i < EACH; i++) {
		while (!worker_queue_post(&shared, (struct letter *)letters + i))
			sched_yield();
	}
	return NULL;
}

static void test_many_threads(void **state)
{
	static struct letter letters[POSTERS][EACH];
	pthread_t posters[POSTERS], takers[TAKERS];

	(void)state;
	worker_queue_init(&shared, 100);
	for (int i = 0; i < TAKERS; i++)
		worker_start(&takers[i], "taker", take_many, NULL);
	for (int i = 0; i < POSTERS; i++)
		worker_start(&posters[i], "poster", post_many, letters[i]);
	for (int i = 0; i < POSTERS; i++)
		worker_stop(posters[i]);
	worker_queue_close(&shared);
	for (int i = 0; i < TAKERS; i++)
		worker_stop(takers[i]);
	assert_int_equal(taken, POSTERS * EACH);
	worker_queue_fini(&shared);
}

static void *see_mask(void *argument)
{
	pthread_sigmask(SIG_SETMASK, NULL, argument);
	return NULL;
}

static void test_no_signals(void **state)
{
	pthread_t thread;
	sigset_t theirs, ours;

	(void)state;
	worker_start(&thread, "quiet", see_mask, &theirs);
	worker_stop(thread);
	assert_true(sigismember(&theirs, SIGTERM) && sigismember(&theirs, SIGHUP));
	pthread_sigmask(SIG_SETMASK, NULL, &ours);
	assert_false(sigismember(&ours, SIGTERM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_many_threads),
		cmocka_unit_test(test_no_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
