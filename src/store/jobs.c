#include "store/jobs.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/list.h"
#include "base/mem.h"
#include "store/worker.h"

/* More would wait for longer than anybody waits for an answer. */
enum { WAITING_PER_THREAD_MAX = 1024 };

struct jobs {
	struct worker_queue queue;
	atomic_bool is_finishing;
	int thread_count;
	pthread_t threads[];
};

static void *run_jobs(void *argument)
{
	struct jobs *j = argument;
	struct letter *l;

	while ((l = worker_queue_take(&j->queue, 1)) != NULL) {
		struct job *job = container_of(l, struct job, letter);

		job->is_dropped = atomic_load(&j->is_finishing);
		if (!job->is_dropped)
			job->work(job);
		mailbox_post(job->reply_to, &job->letter);
	}
	return NULL;
}

struct jobs *jobs_start(int threads)
{
	check(threads > 0);

	struct jobs *j = mem_new(sizeof(*j) + (size_t)threads * sizeof(j->threads[0]));

	worker_queue_init(&j->queue, (size_t)threads * WAITING_PER_THREAD_MAX);
	j->thread_count = threads;
	for (int i = 0; i < threads; i++)
		worker_start(&j->threads[i], "job", run_jobs, j);
	return j;
}

void jobs_finish(struct jobs *j)
{
	atomic_store(&j->is_finishing, true);
	worker_queue_close(&j->queue);
	for (int i = 0; i < j->thread_count; i++)
		worker_stop(j->threads[i]);
	j->thread_count = 0;
}

void jobs_stop(struct jobs **j)
{
	if (!*j)
		return;
	jobs_finish(*j);
	worker_queue_fini(&(*j)->queue);
	free(*j);
	*j = NULL;
}

bool jobs_post(struct jobs *j, struct job *job)
{
	return worker_queue_post(&j->queue, &job->letter);
}
