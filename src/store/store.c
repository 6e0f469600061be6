#include "store/store.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "store/batch.h"
#include "store/driver.h"
#include "store/sqlite.h"
#include "store/worker.h"

/* One transaction takes at most this many jobs: the first of them does not wait for ever for the last. */
enum { BATCH_MAX = 512 };

struct reader {
	struct store *store;
	struct store_link *link;
	pthread_t thread;
};

struct store {
	const struct store_driver *driver;
	struct worker_queue writes, reads, cares;
	struct store_link *writing, *caring;
	pthread_t writer, carer;
	struct letter care;     /* the one letter in `cares` */
	atomic_bool is_cared_for; /* `care` is under way */
	struct log_throttle failures;
	int reader_count;
	struct reader *readers;
	bool is_finished;
};

int64_t store_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What each step means for its job. */
static const struct {
	bool writes, is_condition;
} op_facts[STORE_OP_COUNT] = {
	[STORE_VALUE_PUT] = {.writes = true},
	[STORE_VALUE_ADD] = {.writes = true, .is_condition = true},
	[STORE_VALUE_NEED] = {.is_condition = true},
	[STORE_VALUE_DELETE] = {.writes = true},
	[STORE_MAP_NEED] = {.is_condition = true},
	[STORE_MAP_PUT] = {.writes = true},
	[STORE_MAP_DELETE] = {.writes = true},
	[STORE_MAP_DELETE_ALL] = {.writes = true},
	[STORE_QUEUE_APPEND] = {.writes = true, .is_condition = true},
	[STORE_QUEUE_DELETE_TO] = {.writes = true},
	[STORE_QUEUE_DELETE] = {.writes = true},
	[STORE_OWNER_DELETE] = {.writes = true},
	[STORE_OWNER_ROOM] = {.is_condition = true},
};

/* Threads */

/* For all who had jobs: they only say more at debug, as there may be very many. */
static void log_failures(struct store *s, size_t failed, const struct store_job *example)
{
	uint64_t suppressed = 0;

	if (failed > 0 && log_throttle_pass(&s->failures, (uint64_t)clock_monotonic_ms(), &suppressed))
		log_event(LOG_ERROR, "store", "jobs failed", LOG_TEXT("why", example->why ? example->why : err_text(example->result)),
			  LOG_NUM("jobs", failed), LOG_NUM("more", suppressed));
}

static const struct store_job *find_failed(struct letter *jobs)
{
	for (struct letter *l = jobs; l; l = l->next) {
		struct store_job *job = container_of(l, struct store_job, letter);

		if (job->why)
			return job;
	}
	return container_of(jobs, struct store_job, letter);
}

static void post_answers(struct letter *jobs)
{
	struct letter *next;
	int64_t count = 0;

	for (struct letter *l = jobs; l; l = next, count++) {
		struct store_job *job = container_of(l, struct store_job, letter);

		next = l->next;
		mailbox_post(job->reply_to, l);
	}
	metric_add(METRIC_store_jobs, count);
}

static void *run_writer(void *argument)
{
	struct store *s = argument;
	struct letter *jobs;

	while ((jobs = worker_queue_take(&s->writes, BATCH_MAX)) != NULL) {
		size_t failed = batch_write(s->driver, s->writing, jobs);

		log_failures(s, failed, find_failed(jobs));
		post_answers(jobs);
		if (s->driver->needs_care(s->writing) && !atomic_exchange(&s->is_cared_for, true))
			check(worker_queue_post(&s->cares, &s->care));
	}
	return NULL;
}

static void *run_reader(void *argument)
{
	struct reader *r = argument;
	struct letter *l;

	while ((l = worker_queue_take(&r->store->reads, 1)) != NULL) {
		struct store_job *job = container_of(l, struct store_job, letter);
		size_t failed = batch_read(r->store->driver, r->link, job);

		log_failures(r->store, failed, job);
		post_answers(l);
	}
	return NULL;
}

static void *run_carer(void *argument)
{
	struct store *s = argument;

	while (worker_queue_take(&s->cares, 1)) {
		s->driver->care(s->caring);
		atomic_store(&s->is_cared_for, false);
	}
	return NULL;
}

/* Opening and closing */

static void close_links(struct store *s)
{
	for (int i = 0; i < s->reader_count; i++) {
		if (s->readers[i].link)
			s->driver->close(s->readers[i].link);
	}
	if (s->caring)
		s->driver->close(s->caring);
	if (s->writing)
		s->driver->close(s->writing);
}

static bool open_links(struct store *s, const char *place, struct why *why)
{
	s->writing = s->driver->open(place, STORE_WRITES, why);
	if (!s->writing)
		return false;
	s->caring = s->driver->open(place, STORE_CARES, why);
	if (!s->caring)
		return false;
	for (int i = 0; i < s->reader_count; i++) {
		s->readers[i] = (struct reader){.store = s, .link = s->driver->open(place, STORE_READS, why)};
		if (!s->readers[i].link)
			return false;
	}
	return true;
}

