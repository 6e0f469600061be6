#include "net/resolve.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/lookup.h"
#include "net/rdata.h"
#include "net/zone.h"

struct resolve {
	struct zone *zone;     /* NULL: no local records */
	struct lookup *lookup; /* NULL: nothing but those */
};

struct resolve_question {
	struct resolve *resolve;
	struct loop *loop;
	struct arena arena;
	struct str asked; /* as it was asked for */
	struct str name;  /* where local aliases have led */
	enum resolve_type type;
	struct config_s2s_dns patience;
	int64_t attempts_left;
	struct timer timer; /* of the attempt; or until an answer that is there already */
	struct lookup_job *job;
	struct resolve_answer ready;
	resolve_on_answer *on_answer;
	void *context;
};

static void free_question(struct resolve_question *q)
{
	timer_stop(&q->timer);
	lookup_cancel_post(&q->job);
	arena_fini(&q->arena);
	free(q);
}

/* The asker may do anything with the resolver in it; the question is over before. */
static void finish(struct resolve_question *q, const struct resolve_answer *answer)
{
	if (answer->error && answer->error != ERR_NOT_FOUND)
		metric_add(METRIC_lookups_failed, 1);
	timer_stop(&q->timer);
	q->on_answer(q->context, answer);
	free_question(q);
}

static void on_looked_up(void *context, const struct resolve_answer *answer)
{
	struct resolve_question *q = context;

	q->job = NULL;
	finish(q, answer);
}

static void look_up(struct resolve_question *q)
{
	uint64_t wait_ms = (uint64_t)q->patience.timeout_s * 1000;

	q->attempts_left--;
	q->job = lookup_start_post(q->resolve->lookup, q->name, q->type, on_looked_up, q);
	timer_start(q->loop->timers, &q->timer, wait_ms);
}

static void on_timer(struct timer *t)
{
	struct resolve_question *q = container_of(t, struct resolve_question, timer);

	if (!q->job) {
		finish(q, &q->ready);
		return;
	}
	lookup_cancel_post(&q->job);
	if (q->attempts_left > 0) {
		look_up(q);
		return;
	}
	q->ready.error = err_because(ERR_TIMEOUT, &q->ready.why, "no name server answered for %s within %lld s", q->name.data,
				     (long long)(q->patience.timeout_s * q->patience.retries));
	finish(q, &q->ready);
}

/* The answer is known; nobody is called from within resolve_ask. */
static void answer_soon(struct resolve_question *q, enum err e, const char *text)
{
	q->ready.error = e;
	if (e)
		(void)err_because(e, &q->ready.why, "%.*s %s", STR_ARGS(q->asked), text);
	timer_start(q->loop->timers, &q->timer, 0);
}

static enum zone_result find_locally(struct resolve_question *q)
{
	struct zone_answer local;
	enum zone_result result;

	if (!q->resolve->zone)
		return ZONE_ELSEWHERE;
	result = zone_find(q->resolve->zone, q->name, q->type, &local);
	q->name = local.name;
	q->ready.is_secure = result != ZONE_ELSEWHERE;
	q->ready.records = local.records;
	q->ready.count = local.count;
	return result;
}

static void begin(struct resolve_question *q)
{
	if (!rdata_name(q->asked, &q->arena, &q->name)) {
		answer_soon(q, ERR_NOT_FOUND, "cannot be a name in DNS");
		return;
	}
	switch (find_locally(q)) {
	case ZONE_RECORDS:
		answer_soon(q, ERR_NONE, "");
		return;
	case ZONE_NOTHING:
		answer_soon(q, ERR_NOT_FOUND, "has no such record in the local file");
		return;
	case ZONE_ELSEWHERE:
		break;
	}
	if (q->resolve->lookup)
		look_up(q);
	else
		answer_soon(q, ERR_NOT_FOUND, "is not in the local file, and no server is to be asked");
}

struct resolve_question *resolve_ask(struct resolve *r, const struct resolve_wish *wish, resolve_on_answer *on_answer, void *context)
{
	struct resolve_question *q = mem_new(sizeof(*q));
	bool fits = wish->name.len <= RESOLVE_NAME_MAX;

	q->resolve = r;
	q->loop = loop_current();
	check(q->loop != NULL);
	arena_init(&q->arena, 0);
	timer_init(&q->timer, on_timer);
	q->asked = arena_str(&q->arena, fits ? wish->name : str_make(wish->name.data, RESOLVE_NAME_MAX + 1));
	q->type = wish->type;
	q->patience = *wish->patience;
	q->attempts_left = wish->patience->retries;
	q->on_answer = on_answer;
	q->context = context;
	begin(q);
	return q;
}

void resolve_cancel(struct resolve_question **q)
{
	if (*q)
		free_question(*q);
	*q = NULL;
}

struct resolve *resolve_new(const struct config_resolver *c, struct why *why)
{
	static const struct config_resolver presets = {.port = 53};
	struct resolve *r = mem_new(sizeof(*r));

	if (!c)
		c = &presets;
	if (c->file.data) {
		char *path = str_dup(c->file);

		r->zone = zone_load(path, why);
		free(path);
	}
	if ((!c->file.data || r->zone) && !str_is(c->server, "none"))
		r->lookup = lookup_new(c, why);
	if ((!c->file.data || r->zone) && (str_is(c->server, "none") || r->lookup))
		return r;
	resolve_free(&r);
	return NULL;
}

void resolve_free(struct resolve **r)
{
	if (!*r)
		return;
	lookup_free(&(*r)->lookup);
	zone_free(&(*r)->zone);
	free(*r);
	*r = NULL;
}
