#include "route/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "route/keeping.h"
#include "route/router.h"
#include "store/store_wait.h"
#include "xmpp/delay.h"
#include "xmpp/ns.h"

#define KIND "unacknowledged"

enum { NUMBER_CHARS = 16, RECOVERED_AT_ONCE = 100 };

/* Parcels that one job makes durable. */
struct batch {
	struct parcel **parcels; /* counted */
	size_t count, room;
};

struct journal {
	struct store_job *job; /* of this turn; NULL: nothing yet */
	struct batch *batch;   /* what it keeps */
	uint64_t last_number;  /* from a clock, so that those of the last process are lower */
};

static const struct module *keeping_of(const struct registry *r, struct jid account)
{
	const struct host *h = host_find(r->hosts, jid_domain(account));

	return h ? h->keeping : NULL;
}

static void free_batch(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		parcel_unref(&b->parcels[i]);
	free(b->parcels);
	free(b);
}

/* Nobody knows when the receiver comes back, and its sender does not wait as long: it is told that it failed, as of an absent one. */
static void give_up(struct parcel *p)
{
	p->journal_number = 0;
	if (p->debt.registry < 0 || !p->owes_all)
		return;
	router_bounce(p->registry, p->stanza, p->to, p->from, STANZA_ERROR_INTERNAL_SERVER_ERROR);
	parcel_pay(p);
}

static void on_written(struct store_job *job, void *context)
{
	struct batch *b = context;
	struct why why = {0};
	enum err e = store_job_result(job, &why);

	store_job_free(&job);
	if (e != ERR_NONE && e != ERR_CLOSED)
		log_event(LOG_DEBUG, "journal", "cannot keep what is not acknowledged", LOG_TEXT("why", why.text));
	for (size_t i = 0; i < b->count; i++)
		if (e == ERR_NONE)
			parcel_pay(b->parcels[i]);
		else
			give_up(b->parcels[i]);
	free_batch(b);
}

static struct journal *journal_get(struct registry *r)
{
	if (!r->journal) {
		r->journal = mem_new(sizeof(*r->journal));
		r->journal->last_number = (uint64_t)store_now_ms() << 16;
	}
	return r->journal;
}

static struct store_job *job_of(struct registry *r)
{
	struct journal *j = journal_get(r);

	if (!j->job) {
		j->batch = mem_new(sizeof(*j->batch));
		j->job = store_job_new(r->realm->accounts.store, r->mailbox, on_written, j->batch);
	}
	return j->job;
}

static void add_to_batch(struct batch *b, struct parcel *p)
{
	if (b->count == b->room) {
		b->room = b->room ? b->room * 2 : 8;
		b->parcels = mem_resize(b->parcels, b->room * sizeof(struct parcel *));
	}
	parcel_ref(p);
	b->parcels[b->count++] = p;
}

/* Sorted by account, then in order. */
static void write_key(struct buf *out, const struct parcel *p)
{
	buf_printf(out, "%.*s\n%0*" PRIx64, STR_ARGS(jid_bare_str(p->to)), NUMBER_CHARS, p->journal_number);
}

static void write_text(struct buf *out, const struct parcel *p)
{
	if (p->is_stamped)
		writer_stanza(out, p->stanza, p->from, p->to, NS_CLIENT, true);
	else
		delay_write(out, p->stanza, p->from, p->to, &(struct delay){jid_domain(p->to), p->time_ms});
}

void journal_keep(struct parcel *p)
{
	struct registry *r = p->registry;
	struct store_job *job;
	struct buf key, text;

	if (p->journal_number || p->kept_number || !keeping_of(r, p->to))
		return;
	job = job_of(r);
	p->journal_number = ++r->journal->last_number;
	buf_init(&key);
	buf_init(&text);
	write_key(&key, p);
	write_text(&text, p);
	store_map_put(job, jid_domain(p->to), KIND, buf_str(&key), buf_str(&text));
	buf_fini(&text);
	buf_fini(&key);
	add_to_batch(r->journal->batch, p);
	metric_add(METRIC_unacknowledged_kept, 1);
}

static void add_removal(struct parcel *p, struct store_job *job)
{
	const struct module *m = keeping_of(p->registry, p->to);
	struct buf key;

	if (p->kept_number && m)
		m->def->keeping->remove_to(job, jid_bare_str(p->to), p->kept_number);
	if (p->journal_number) {
		buf_init(&key);
		write_key(&key, p);
		store_map_delete(job, jid_domain(p->to), KIND, buf_str(&key));
		buf_fini(&key);
	}
	p->kept_number = 0;
	p->journal_number = 0;
}

void journal_forget(struct parcel *p)
{
	if (p->kept_number || p->journal_number)
		add_removal(p, job_of(p->registry));
}

void journal_move(struct parcel *p, struct store_job *job)
{
	/* It must not be taken out before it is in. */
	journal_flush(p->registry);
	add_removal(p, job);
}

void journal_flush(struct registry *r)
{
	struct journal *j = r->journal;

	if (!j || !j->job)
		return;
	store_submit_post(j->job);
	j->job = NULL;
	j->batch = NULL;
}

void journal_free(struct registry *r)
{
	struct journal *j = r->journal;

	if (!j)
		return;
	if (j->job) {
		store_job_free(&j->job);
		free_batch(j->batch);
	}
	free(j);
	r->journal = NULL;
}

/* ---- what an earlier process has left behind ---- */

/* The account of a row; false: it was not written by us. */
static bool account_of(struct str key, struct str *out)
{
	if (key.len <= NUMBER_CHARS + 1 || key.data[key.len - NUMBER_CHARS - 1] != '\n')
		return false;
	*out = str_make(key.data, key.len - NUMBER_CHARS - 1);
	return true;
}

/* The next rows of a host, all at once or not at all. *count_out: how many there were. */
static enum err recover_some(struct store_wait *w, const struct host *h, size_t *count_out, struct why *why)
{
	struct store_job *list = store_wait_job(w), *move;
	size_t step = store_map_list_some(list, h->name, KIND, RECOVERED_AT_ONCE);
	enum err e = store_wait_run(w, list, why);
	struct store_rows rows = e == ERR_NONE ? store_job_rows(list, step) : (struct store_rows){0};
	struct str account;

	*count_out = rows.count;
	if (rows.count) {
		move = store_wait_job(w);
		for (size_t i = 0; i < rows.count; i++) {
			if (account_of(rows.rows[i].key, &account))
				h->keeping->def->keeping->add(move, account, rows.rows[i].blob);
			store_map_delete(move, h->name, KIND, rows.rows[i].key);
		}
		e = store_wait_run(w, move, why);
		store_job_free(&move);
	}
	store_job_free(&list);
	return e;
}

static enum err recover_host(struct store_wait *w, const struct host *h, struct why *why)
{
	size_t count, all = 0;
	enum err e;

	do {
		e = recover_some(w, h, &count, why);
		all += count;
	} while (e == ERR_NONE && count > 0);
	if (all)
		log_event(LOG_INFO, "journal", "messages that were not acknowledged wait for their receivers", LOG_STR("host", h->name),
			  LOG_NUM("count", all));
	return e;
}

enum err journal_recover(struct store *store, const struct host_set *hosts, struct why *why)
{
	struct store_wait w;
	enum err e = ERR_NONE;

	store_wait_init(&w, store);
	for (size_t i = 0; i < hosts->count && e == ERR_NONE; i++)
		if (hosts->hosts[i].keeping)
			e = recover_host(&w, &hosts->hosts[i], why);
	store_wait_fini(&w);
	return e;
}
