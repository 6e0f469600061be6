#include "ext/last/last_old.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/date.h"
#include "base/mem.h"
#include "ext/last/last.h"
#include "route/errand.h"
#include "route/eviction.h"
#include "store/store.h"

enum { PAGE = 500, LIST_MOST = 10000 };

/* False: the call is answered. */
static bool knows_domain(struct operation_call *c, struct str domain)
{
	const struct host *h = host_find(c->registry->hosts, domain);

	if (!h)
		operation_fail(c, "domain_not_found", "no such domain here: %.*s", STR_ARGS(domain));
	else if (!host_find_module(h, &last_module))
		operation_fail(c, "deps_not_loaded", "mod_last is not on at %.*s", STR_ARGS(domain));
	else
		return true;
	return false;
}

/* ---- active users ---- */

struct counting {
	struct operation_call *call;
	int64_t since_ms;
	json_int_t active;
};

static void count_page(struct counting *n, struct str after);

static void on_times(struct store_job *job, void *context)
{
	struct counting *n = context;
	struct why why = {""};
	bool is_read = store_job_result(job, &why) == ERR_NONE;
	struct store_rows rows = is_read ? store_job_rows(job, 0) : (struct store_rows){0};

	for (size_t i = 0; i < rows.count; i++)
		n->active += rows.rows[i].time_ms >= n->since_ms;
	if (is_read && rows.count == PAGE) {
		count_page(n, rows.rows[PAGE - 1].key);
	} else {
		if (is_read)
			operation_reply(n->call, json_integer(n->active));
		else
			operation_fail(n->call, "internal", "%s", why.text);
		free(n);
	}
	store_job_free(&job);
}

static void count_page(struct counting *n, struct str after)
{
	struct registry *r = n->call->registry;
	struct store_job *job = store_job_new(r->realm->accounts.store, r->mailbox, on_times, n);

	store_owner_list(job, operation_str(n->call, "domain"), LAST_KIND, after, PAGE);
	store_submit_post(job);
}

void last_old_count_active(struct operation_call *c)
{
	struct counting *n;

	if (!knows_domain(c, operation_str(c, "domain")))
		return;
	n = mem_new(sizeof(*n));
	*n = (struct counting){c, operation_int(c, "timestamp", store_now_ms()), 0};
	count_page(n, STR(""));
}

/* ---- old users ---- */

struct search {
	struct operation_call *call;
	const struct host_set *hosts; /* counted */
	size_t host;                  /* of them: the present one */
	bool is_of_all, removes;
	int64_t before_ms;
	size_t limit;
	char *after;       /* the last account that was looked at; heap */
	bool is_host_done; /* there are no accounts behind it */
	size_t under_way;  /* candidates */
	json_t *page;      /* of the candidates of a page those that are old, in order; null for others */
	json_t *found;
	json_t *errors;
};

struct candidate {
	struct errand errand;
	struct arena arena;
	struct search *search;
	size_t index;    /* in its page */
	int64_t time_ms; /* -1: never seen */
	bool is_old;
};

static void advance(struct search *s);

static void finish(struct search *s)
{
	json_decref(s->page);
	operation_reply_partly(s->call, s->found, s->errors);
	host_set_unref(&s->hosts);
	free(s->after);
	free(s);
}

static json_t *describe(const struct candidate *one)
{
	struct str who = jid_bare_str(one->errand.from);
	char date[DATE_TEXT_BYTES];

	return json_pack("{s:s%, s:s?}", "jid", who.data, who.len, "timestamp", one->time_ms < 0 ? NULL : date_write(one->time_ms, date));
}

static void on_looked_at(struct errand *e)
{
	struct candidate *one = container_of(e, struct candidate, errand);
	struct search *s = one->search;

	/* Who has been deleted meanwhile is no error. */
	if (!errand_is_done(e) && e->result != ERR_NOT_FOUND)
		json_array_append_new(s->errors, errand_error(e));
	else if (one->is_old)
		json_array_set_new(s->page, one->index, describe(one));
	errand_fini(e);
	arena_fini(&one->arena);
	free(one);
	if (--s->under_way == 0)
		advance(s);
}

static void on_removed(void *context, enum err e)
{
	struct call *c = context;
	struct candidate *one = container_of(c->errand, struct candidate, errand);

	eviction_of_sessions(c->registry, c->user->address, "the account has been removed");
	one->is_old = e == ERR_NONE;
	if (e != ERR_NONE)
		call_error(c, STANZA_ERROR_INTERNAL_SERVER_ERROR, "the account could not be deleted");
	call_resume(c, ANSWER_DONE);
}

/* On the account's loop: is it here? Otherwise it goes, if it is to. */
static enum answer look_at(struct call *c)
{
	struct candidate *one = container_of(c->errand, struct candidate, errand);

	if (c->user->session_count > 0)
		return ANSWER_DONE;
	if (!one->search->removes) {
		one->is_old = true;
		return ANSWER_DONE;
	}
	eviction_prepare(c->registry, c->user->address);
	account_remove((struct account_asker){.service = &c->registry->realm->accounts, .auth = c->host->config->auth,
					      .reply_to = c->registry->mailbox, .context = c},
		       c->user->address, on_removed);
	return ANSWER_LATER;
}

