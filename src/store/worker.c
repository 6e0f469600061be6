#include "store/worker.h"

#include <signal.h>

#include "base/check.h"

/* SQLite and OpenSSL need far less; address space is not memory, but a hundred times 8 MiB frightens people. */
#define STACK_BYTES ((size_t)1024 * 1024)

void worker_queue_init(struct worker_queue *q, size_t most)
{
	*q = (struct worker_queue){.most = most};
	q->end = &q->first;
	check(pthread_mutex_init(&q->lock, NULL) == 0);
	check(pthread_cond_init(&q->filled, NULL) == 0);
}

void worker_queue_fini(struct worker_queue *q)
{
	check(q->count == 0);
	pthread_cond_destroy(&q->filled);
	pthread_mutex_destroy(&q->lock);
}

bool worker_queue_post(struct worker_queue *q, struct letter *l)
{
	bool has_room;

	pthread_mutex_lock(&q->lock);
	has_room = !q->is_closed && (q->most == 0 || q->count < q->most);
	if (has_room) {
		l->next = NULL;
		*q->end = l;
		q->end = &l->next;
		q->count++;
	}
	pthread_mutex_unlock(&q->lock);
	/* Not before: who wakes up would wait for the lock at once. */
	if (has_room)
		pthread_cond_signal(&q->filled);
	return has_room;
}

/* With the lock held. */
static struct letter *cut_front(struct worker_queue *q, size_t most)
{
	struct letter *front = q->first, **cut = &q->first;

	for (size_t taken = 0; taken < most && *cut; taken++) {
		cut = &(*cut)->next;
		q->count--;
	}
	q->first = *cut;
	*cut = NULL;
	if (!q->first)
		q->end = &q->first;
	return front;
}

struct letter *worker_queue_take(struct worker_queue *q, size_t most)
{
	struct letter *front;

	pthread_mutex_lock(&q->lock);
	while (!q->first && !q->is_closed)
		pthread_cond_wait(&q->filled, &q->lock);
	front = q->first ? cut_front(q, most) : NULL;
	pthread_mutex_unlock(&q->lock);
	return front;
}

void worker_queue_close(struct worker_queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->is_closed = true;
	pthread_cond_broadcast(&q->filled);
	pthread_mutex_unlock(&q->lock);
}

void worker_start(pthread_t *thread_out, const char *name, void *(*run)(void *argument), void *argument)
{
	sigset_t all, before;
	pthread_attr_t attributes;

	/* Signals are for the main thread; a new thread has the mask of the one that makes it. */
	sigfillset(&all);
	check(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	check(pthread_attr_init(&attributes) == 0);
	check(pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0);
	check(pthread_create(thread_out, &attributes, run, argument) == 0);
	pthread_attr_destroy(&attributes);
	check(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	pthread_setname_np(*thread_out, name);
}

void worker_stop(pthread_t thread)
{
	check(pthread_join(thread, NULL) == 0);
}
