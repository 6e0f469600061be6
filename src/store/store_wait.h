/* store_wait: jobs of the store whose end is waited for: at start, before there are loops that could be told.
 *
 * Threads: one; it does nothing else meanwhile. Tests: test/federation/durability_test.py, test/wire/45-resumption/ */
#ifndef MEERKAT_STORE_STORE_WAIT_H
#define MEERKAT_STORE_STORE_WAIT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/mailbox.h"
#include "store/store.h"

struct store_wait {
	struct store *store;
	struct mailbox mailbox;
	bool is_done;
};

/* No job may be under way at the end. */
void store_wait_init(struct store_wait *w, struct store *store);
void store_wait_fini(struct store_wait *w);

/* A job to fill, and then to run; the caller frees it. */
struct store_job *store_wait_job(struct store_wait *w);

/* Hands it over and waits until it is done. What came of it is in the job. */
must_use enum err store_wait_run(struct store_wait *w, struct store_job *job, struct why *why);

#endif