static void add_candidate(struct search *s, struct str account, int64_t time_ms)
{
	struct candidate *one = mem_new(sizeof(*one));

	*one = (struct candidate){.search = s, .time_ms = time_ms, .errand = {.asker = s->call->registry, .on_done = on_looked_at, .run = look_at}};
	arena_init(&one->arena, 0);
	if (!jid_parse(&one->errand.from, arena_str(&one->arena, account), &one->arena) || !one->errand.from.local_len) {
		arena_fini(&one->arena);
		free(one);
		return;
	}
	s->under_way++;
	one->index = json_array_size(s->page);
	json_array_append_new(s->page, json_null());
	errand_post(&one->errand);
}

/* Up to where both pages tell everything; data NULL: to the end of the domain. */
static struct str common_end(struct store_rows accounts, struct store_rows times)
{
	struct str end = accounts.count == PAGE ? accounts.rows[PAGE - 1].key : STR_NONE;
	struct str end_of_times = times.count == PAGE ? times.rows[PAGE - 1].key : STR_NONE;

	return end_of_times.data && (!end.data || str_compare(end_of_times, end) < 0) ? end_of_times : end;
}

/* With those of which it is not known yet whether they are here. */
static bool is_full(const struct search *s)
{
	return json_array_size(s->found) + s->under_way >= s->limit;
}

static void merge(struct search *s, struct store_rows accounts, struct store_rows times)
{
	struct str end = common_end(accounts, times);
	size_t t = 0;

	for (size_t i = 0; i < accounts.count; i++) {
		struct str account = accounts.rows[i].key;

		if (end.data && str_compare(account, end) > 0)
			break;
		if (is_full(s)) {
			end = accounts.rows[i - 1].key;
			break;
		}
		while (t < times.count && str_compare(times.rows[t].key, account) < 0)
			t++;

		bool is_seen = t < times.count && str_equal(times.rows[t].key, account);

		if (!is_seen || times.rows[t].time_ms < s->before_ms)
			add_candidate(s, account, is_seen ? times.rows[t].time_ms : -1);
	}
	s->is_host_done = !end.data;
	free(s->after);
	s->after = str_dup(end.data ? end : STR(""));
}

static void on_page(struct store_job *job, void *context)
{
	struct search *s = context;
	struct why why = {""};

	if (store_job_result(job, &why) == ERR_NONE) {
		merge(s, store_job_rows(job, 0), store_job_rows(job, 1));
	} else {
		json_array_append_new(s->errors, operation_error("internal", "%s", why.text));
		s->host = s->hosts->count;
		s->is_host_done = false;
	}
	store_job_free(&job);
	if (s->under_way == 0)
		advance(s);
}

static void read_page(struct search *s)
{
	struct registry *r = s->call->registry;
	struct str host = s->hosts->hosts[s->host].name, after = str_from(s->after);
	struct store_job *job = store_job_new(r->realm->accounts.store, r->mailbox, on_page, s);

	store_owner_list(job, host, ACCOUNT_KIND, after, PAGE);
	store_owner_list(job, host, LAST_KIND, after, PAGE);
	store_submit_post(job);
}

static bool has_last(const struct search *s)
{
	return host_find_module(&s->hosts->hosts[s->host], &last_module);
}

/* The next host that has the module; false: there is none. */
static bool next_host(struct search *s)
{
	s->is_host_done = false;
	do
		s->host++;
	while (s->is_of_all && s->host < s->hosts->count && !has_last(s));
	return s->is_of_all && s->host < s->hosts->count;
}

static void turn_page(struct search *s)
{
	for (size_t i = 0; i < json_array_size(s->page); i++)
		if (json_is_object(json_array_get(s->page, i)))
			json_array_append(s->found, json_array_get(s->page, i));
	json_array_clear(s->page);
}

/* Everything of the last page has been looked at. */
static void advance(struct search *s)
{
	turn_page(s);
	if (json_array_size(s->found) >= s->limit || s->host >= s->hosts->count || (s->is_host_done && !next_host(s)))
		finish(s);
	else
		read_page(s);
}

void last_old_start(struct operation_call *c, bool removes)
{
	struct str domain = operation_str(c, "domain");
	int64_t limit = operation_int(c, "limit", LIST_MOST);
	struct search *s;

	if (domain.len && !knows_domain(c, domain))
		return;
	s = mem_new(sizeof(*s));
	*s = (struct search){.call = c, .hosts = c->registry->hosts, .removes = removes, .is_of_all = !domain.len};
	host_set_ref(s->hosts);
	s->limit = (size_t)(limit < LIST_MOST ? limit : LIST_MOST);
	s->before_ms = operation_int(c, "timestamp", 0);
	s->after = str_dup(STR(""));
	s->found = json_array();
	s->page = json_array();
	s->errors = json_array();
	while (domain.len && !str_equal(s->hosts->hosts[s->host].name, domain))
		s->host++;
	while (!domain.len && s->host < s->hosts->count && !has_last(s))
		s->host++;
	advance(s);
}
