#include "auth/partner.h"

#include <pthread.h>
#include <stdlib.h>

#include "auth/method.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"

/* Nobody's service is faster for being asked more than this at a time. */
enum { WORKERS_MAX = 256 };

struct partner_set {
	pthread_mutex_t lock;
	struct list partners;
	bool is_finished;
};

/* One partner */

/* With the lock of the set held. */
static struct partner *open_partner(struct partner_set *s, const struct partner_def *def, const struct config_auth *auth, struct why *why)
{
	struct partner *p = mem_new(sizeof(*p));

	*p = (struct partner){.set = s, .refs = 1, .def = def, .auth = auth, .size = def->size(auth)};
	if (p->size.workers > WORKERS_MAX)
		p->size.workers = WORKERS_MAX;
	if (!def->open(p, why)) {
		free(p);
		return NULL;
	}
	config_auth_ref(auth);
	if (p->size.workers > 0)
		p->jobs = jobs_start((int)p->size.workers);
	list_append(&s->partners, &p->link);
	return p;
}

static void unref(struct partner *p)
{
	pthread_mutex_t *lock = &p->set->lock;
	bool is_last;

	pthread_mutex_lock(lock);
	is_last = --p->refs == 0;
	if (is_last)
		list_remove(&p->link);
	pthread_mutex_unlock(lock);
	if (!is_last)
		return;
	jobs_stop(&p->jobs);
	p->def->close(p);
	config_auth_unref(&p->auth);
	free(p);
}

void partner_note_down(struct partner *p, struct str whom, const char *why)
{
	uint64_t suppressed = 0;

	metric_add(METRIC_auth_partner_failures, 1);
	if (!atomic_load(&p->is_down) && log_throttle_pass(&p->failures, (uint64_t)clock_monotonic_ms(), &suppressed) &&
	    !atomic_exchange(&p->is_down, true))
		log_event(LOG_ERROR, "auth", "a partner cannot be asked", LOG_TEXT("kind", p->def->name), LOG_STR("partner", whom),
			  LOG_TEXT("why", why), LOG_NUM("more", suppressed));
}

void partner_note_up(struct partner *p, struct str whom)
{
	if (atomic_load(&p->is_down) && atomic_exchange(&p->is_down, false))
		log_event(LOG_INFO, "auth", "a partner answers again", LOG_TEXT("kind", p->def->name), LOG_STR("partner", whom));
}

/* The set */

struct partner_set *partner_set_new(void)
{
	struct partner_set *s = mem_new(sizeof(*s));

	check(pthread_mutex_init(&s->lock, NULL) == 0);
	list_init(&s->partners);
	return s;
}

static struct partner *partner_of(struct list *link)
{
	return container_of(link, struct partner, link);
}

/* Marks one, old or new. One that is to be read again counts only if that has been done. */
static bool mark(struct partner_set *s, const struct partner_def *def, const struct config_auth *auth, struct why *why)
{
	struct partner *p;

	list_each(link, &s->partners) {
		p = partner_of(link);
		if (p->def == def && (p->is_marked || (p->is_wanted && !def->is_read_again)) && def->is_same(p->auth, auth)) {
			p->is_marked = true;
			return true;
		}
	}
	p = open_partner(s, def, auth, why);
	if (p)
		p->is_marked = true;
	return p != NULL;
}

static bool mark_all(struct partner_set *s, const struct config *c, struct why *why)
{
	for (size_t i = 0; i < c->host_count; i++) {
		const struct config_auth *auth = c->hosts[i].auth;
		const int *methods = auth->methods.items;

		for (size_t j = 0; j < auth->methods.count; j++) {
			const struct method *m = method_find((enum config_auth_method)methods[j]);

			if (m && m->partner && !mark(s, m->partner, auth, why))
				return false;
		}
	}
	return true;
}

/* All of the partners that satisfy the condition, each with one reference more; ended by NULL. */
static struct partner **collect(struct partner_set *s, bool (*is_meant)(const struct partner *p))
{
	struct partner **found;
	size_t count = 1;

	list_each(link, &s->partners)
		count++;
	found = mem_new_array(count, sizeof(found[0]));
	count = 0;
	list_each(link, &s->partners) {
		struct partner *p = partner_of(link);

		if (!is_meant(p))
			continue;
		p->refs++;
		found[count++] = p;
	}
	return found;
}

static void give_back(struct partner **found, bool is_unwanted)
{
	for (size_t i = 0; found[i]; i++) {
		if (is_unwanted)
			unref(found[i]);
		unref(found[i]);
	}
	free(found);
}

static bool is_new(const struct partner *p)
{
	return p->is_marked && !p->is_wanted;
}

static bool is_unwanted_now(const struct partner *p)
{
	return p->is_wanted && !p->is_marked;
}

