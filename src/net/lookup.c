/* libunbound works in a thread of its own (ub_ctx_async) and says through a descriptor that there are answers. The thread here owns the
 * context: it alone asks, cancels and takes answers, so that an answer and a cancellation cannot cross in libunbound. */
#include "net/lookup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include <unbound.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/library.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/rdata.h"

#define FUNCTIONS(X) \
	X(ub, cancel) X(ub, ctx_add_ta_file) X(ub, ctx_async) X(ub, ctx_create) X(ub, ctx_debugout) \
	X(ub, ctx_delete) X(ub, ctx_hosts) X(ub, ctx_resolvconf) X(ub, ctx_set_fwd) X(ub, ctx_set_option) \
	X(ub, ctx_zone_remove) X(ub, fd) X(ub, process) X(ub, resolve_async) X(ub, resolve_free) \
	X(ub, strerror)

LIBRARY(unbound, FUNCTIONS, LIBRARY_UNBOUND);

enum { CLASS_IN = 1, RCODE_NOERROR = 0, RCODE_NXDOMAIN = 3 };

struct lookup {
	struct arena arena;
	struct config_resolver config; /* copied */
	pthread_mutex_t lock;          /* of the start */
	bool is_started;
	pthread_t thread;
	struct loop *loop;
	/* The thread's. */
	struct ub_ctx *context; /* NULL: it could not be made */
	struct why why;         /* and that is why */
	struct loop_source source;
	struct list running, waiting; /* of jobs */
	size_t running_count, waiting_count;
	struct log_throttle throttle;
};

/* Counted: by who asks (until the answer is there or it cancels), and by the question on its way. */
struct lookup_job {
	struct letter letter, cancellation;
	_Atomic uint32_t refs;
	struct lookup *lookup;
	struct loop *asker;
	/* The asker's. */
	resolve_on_answer *on_answer;
	void *on_answer_context;
	_Atomic bool is_cancelled; /* written by the asker */
	/* The thread's, and then in the answer. */
	struct list link; /* in running or waiting */
	bool is_running;
	int id; /* libunbound's */
	enum resolve_type type;
	struct arena arena;
	struct resolve_answer answer;
	char name[RESOLVE_NAME_MAX + 1];
};

static void unref(struct lookup_job *j)
{
	if (atomic_fetch_sub_explicit(&j->refs, 1, memory_order_acq_rel) != 1)
		return;
	arena_fini(&j->arena);
	free(j);
}

/* ---- the context ---- */