static void free_store(struct store *s)
{
	close_links(s);
	worker_queue_fini(&s->writes);
	worker_queue_fini(&s->reads);
	worker_queue_fini(&s->cares);
	free(s->readers);
	free(s);
}

struct store *store_open_with(const struct store_driver *driver, const char *place, int reader_threads, struct why *why)
{
	struct store *s = mem_new(sizeof(*s));

	check(reader_threads > 0);
	s->driver = driver;
	s->reader_count = reader_threads;
	s->readers = mem_new_array((size_t)reader_threads, sizeof(s->readers[0]));
	worker_queue_init(&s->writes, 0);
	worker_queue_init(&s->reads, 0);
	worker_queue_init(&s->cares, 0);
	if (!open_links(s, place, why)) {
		free_store(s);
		return NULL;
	}
	worker_start(&s->writer, "store-write", run_writer, s);
	worker_start(&s->carer, "store-care", run_carer, s);
	for (int i = 0; i < reader_threads; i++)
		worker_start(&s->readers[i].thread, "store-read", run_reader, &s->readers[i]);
	return s;
}

struct store *store_open(const char *state_dir, int reader_threads, struct why *why)
{
	return store_open_with(&sqlite_driver, state_dir, reader_threads, why);
}

void store_finish(struct store *s)
{
	if (s->is_finished)
		return;
	worker_queue_close(&s->writes);
	worker_queue_close(&s->reads);
	worker_stop(s->writer);
	for (int i = 0; i < s->reader_count; i++)
		worker_stop(s->readers[i].thread);
	/* Last, as the writer may ask for care. */
	worker_queue_close(&s->cares);
	worker_stop(s->carer);
	s->is_finished = true;
}

void store_close(struct store **s)
{
	if (!*s)
		return;
	store_finish(*s);
	free_store(*s);
	*s = NULL;
}

/* Jobs */

static void on_answer(struct letter *l)
{
	struct store_job *job = container_of(l, struct store_job, letter);

	job->done(job, job->context);
}

struct store_job *store_job_new(struct store *s, struct mailbox *reply_to, void (*done)(struct store_job *job, void *context), void *context)
{
	struct store_job *job = mem_new(sizeof(*job));

	job->letter.run = on_answer;
	job->store = s;
	job->reply_to = reply_to;
	job->done = done;
	job->context = context;
	arena_init(&job->arena, 0);
	return job;
}

void store_job_free(struct store_job **job)
{
	if (!*job)
		return;
	arena_fini(&(*job)->arena);
	free(*job);
	*job = NULL;
}

void store_job_keep_order(struct store_job *job)
{
	job->writes = true;
}

struct arena *store_job_arena(struct store_job *job)
{
	return &job->arena;
}

void store_submit_post(struct store_job *job)
{
	struct store *s = job->store;

	if (worker_queue_post(job->writes ? &s->writes : &s->reads, &job->letter))
		return;
	job->result = ERR_CLOSED;
	mailbox_post(job->reply_to, &job->letter);
}

enum err store_job_result(const struct store_job *job, struct why *why)
{
	if (job->result != ERR_NONE && job->why)
		return err_because(job->result, why, "%s", job->why);
	return job->result;
}

struct store_rows store_job_rows(const struct store_job *job, size_t step)
{
	check(step < job->step_count);
	return job->steps[step].rows;
}

/* Steps */

static void make_room(struct store_job *job)
{
	size_t room = job->step_room ? job->step_room * 2 : 4;
	struct store_step *steps = arena_alloc_array(&job->arena, room, sizeof(*steps));

	if (job->step_count > 0)
		memcpy(steps, job->steps, job->step_count * sizeof(*steps));
	job->steps = steps;
	job->step_room = room;
}

static size_t add_step(struct store_job *job, struct store_step step)
{
	if (job->step_count == job->step_room)
		make_room(job);
	job->needs_mark |= job->writes && op_facts[step.op].is_condition;
	job->writes |= op_facts[step.op].writes;
	step.owner = arena_str(&job->arena, step.owner);
	step.key = arena_str(&job->arena, step.key);
	step.blob = arena_str(&job->arena, step.blob);
	job->steps[job->step_count] = step;
	return job->step_count++;
}

size_t store_value_get(struct store_job *job, struct str owner, const char *kind)
{
	return add_step(job, (struct store_step){.op = STORE_VALUE_GET, .owner = owner, .kind = str_from(kind)});
}

void store_value_put(struct store_job *job, struct str owner, const char *kind, struct str blob)
{
	add_step(job, (struct store_step){.op = STORE_VALUE_PUT, .owner = owner, .kind = str_from(kind), .blob = blob});
}

