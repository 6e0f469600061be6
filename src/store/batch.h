/* batch: how jobs become transactions: many jobs in one, each whole or not at all.
 *
 * A job fails alone when a condition of it does not hold. When the database fails, the batch is undone and each job is tried by itself,
 * so that a job the database cannot do takes none of its company with it.
 * Threads: the one that has the link. Test: test/contract/store_test.c */
#ifndef MEERKAT_STORE_BATCH_H
#define MEERKAT_STORE_BATCH_H

#include "base/mailbox.h"
#include "store/driver.h"

struct store_job {
	struct letter letter;
	struct store *store;
	struct mailbox *reply_to;
	void (*done)(struct store_job *job, void *context);
	void *context;
	struct arena arena;
	struct store_step *steps;
	size_t step_count, step_room;
	bool writes;
	bool needs_mark; /* a condition may fail after something was written */
	enum err result;
	const char *why; /* NULL or in the arena */
};

/* Does the jobs, linked by letter.next, in their order; sets their results and posts nothing. Returns how many the database failed. */
size_t batch_write(const struct store_driver *driver, struct store_link *link, struct letter *jobs);

/* Does a job that only reads, on a reading link. */
size_t batch_read(const struct store_driver *driver, struct store_link *link, struct store_job *job);

#endif
