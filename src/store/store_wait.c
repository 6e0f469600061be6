#include "store/store_wait.h"

#include <poll.h>

void store_wait_init(struct store_wait *w, struct store *store)
{
	w->store = store;
	mailbox_init(&w->mailbox);
}

void store_wait_fini(struct store_wait *w)
{
	mailbox_fini(&w->mailbox);
}

static void on_done(struct store_job *job, void *context)
{
	struct store_wait *w = context;

	(void)job;
	w->is_done = true;
}

struct store_job *store_wait_job(struct store_wait *w)
{
	return store_job_new(w->store, &w->mailbox, on_done, w);
}

enum err store_wait_run(struct store_wait *w, struct store_job *job, struct why *why)
{
	struct pollfd ready = {.fd = w->mailbox.fd, .events = POLLIN};

	w->is_done = false;
	store_submit_post(job);
	while (!w->is_done) {
		(void)poll(&ready, 1, -1);
		mailbox_drain(&w->mailbox, 1);
	}
	return store_job_result(job, why);
}
