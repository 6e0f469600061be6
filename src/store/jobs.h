/* jobs: threads for work that takes longer than a loop may wait: password hashing, and whatever else is slow and not the store's.
 *
 * First come, first served, over a bounded queue. Threads: jobs_post any. Test: test/unit/store/jobs_test.c */
#ifndef MEERKAT_STORE_JOBS_H
#define MEERKAT_STORE_JOBS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mailbox.h"

struct jobs;

struct job {
	struct letter letter;                 /* .run is called on the asker's thread after work; owns the job again */
	void (*work)(struct job *j);          /* runs on a job thread */
	struct mailbox *reply_to;
	bool is_dropped;                      /* when run is called: work was not done, as all is finished */
};

struct jobs *jobs_start(int threads);
/* Finishes what is being worked on, drops what waits, posts all answers, ends the threads; what is posted from then on is refused. So those
 * who ask can go on until they have their answers, and a stop does not take as long as a storm of logins. */
void jobs_finish(struct jobs *j);
/* Finishes if that was not done yet, and frees: nobody posts any more. */
void jobs_stop(struct jobs **j);

/* False if too many wait already or all is finished: the job is still the caller's, and nothing will come of it. */
must_use bool jobs_post(struct jobs *j, struct job *job);

#endif