static void set_options(struct ub_ctx *context)
{
	/* A question that is not answered holds a port and a place until libunbound has given up, also when it was cancelled: so there are
	 * more than run at a time, and it gives up after six seconds. What one name does to a server is not held against others. */
	static const char *const options[][2] = {
		{"outgoing-range:", "1000"},
		{"num-queries-per-thread:", "2000"},
		{"outgoing-num-tcp:", "20"},
		{"outbound-msg-retry:", "3"},
		{"infra-host-ttl:", "0"},
		{"infra-cache-numhosts:", "1000"},
		{"do-not-query-localhost:", "no"},
		{"unblock-lan-zones:", "yes"},
		{"cache-max-negative-ttl:", "600"},
		{"msg-cache-size:", "2m"},
		{"rrset-cache-size:", "4m"},
		{"key-cache-size:", "1m"},
		{"neg-cache-size:", "1m"},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		check(unbound.ctx_set_option(context, options[i][0], options[i][1]) == 0);
	(void)unbound.ctx_debugout(context, NULL);
}

static int set_servers(const struct lookup *l, struct ub_ctx *context)
{
	char server[IP_TEXT_MAX + 8];

	if (l->config.server.data) {
		snprintf(server, sizeof(server), "%s@%d", l->config.server.data, (int)l->config.port);
		return unbound.ctx_set_fwd(context, server);
	}
	/* Without these files it asks the root servers, which is fine. */
	(void)unbound.ctx_resolvconf(context, NULL);
	(void)unbound.ctx_hosts(context, NULL);
	return 0;
}

static struct ub_ctx *make_context(const struct lookup *l, struct why *why)
{
	struct ub_ctx *context;
	int failure;

	if (!library_load(&unbound_library, why))
		return NULL;
	context = unbound.ctx_create();
	check(context != NULL);
	set_options(context);
	failure = set_servers(l, context);
	if (!failure && l->config.trust_anchor_file.data)
		failure = unbound.ctx_add_ta_file(context, l->config.trust_anchor_file.data);
	if (!failure)
		failure = unbound.ctx_async(context, 1);
	/* Private networks may use a name that libunbound knows not to exist; this also reads the trust anchors. */
	if (!failure)
		failure = unbound.ctx_zone_remove(context, "test.");
	if (!failure)
		return context;
	(void)err_because(ERR_INVALID, why, "meerkat.resolver: %s%s%s", unbound.strerror(failure), l->config.trust_anchor_file.data ? ", with " : "",
			  l->config.trust_anchor_file.data ? l->config.trust_anchor_file.data : "");
	unbound.ctx_delete(context);
	return NULL;
}

/* ---- answers ---- */

static void read_records(struct lookup_job *j, const struct ub_result *result)
{
	union resolve_record *records = arena_alloc_array(&j->arena, RESOLVE_RECORDS_MAX, sizeof(*records));

	for (int i = 0; result->data[i] && j->answer.count < RESOLVE_RECORDS_MAX; i++) {
		struct str data = str_make(result->data[i], (size_t)result->len[i]);

		if (rdata_read(j->type, data, &j->arena, &records[j->answer.count]))
			j->answer.count++;
	}
	j->answer.records = records;
	if (j->answer.count == 0)
		j->answer.error = err_because(ERR_INVALID, &j->answer.why, "the records of %s make no sense", j->name);
}

static void read_result(struct lookup_job *j, int failure, const struct ub_result *result)
{
	struct resolve_answer *a = &j->answer;

	if (failure || !result)
		a->error = err_because(ERR_SYSTEM, &a->why, "looking up %s failed: %s", j->name, unbound.strerror(failure));
	else if (result->bogus)
		a->error = err_because(ERR_INVALID, &a->why, "DNSSEC says that the answer for %s is forged", j->name);
	else if (result->rcode != RCODE_NOERROR && result->rcode != RCODE_NXDOMAIN)
		a->error = err_because(ERR_SYSTEM, &a->why, "the name servers have no answer for %s (code %d)", j->name, result->rcode);
	else if (result->havedata)
		read_records(j, result);
	else
		a->error = err_because(ERR_NOT_FOUND, &a->why, "%s %s", j->name,
				       result->nxdomain ? "does not exist" : "has no such record");
	a->is_secure = !failure && result && result->secure;
}

static void deliver(struct letter *letter)
{
	struct lookup_job *j = container_of(letter, struct lookup_job, letter);

	if (!atomic_load_explicit(&j->is_cancelled, memory_order_relaxed)) {
		j->on_answer(j->on_answer_context, &j->answer);
		unref(j);
	}
	unref(j);
}

static void leave(struct lookup_job *j)
{
	list_remove(&j->link);
	if (j->is_running)
		j->lookup->running_count--;
	else
		j->lookup->waiting_count--;
}

static void answer(struct lookup_job *j)
{
	leave(j);
	j->letter.run = deliver;
	mailbox_post(&j->asker->mailbox, &j->letter);
}

static void on_result(void *context, int failure, struct ub_result *result)
{
	struct lookup_job *j = context;

	read_result(j, failure, result);
	unbound.resolve_free(result);
	answer(j);
}

/* ---- questions ---- */

static void start_job(struct lookup *l, struct lookup_job *j)
{
	struct resolve_answer *a = &j->answer;
	int failure = l->context ? unbound.resolve_async(l->context, j->name, (int)j->type, CLASS_IN, j, on_result, &j->id) : 0;

	if (!l->context)
		a->error = err_because(ERR_SYSTEM, &a->why, "names cannot be looked up: %s", l->why.text);
	else if (failure)
		read_result(j, failure, NULL);
	if (a->error != ERR_NONE) {
		answer(j);
		return;
	}
	list_remove(&j->link);
	list_append(&l->running, &j->link);
	j->is_running = true;
	l->waiting_count--;
	l->running_count++;
}

static void start_waiting(struct lookup *l)
{
	while (l->running_count < LOOKUP_RUNNING_MAX && !list_is_empty(&l->waiting)) {
		struct lookup_job *j = container_of(l->waiting.next, struct lookup_job, link);

		if (!atomic_load_explicit(&j->is_cancelled, memory_order_relaxed)) {
			start_job(l, j);
			continue;
		}
		/* Its cancellation is on the way, and will find that nothing is left to do. */
		leave(j);
		unref(j);
	}
}

static void refuse(struct lookup_job *j)
{
	uint64_t suppressed;

	metric_add(METRIC_lookups_refused, 1);
	if (log_throttle_pass(&j->lookup->throttle, (uint64_t)clock_monotonic_ms(), &suppressed))
		log_event(LOG_WARN, "net", "too many names are being looked up", LOG_NUM("waiting", LOOKUP_WAITING_MAX),
			  LOG_NUM("suppressed", suppressed));
	j->answer.error = err_because(ERR_LIMIT, &j->answer.why, "%s is not looked up, because too many names are", j->name);
	answer(j);
}

static void on_question(struct letter *letter)
{
	struct lookup_job *j = container_of(letter, struct lookup_job, letter);
	struct lookup *l = j->lookup;

	list_append(&l->waiting, &j->link);
	l->waiting_count++;
	if (l->waiting_count > LOOKUP_WAITING_MAX)
		refuse(j);
	else
		start_waiting(l);
}

static void on_cancellation(struct letter *letter)
{
	struct lookup_job *j = container_of(letter, struct lookup_job, cancellation);
	struct lookup *l = j->lookup;

	/* Unless the answer has been posted already. */
	if (!list_is_empty(&j->link)) {
		if (j->is_running)
			(void)unbound.cancel(l->context, j->id);
		leave(j);
		start_waiting(l);
		unref(j);
	}
	unref(j);
}

static void on_ready(struct loop_source *s, uint32_t events)
{
	struct lookup *l = container_of(s, struct lookup, source);

	(void)events;
	(void)unbound.process(l->context);
	start_waiting(l);
}

/* ---- the thread ---- */

static void *run(void *context)
{
	struct lookup *l = context;

	l->context = make_context(l, &l->why);
	if (l->context) {
		l->source = (struct loop_source){.fd = unbound.fd(l->context), .on_ready = on_ready};
		loop_watch(l->loop, &l->source, EPOLLIN);
	} else {
		log_event(LOG_ERROR, "net", "names cannot be looked up", LOG_TEXT("reason", l->why.text));
	}
	loop_run(l->loop);
	check(list_is_empty(&l->running) && list_is_empty(&l->waiting));
	if (l->context) {
		loop_unwatch(l->loop, &l->source);
		unbound.ctx_delete(l->context);
	}
	return NULL;
}

static void start(struct lookup *l)
{
	pthread_mutex_lock(&l->lock);
	if (!l->is_started) {
		l->loop = loop_new(-1);
		check(pthread_create(&l->thread, NULL, run, l) == 0);
		l->is_started = true;
	}
	pthread_mutex_unlock(&l->lock);
}

struct lookup_job *lookup_start_post(struct lookup *l, struct str name, enum resolve_type type, resolve_on_answer *on_answer, void *context)
{
	struct lookup_job *j = mem_new(sizeof(*j));

	check(name.len < sizeof(j->name));
	start(l);
	atomic_init(&j->refs, 2);
	list_init(&j->link);
	arena_init(&j->arena, 0);
	memcpy(j->name, name.data, name.len);
	j->lookup = l;
	j->asker = loop_current();
	j->on_answer = on_answer;
	j->on_answer_context = context;
	j->type = type;
	j->letter.run = on_question;
	mailbox_post(&l->loop->mailbox, &j->letter);
	return j;
}

void lookup_cancel_post(struct lookup_job **job)
{
	struct lookup_job *j = *job;

	*job = NULL;
	if (!j)
		return;
	atomic_store_explicit(&j->is_cancelled, true, memory_order_relaxed);
	j->cancellation.run = on_cancellation;
	mailbox_post(&j->lookup->loop->mailbox, &j->cancellation);
}

static void free_all(struct lookup *l)
{
	pthread_mutex_destroy(&l->lock);
	arena_fini(&l->arena);
	free(l);
}

/* Trust anchors are worth a look before anybody relies on them. */
static bool has_good_anchors(const struct lookup *l, struct why *why)
{
	struct ub_ctx *context = make_context(l, why);

	if (context)
		unbound.ctx_delete(context);
	return context != NULL;
}

struct lookup *lookup_new(const struct config_resolver *c, struct why *why)
{
	struct lookup *l = mem_new(sizeof(*l));

	arena_init(&l->arena, 0);
	pthread_mutex_init(&l->lock, NULL);
	list_init(&l->running);
	list_init(&l->waiting);
	l->config.port = c->port;
	if (c->server.data)
		l->config.server = arena_str(&l->arena, c->server);
	if (c->trust_anchor_file.data)
		l->config.trust_anchor_file = arena_str(&l->arena, c->trust_anchor_file);
	if (!c->trust_anchor_file.data || has_good_anchors(l, why))
		return l;
	free_all(l);
	return NULL;
}

void lookup_free(struct lookup **lookup)
{
	struct lookup *l = *lookup;

	*lookup = NULL;
	if (!l)
		return;
	if (l->is_started) {
		loop_stop_post(l->loop);
		pthread_join(l->thread, NULL);
		loop_free(&l->loop);
	}
	free_all(l);
}
