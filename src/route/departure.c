#include "route/departure.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "route/settlement.h"
#include "store/store_wait.h"
#include "xmpp/delay.h"
#include "xmpp/ns.h"

#define KIND "departure"

enum {
	KEY_CHARS = 16,
	LOOPS_MAX = 256,   /* numbers of different loops are different */
	MS_BITS = 20,      /* numbers begin with the clock, so that those of the last process are smaller */
};

/* Nobody's name. */
static const struct str owner = {".", 1};

static _Atomic int64_t kept_bytes;

/* Those that one job makes durable. */
struct batch {
	struct departure **departures; /* counted */
	size_t count, room;
};

struct departures {
	struct store_job *job; /* of this turn; NULL: nothing yet */
	struct batch *batch;   /* what it keeps */
	uint64_t last_number;
};

static struct departures *departures_of(struct registry *r)
{
	if (!r->departures) {
		r->departures = mem_new(sizeof(*r->departures));
		r->departures->last_number = (uint64_t)store_now_ms() << MS_BITS | (uint64_t)r->index;
	}
	return r->departures;
}

/* ---- being safe ---- */

static void pay(struct departure *d)
{
	struct call_origin debt = d->debt;

	d->debt.registry = -1;
	if (debt.registry >= 0)
		settlement_pay(d->registry, debt, false);
}

static void unref(struct departure **departure)
{
	struct departure *d = *departure;

	*departure = NULL;
	check(d->refs > 0);
	if (--d->refs == 0)
		free(d);
}

static void forget_kept(struct departure *d)
{
	atomic_fetch_sub(&kept_bytes, (int64_t)d->kept_bytes);
	d->kept_bytes = 0;
}

static void free_batch(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		unref(&b->departures[i]);
	free(b->departures);
	free(b);
}

/* A store that fails does so for every turn of every loop. */
static void log_failure(const struct why *why)
{
	static struct log_throttle throttle;
	uint64_t suppressed;

	if (log_on(LOG_ERROR) && log_throttle_pass(&throttle, (uint64_t)store_now_ms(), &suppressed))
		log_event(LOG_ERROR, "departure", "cannot keep what waits for other servers", LOG_TEXT("why", why->text),
			  LOG_NUM("suppressed", suppressed));
}

static void on_written(struct store_job *job, void *context)
{
	struct batch *b = context;
	struct why why = {0};
	enum err e = store_job_result(job, &why);

	store_job_free(&job);
	if (e != ERR_NONE && e != ERR_CLOSED)
		log_failure(&why);
	for (size_t i = 0; i < b->count; i++)
		if (e == ERR_NONE)
			pay(b->departures[i]);
		else
			forget_kept(b->departures[i]);
	free_batch(b);
}

/* ---- writing ---- */

static struct store_job *job_of(struct registry *r)
{
	struct departures *all = departures_of(r);

	if (!all->job) {
		all->batch = mem_new(sizeof(*all->batch));
		all->job = store_job_new(r->realm->accounts.store, r->mailbox, on_written, all->batch);
	}
	return all->job;
}

static void add_to_batch(struct batch *b, struct departure *d)
{
	if (b->count == b->room) {
		b->room = b->room ? b->room * 2 : 8;
		b->departures = mem_resize(b->departures, b->room * sizeof(struct departure *));
	}
	d->refs++;
	b->departures[b->count++] = d;
}

static struct str key_of(const struct departure *d, char room[KEY_CHARS + 1])
{
	snprintf(room, KEY_CHARS + 1, "%0*" PRIx64, KEY_CHARS, d->number);
	return str_make(room, KEY_CHARS);
}

/* Is there room for it in the store? Then it is counted. */
static bool reserve(struct departure *d, size_t bytes)
{
	if (atomic_fetch_add(&kept_bytes, (int64_t)bytes) + (int64_t)bytes > DEPARTURE_KEPT_BYTES) {
		atomic_fetch_sub(&kept_bytes, (int64_t)bytes);
		return false;
	}
	d->kept_bytes = bytes;
	return true;
}

