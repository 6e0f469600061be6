/* store: what must survive: three shapes of data, jobs that are done whole or not at all, and nothing else.
 *
 *   value  one blob for (owner, kind)              a password record, a vCard
 *   map    one blob for (owner, kind, key)         roster items, private data, blocked addresses
 *   queue  blobs in order for (owner, kind)        offline messages, later the archive
 *
 * The owner is a prepared bare address "user@host" (or a host's name for what belongs to it), the kind a short literal of the module
 * that owns the data ("roster"). Blobs are the module's own business. All of an owner can be deleted at once.
 *
 * A job is a list of steps, made by one thread, submitted, and answered by a letter in the asking thread's mailbox after everything it
 * wrote is durable (committed with synchronous=FULL). Jobs of many askers share one transaction; a step whose condition does not hold
 * undoes its own job only. Jobs that write are done in the order of submission; a job that only reads sees every job whose answer was
 * posted before it was submitted, unless it keeps order.
 * Threads: store_open/close one; everything else any. Tests: test/contract/store_test.c for every driver. */
#ifndef MEERKAT_STORE_STORE_H
#define MEERKAT_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mailbox.h"
#include "base/str.h"

struct store;
struct store_job;

/* One found item: of a MAP step its key, of a QUEUE step its number and time. All of it lives in the job. */
struct store_row {
	struct str key;     /* MAP_LIST: key; OWNER_LIST, QUEUE_OWNERS: owner */
	struct str blob;
	int64_t number;     /* QUEUE: the item's number, ascending */
	int64_t time_ms;    /* when it was written, Unix time */
};

struct store_rows {
	const struct store_row *rows;
	size_t count;
	int64_t total; /* COUNT steps: the number asked for */
};

/* Opens (and makes, and brings up to the newest schema step) the embedded database in the directory. */
struct store *store_open(const char *state_dir, int reader_threads, struct why *why);

/* Finishes every submitted job and posts its answer; what is submitted from then on is answered with ERR_CLOSED. So those who ask can go
 * on until they have their answers. */
void store_finish(struct store *s);

/* Finishes if that was not done yet, and closes: nobody submits any more. */
void store_close(struct store **s);

/* A job for one asker. `done` runs on the thread that drains `reply_to`; it must free the job (store_job_free). */
struct store_job *store_job_new(struct store *s, struct mailbox *reply_to, void (*done)(struct store_job *job, void *context), void *context);
void store_job_free(struct store_job **job);

/* This job is done in the order of submission though it only reads: it sees what was submitted before it and is not answered yet. */
void store_job_keep_order(struct store_job *job);

/* Scratch that lives as long as the job. */
struct arena *store_job_arena(struct store_job *job);

/* Steps; everything given is copied. Each returns its index for store_job_rows. */
size_t store_value_get(struct store_job *job, struct str owner, const char *kind);
void store_value_put(struct store_job *job, struct str owner, const char *kind, struct str blob);
/* The same as if it had been written at this time. */
void store_value_put_at(struct store_job *job, struct str owner, const char *kind, struct str blob, int64_t time_ms);
/* The job fails with ERR_EXISTS when it is there already. */
void store_value_add(struct store_job *job, struct str owner, const char *kind, struct str blob);
/* The job fails with ERR_NOT_FOUND when it is not there: first step of anything that needs an account to exist. */
void store_value_need(struct store_job *job, struct str owner, const char *kind);
void store_value_delete(struct store_job *job, struct str owner, const char *kind);

size_t store_map_get(struct store_job *job, struct str owner, const char *kind, struct str key);
size_t store_map_list(struct store_job *job, struct str owner, const char *kind); /* sorted by key */
size_t store_map_list_some(struct store_job *job, struct str owner, const char *kind, int64_t most); /* the first ones */
/* The job fails with ERR_NOT_FOUND unless just this blob is there (data NULL: unless nothing is): first step of a change to what was read. */
void store_map_need(struct store_job *job, struct str owner, const char *kind, struct str key, struct str blob);
void store_map_put(struct store_job *job, struct str owner, const char *kind, struct str key, struct str blob);
void store_map_delete(struct store_job *job, struct str owner, const char *kind, struct str key);
void store_map_delete_all(struct store_job *job, struct str owner, const char *kind);

/* The job fails with ERR_LIMIT when there are limit or more already (INT64_MAX: no limit). */
void store_queue_append(struct store_job *job, struct str owner, const char *kind, struct str blob, int64_t limit);
/* Ends early, but not before the first, when what it found has STORE_LIST_BYTES. */
enum { STORE_LIST_BYTES = 128 * 1024 };
size_t store_queue_list(struct store_job *job, struct str owner, const char *kind, int64_t after_number, int64_t most);
size_t store_queue_count(struct store_job *job, struct str owner, const char *kind);
void store_queue_delete_to(struct store_job *job, struct str owner, const char *kind, int64_t number); /* this one and those before it */
void store_queue_delete(struct store_job *job, struct str owner, const char *kind, int64_t number); /* this one */
/* Owners "local@host" of the host which have a queue of the kind, sorted, after `after` (empty: from the start). */
size_t store_queue_owners(struct store_job *job, struct str host, const char *kind, struct str after, int64_t most);

/* Everything of the owner, in all shapes. */
void store_owner_delete(struct store_job *job, struct str owner);
/* Owners "local@host" of the host which have a value of the kind, sorted, after `after` (empty: from the start). */
size_t store_owner_list(struct store_job *job, struct str host, const char *kind, struct str after, int64_t most);
size_t store_owner_count(struct store_job *job, struct str host, const char *kind);
/* The job fails with ERR_LIMIT when there are `most` or more of them. */
void store_owner_room(struct store_job *job, struct str host, const char *kind, int64_t most);

/* Hands the job over; it is the store's until done runs. */
void store_submit_post(struct store_job *job);

/* In done: ERR_NONE, or why nothing of the job happened. */
enum err store_job_result(const struct store_job *job, struct why *why);
struct store_rows store_job_rows(const struct store_job *job, size_t step);

/* Milliseconds since 1970 by the wall clock, as the store stamps rows. */
int64_t store_now_ms(void);

#endif
