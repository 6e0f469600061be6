#include "store/batch.h"

#include "base/histogram.h"
#include "base/list.h"
#include "base/metric.h"

static struct store_job *job_of(struct letter *l)
{
	return container_of(l, struct store_job, letter);
}

static bool is_condition(enum err e)
{
	return e == ERR_EXISTS || e == ERR_NOT_FOUND || e == ERR_LIMIT;
}

static void set_result(struct store_job *job, enum err result, const struct why *why)
{
	job->result = result;
	job->why = result != ERR_NONE && why->text[0] ? arena_strdup(&job->arena, why->text) : NULL;
}

static enum err run_steps(const struct store_driver *driver, struct store_link *link, struct store_job *job, struct why *why)
{
	enum err e = ERR_NONE;

	for (size_t i = 0; i < job->step_count && e == ERR_NONE; i++) {
		job->steps[i].rows = (struct store_rows){0};
		e = driver->run(link, &job->steps[i], &job->arena, why);
	}
	return e;
}

/* In a transaction. A condition that does not hold is the job's result, what is returned is the database's. */
static enum err run_job(const struct store_driver *driver, struct store_link *link, struct store_job *job, struct why *why)
{
	struct why condition = {0};
	enum err e = job->needs_mark ? driver->mark(link, why) : ERR_NONE;
	enum err result;

	if (e != ERR_NONE)
		return e;
	result = run_steps(driver, link, job, &condition);
	if (result != ERR_NONE && !is_condition(result)) {
		*why = condition;
		return result;
	}
	set_result(job, result, &condition);
	if (!job->needs_mark)
		return ERR_NONE;
	return result == ERR_NONE ? driver->unmark(link, why) : driver->undo_to_mark(link, why);
}

/* One transaction of all jobs from `first` up to but without `end`. */
static enum err run_transaction(const struct store_driver *driver, struct store_link *link, struct letter *first,
				const struct letter *end, struct why *why)
{
	enum err e = ERR_NONE;

	for (struct letter *l = first; l != end && e == ERR_NONE; l = l->next)
		e = run_job(driver, link, job_of(l), why);
	if (e == ERR_NONE)
		e = driver->commit(link, why);
	if (e != ERR_NONE)
		driver->rollback(link);
	return e;
}

static size_t fail_all(struct letter *jobs, enum err e, const struct why *why)
{
	size_t count = 0;

	for (struct letter *l = jobs; l; l = l->next, count++)
		set_result(job_of(l), e, why);
	return count;
}

static size_t write_one_by_one(const struct store_driver *driver, struct store_link *link, struct letter *jobs)
{
	size_t failed = 0;

	for (struct letter *l = jobs; l; l = l->next) {
		struct why why = {0};
		enum err e = driver->begin(link, &why);

		/* Not even begun: somebody has the lock, or the database is gone. Each would wait for it in turn. */
		if (e != ERR_NONE)
			return failed + fail_all(l, e, &why);
		e = run_transaction(driver, link, l, l->next, &why);
		if (e != ERR_NONE) {
			set_result(job_of(l), e, &why);
			failed++;
		}
		metric_add(METRIC_store_commits, e == ERR_NONE);
	}
	return failed;
}

size_t batch_write(const struct store_driver *driver, struct store_link *link, struct letter *jobs)
{
	struct why why = {0};
	uint64_t began_us = histogram_now_us();
	enum err e = driver->begin(link, &why);

	if (e != ERR_NONE)
		return fail_all(jobs, e, &why);
	e = run_transaction(driver, link, jobs, NULL, &why);
	histogram_add(HISTOGRAM_store_seconds, histogram_now_us() - began_us);
	if (e == ERR_NONE) {
		metric_add(METRIC_store_commits, 1);
		return 0;
	}
	if (jobs->next)
		return write_one_by_one(driver, link, jobs);
	set_result(job_of(jobs), e, &why);
	return 1;
}

size_t batch_read(const struct store_driver *driver, struct store_link *link, struct store_job *job)
{
	struct why why = {0};
	uint64_t began_us = histogram_now_us();
	bool is_one_step = job->step_count <= 1; /* which sees one state of the data also without a transaction */
	enum err e = is_one_step ? ERR_NONE : driver->begin(link, &why);

	if (e == ERR_NONE) {
		e = run_steps(driver, link, job, &why);
		if (!is_one_step)
			driver->rollback(link);
	}
	histogram_add(HISTOGRAM_store_read_seconds, histogram_now_us() - began_us);
	set_result(job, e, &why);
	return e != ERR_NONE && !is_condition(e);
}