void departure_keep(struct departure *d, const struct stanza *s, struct jid from, struct jid to)
{
	struct store_job *job;
	char key[KEY_CHARS + 1];
	struct buf text;

	if (d->kept_bytes)
		return;
	buf_init(&text);
	delay_write(&text, s, from, to, &(struct delay){jid_domain(from), d->time_ms});
	if (reserve(d, text.len)) {
		job = job_of(d->registry);
		store_map_put(job, owner, KIND, key_of(d, key), buf_str(&text));
		add_to_batch(d->registry->departures->batch, d);
		d->was_kept = true;
		metric_add(METRIC_s2s_kept, 1);
	} else {
		limit_acted_on(METRIC_s2s_kept_exceeded, jid_domain(to));
	}
	buf_fini(&text);
}

void departure_end(struct departure **departure)
{
	struct departure *d = *departure;
	char key[KEY_CHARS + 1];

	if (d->kept_bytes) {
		store_map_delete(job_of(d->registry), owner, KIND, key_of(d, key));
		forget_kept(d);
	}
	pay(d);
	unref(departure);
}

void departure_leave(struct departure **departure)
{
	struct departure *d = *departure;

	forget_kept(d);
	unref(departure);
}

void departure_flush(struct registry *r)
{
	struct departures *all = r->departures;

	if (!all || !all->job)
		return;
	store_submit_post(all->job);
	all->job = NULL;
	all->batch = NULL;
}

void departure_free(struct registry *r)
{
	struct departures *all = r->departures;

	if (!all)
		return;
	if (all->job) {
		store_job_free(&all->job);
		free_batch(all->batch);
	}
	free(all);
	r->departures = NULL;
}

/* ---- making ---- */

static struct departure *make(struct registry *r, uint64_t number, int64_t time_ms)
{
	struct departure *d = mem_new(sizeof(*d));

	d->refs = 1;
	d->registry = r;
	d->number = number;
	d->time_ms = time_ms;
	d->debt.registry = -1;
	return d;
}

struct departure *departure_new(struct call *c)
{
	struct departures *all = departures_of(c->registry);
	struct departure *d;

	if (c->stanza->kind != STANZA_MESSAGE || c->stanza->type == STANZA_TYPE_ERROR)
		return NULL;
	all->last_number += LOOPS_MAX;
	d = make(c->registry, all->last_number, store_now_ms());
	d->debt = settlement_hand_on(c, false);
	return d;
}

/* ---- what an earlier process has left behind ---- */

static bool read_number(struct str key, uint64_t *out)
{
	char text[KEY_CHARS + 1], *end;

	if (key.len != KEY_CHARS)
		return false;
	memcpy(text, key.data, KEY_CHARS);
	text[KEY_CHARS] = '\0';
	*out = strtoull(text, &end, 16);
	return *end == '\0';
}

static void find(const struct store_row *row, void (*found)(void *context, const struct departure_left *l, struct stanza *s), void *context)
{
	struct departure_left left = {.time_ms = row->time_ms, .kept_bytes = row->blob.len};
	struct stanza *s = stanza_try_from_text(row->blob, NS_CLIENT);

	if (s && jid_is_set(s->from) && jid_is_set(s->to) && read_number(row->key, &left.number))
		found(context, &left, s);
	else
		log_event(LOG_WARN, "departure", "a message for another server cannot be read");
	if (s)
		stanza_unref(&s);
}

enum err departure_recover(struct store *store, void (*found)(void *context, const struct departure_left *l, struct stanza *s), void *context,
			   struct why *why)
{
	struct store_wait w;
	struct store_job *job;
	struct store_rows rows;
	size_t step;
	enum err e;

	store_wait_init(&w, store);
	job = store_wait_job(&w);
	step = store_map_list(job, owner, KIND);
	e = store_wait_run(&w, job, why);
	rows = e == ERR_NONE ? store_job_rows(job, step) : (struct store_rows){0};
	for (size_t i = 0; i < rows.count; i++)
		find(&rows.rows[i], found, context);
	if (rows.count)
		log_event(LOG_INFO, "departure", "messages for other servers were left behind, and go on", LOG_NUM("count", rows.count));
	store_job_free(&job);
	store_wait_fini(&w);
	return e;
}

struct departure *departure_take_on(struct registry *r, const struct departure_left *l)
{
	struct departures *all = departures_of(r);
	struct departure *d = make(r, l->number, l->time_ms);

	d->kept_bytes = l->kept_bytes;
	d->was_kept = true;
	atomic_fetch_add(&kept_bytes, (int64_t)l->kept_bytes);
	if (all->last_number <= l->number)
		all->last_number = (l->number | (LOOPS_MAX - 1)) + 1 + (uint64_t)r->index;
	return d;
}