bool partner_set_use(struct partner_set *s, const struct config *c, struct why *why)
{
	struct partner **dropped;
	bool is_good;

	pthread_mutex_lock(&s->lock);
	list_each(link, &s->partners)
		partner_of(link)->is_marked = false;
	is_good = mark_all(s, c, why);
	dropped = collect(s, is_good ? is_unwanted_now : is_new);
	list_each(link, &s->partners) {
		if (is_good)
			partner_of(link)->is_wanted = partner_of(link)->is_marked;
	}
	pthread_mutex_unlock(&s->lock);
	give_back(dropped, true);
	return is_good;
}

static bool is_any(const struct partner *p)
{
	(void)p;
	return true;
}

void partner_set_finish(struct partner_set *s)
{
	struct partner **all;

	pthread_mutex_lock(&s->lock);
	s->is_finished = true;
	all = collect(s, is_any);
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; all[i]; i++)
		atomic_store(&all[i]->is_closing, true);
	for (size_t i = 0; all[i]; i++) {
		if (all[i]->jobs)
			jobs_finish(all[i]->jobs);
		if (all[i]->def->finish)
			all[i]->def->finish(all[i]);
	}
	give_back(all, false);
}

static bool is_wanted(const struct partner *p)
{
	return p->is_wanted;
}

void partner_set_free(struct partner_set **s)
{
	if (!*s)
		return;
	give_back(collect(*s, is_wanted), true);
	check(list_is_empty(&(*s)->partners));
	pthread_mutex_destroy(&(*s)->lock);
	free(*s);
	*s = NULL;
}

bool partner_check(const struct config *c, struct why *why)
{
	struct partner_set *s = partner_set_new();
	bool is_good = partner_set_use(s, c, why);

	partner_set_free(&s);
	return is_good;
}

/* Questions */

/* Who connected before a reload asks whom the configuration of then names, though nobody else does any more: such a partner is there for as
 * long as it is asked. */
static struct partner *find_or_open(struct partner_set *s, const struct partner_def *def, const struct config_auth *auth)
{
	struct partner *found = NULL;
	struct why why = {""};

	list_each(link, &s->partners) {
		struct partner *p = partner_of(link);

		if (p->def == def && (p->is_wanted || !found) && def->is_same(p->auth, auth))
			found = p;
	}
	if (found) {
		found->refs++;
		return found;
	}
	return s->is_finished ? NULL : open_partner(s, def, auth, &why);
}

struct partner *partner_take(struct question *q, const struct partner_def *def)
{
	struct partner_set *s = q->service->partners;

	pthread_mutex_lock(&s->lock);
	q->partner = find_or_open(s, def, q->auth);
	pthread_mutex_unlock(&s->lock);
	return q->partner;
}

void partner_release(struct question *q)
{
	struct partner *p = q->partner;

	q->partner = NULL;
	if (p)
		unref(p);
}

static void work(struct job *j)
{
	struct question *q = question_of_job(j);
	struct partner *p = q->partner;

	if (p->jobs && clock_monotonic_ms() > q->deadline_ms)
		q->result = ERR_TIMEOUT;
	else
		q->work(q);
	if (p->jobs)
		atomic_fetch_sub(&p->asked, 1);
}

static void on_worked(struct letter *l)
{
	struct question *q = question_of_letter(l);

	partner_release(q);
	question_answer(q, q->job.is_dropped ? ERR_BUSY : q->result);
}

/* At the workers and before them. */
static int64_t places(const struct partner *p)
{
	enum { ENOUGH = 1000000 }; /* the queue of job threads ends earlier */
	int64_t per_worker = p->size.waiting_max < ENOUGH ? p->size.waiting_max : ENOUGH;

	return (per_worker + 1) * p->size.workers;
}

/* False: too many wait. */
static bool post(struct question *q)
{
	struct partner *p = q->partner;

	q->job.work = work;
	q->job.letter.run = on_worked;
	if (!p->jobs)
		return jobs_post(q->service->jobs, &q->job);
	if (atomic_fetch_add(&p->asked, 1) < places(p) && jobs_post(p->jobs, &q->job))
		return true;
	atomic_fetch_sub(&p->asked, 1);
	return false;
}

void partner_ask(struct question *q, const struct partner_def *def, void (*work_function)(struct question *q))
{
	enum err e = ERR_NONE;

	q->work = work_function;
	if (!partner_take(q, def))
		e = ERR_SYSTEM;
	q->deadline_ms = q->partner ? clock_monotonic_ms() + q->partner->size.call_timeout_ms : 0;
	if (e == ERR_NONE && !post(q))
		e = ERR_BUSY;
	if (e == ERR_NONE)
		return;
	partner_release(q);
	question_answer_later(q, e);
}