void store_value_put_at(struct store_job *job, struct str owner, const char *kind, struct str blob, int64_t time_ms)
{
	add_step(job, (struct store_step){
		.op = STORE_VALUE_PUT, .owner = owner, .kind = str_from(kind), .blob = blob, .has_time = true, .time_ms = time_ms});
}

void store_value_add(struct store_job *job, struct str owner, const char *kind, struct str blob)
{
	add_step(job, (struct store_step){.op = STORE_VALUE_ADD, .owner = owner, .kind = str_from(kind), .blob = blob});
}

void store_value_need(struct store_job *job, struct str owner, const char *kind)
{
	add_step(job, (struct store_step){.op = STORE_VALUE_NEED, .owner = owner, .kind = str_from(kind)});
}

void store_value_delete(struct store_job *job, struct str owner, const char *kind)
{
	add_step(job, (struct store_step){.op = STORE_VALUE_DELETE, .owner = owner, .kind = str_from(kind)});
}

size_t store_map_get(struct store_job *job, struct str owner, const char *kind, struct str key)
{
	return add_step(job, (struct store_step){.op = STORE_MAP_GET, .owner = owner, .kind = str_from(kind), .key = key});
}

size_t store_map_list_some(struct store_job *job, struct str owner, const char *kind, int64_t most)
{
	return add_step(job, (struct store_step){.op = STORE_MAP_LIST, .owner = owner, .kind = str_from(kind), .most = most});
}

size_t store_map_list(struct store_job *job, struct str owner, const char *kind)
{
	return store_map_list_some(job, owner, kind, INT64_MAX);
}

void store_map_need(struct store_job *job, struct str owner, const char *kind, struct str key, struct str blob)
{
	add_step(job, (struct store_step){
		.op = STORE_MAP_NEED, .owner = owner, .kind = str_from(kind), .key = key, .blob = blob, .number = blob.data != NULL});
}

void store_map_put(struct store_job *job, struct str owner, const char *kind, struct str key, struct str blob)
{
	add_step(job, (struct store_step){.op = STORE_MAP_PUT, .owner = owner, .kind = str_from(kind), .key = key, .blob = blob});
}

void store_map_delete(struct store_job *job, struct str owner, const char *kind, struct str key)
{
	add_step(job, (struct store_step){.op = STORE_MAP_DELETE, .owner = owner, .kind = str_from(kind), .key = key});
}

void store_map_delete_all(struct store_job *job, struct str owner, const char *kind)
{
	add_step(job, (struct store_step){.op = STORE_MAP_DELETE_ALL, .owner = owner, .kind = str_from(kind)});
}

void store_queue_append(struct store_job *job, struct str owner, const char *kind, struct str blob, int64_t limit)
{
	add_step(job, (struct store_step){.op = STORE_QUEUE_APPEND, .owner = owner, .kind = str_from(kind), .blob = blob, .most = limit});
}

size_t store_queue_list(struct store_job *job, struct str owner, const char *kind, int64_t after_number, int64_t most)
{
	return add_step(job, (struct store_step){
		.op = STORE_QUEUE_LIST, .owner = owner, .kind = str_from(kind), .number = after_number, .most = most});
}

size_t store_queue_count(struct store_job *job, struct str owner, const char *kind)
{
	return add_step(job, (struct store_step){.op = STORE_QUEUE_COUNT, .owner = owner, .kind = str_from(kind)});
}

void store_queue_delete_to(struct store_job *job, struct str owner, const char *kind, int64_t number)
{
	add_step(job, (struct store_step){.op = STORE_QUEUE_DELETE_TO, .owner = owner, .kind = str_from(kind), .number = number});
}

void store_queue_delete(struct store_job *job, struct str owner, const char *kind, int64_t number)
{
	add_step(job, (struct store_step){.op = STORE_QUEUE_DELETE, .owner = owner, .kind = str_from(kind), .number = number});
}

size_t store_queue_owners(struct store_job *job, struct str host, const char *kind, struct str after, int64_t most)
{
	return add_step(job, (struct store_step){
		.op = STORE_QUEUE_OWNERS, .owner = host, .kind = str_from(kind), .key = after, .most = most});
}

void store_owner_delete(struct store_job *job, struct str owner)
{
	add_step(job, (struct store_step){.op = STORE_OWNER_DELETE, .owner = owner});
}

size_t store_owner_list(struct store_job *job, struct str host, const char *kind, struct str after, int64_t most)
{
	return add_step(job, (struct store_step){
		.op = STORE_OWNER_LIST, .owner = host, .kind = str_from(kind), .key = after, .most = most});
}

size_t store_owner_count(struct store_job *job, struct str host, const char *kind)
{
	return add_step(job, (struct store_step){.op = STORE_OWNER_COUNT, .owner = host, .kind = str_from(kind)});
}

void store_owner_room(struct store_job *job, struct str host, const char *kind, int64_t most)
{
	add_step(job, (struct store_step){.op = STORE_OWNER_ROOM, .owner = host, .kind = str_from(kind), .most = most});
}
