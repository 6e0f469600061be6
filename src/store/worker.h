/* worker: threads that wait for letters, and the queue they wait at.
 *
 * The queue is for threads that sleep in the kernel when there is nothing to do; loops have mailboxes instead. Letters leave in the order
 * of their coming; any number of threads may take. Threads: post, take and close any; init and fini the owner's,
 * while nobody is in another call.
 * Test: test/unit/store/worker_test.c */
#ifndef MEERKAT_STORE_WORKER_H
#define MEERKAT_STORE_WORKER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/mailbox.h"

struct worker_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct letter *first, **end;
	size_t count, most; /* most: 0 for no bound */
	bool is_closed;
};

void worker_queue_init(struct worker_queue *q, size_t most);
/* It must be empty. */
void worker_queue_fini(struct worker_queue *q);

/* False if the queue is full or closed: the letter is still the caller's. */
must_use bool worker_queue_post(struct worker_queue *q, struct letter *l);

/* Waits for letters and takes at most `most`, linked by ->next, oldest first. NULL: the queue is closed and empty. */
struct letter *worker_queue_take(struct worker_queue *q, size_t most);

/* Nothing more comes in: those who wait wake up, what is in it can still be taken. */
void worker_queue_close(struct worker_queue *q);

/* Starts a thread that gets no signals; the name (at most 15 bytes) is for top and gdb. Failing is a failed check: it happens at start. */
void worker_start(pthread_t *thread_out, const char *name, void *(*run)(void *argument), void *argument);

/* Waits for its end. */
void worker_stop(pthread_t thread);

#endif
