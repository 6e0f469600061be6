/* The method "ldap": a directory is asked. The user is searched as the configuration says, over connections of one pool; its password is
 * tried over those of another, whose identity changes with each try. Accounts are not made or changed here. */
#ifndef MEERKAT_WITHOUT_LDAP
#include <pthread.h>
#include <stdlib.h>

#include "auth/directory.h"
#include "auth/ldap_filter.h"
#include "auth/method.h"
#include "auth/partner.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

enum { ATTRIBUTES_MAX = 32 };

/* A connection that nobody uses now. */
struct line {
	struct line *next;
	struct directory *directory;
};

enum purpose { PURPOSE_SEARCH, PURPOSE_BIND, PURPOSES };

/* What is shared by the threads of a partner. */
struct bureau {
	pthread_mutex_t lock;
	struct line *idle[PURPOSES];
	_Atomic int64_t retry_ms; /* before that time the directory is not asked again */
};

/* The partner */

static const struct pool_ldap *pool_of(const struct config_auth *auth, enum purpose purpose)
{
	return purpose == PURPOSE_SEARCH ? auth->ldap->pool : auth->ldap->bind_pool;
}

static bool lists_are_same(const struct option_list *x, const struct option_list *y)
{
	const struct str *left = x->items, *right = y->items;

	for (size_t i = 0; i < x->count && x->count == y->count; i++) {
		if (!str_equal(left[i], right[i]))
			return false;
	}
	return x->count == y->count;
}

static bool uids_are_same(const struct config_auth_ldap *x, const struct config_auth_ldap *y)
{
	const struct config_ldap_uid *left = x->uids.items, *right = y->uids.items;

	for (size_t i = 0; i < x->uids.count && x->uids.count == y->uids.count; i++) {
		if (!str_equal(left[i].attribute, right[i].attribute) || !str_equal(left[i].format, right[i].format))
			return false;
	}
	return x->uids.count == y->uids.count;
}

static bool pools_are_same(const struct pool_ldap *x, const struct pool_ldap *y)
{
	return lists_are_same(&x->servers, &y->servers) && x->port == y->port && str_equal(x->root_dn, y->root_dn) &&
	       str_equal(x->password, y->password) && x->connect_interval_ms == y->connect_interval_ms &&
	       pool_common_is_same(&x->common, &y->common) && pool_tls_is_same(x->tls, y->tls);
}

static bool is_same(const struct config_auth *a, const struct config_auth *b)
{
	const struct config_auth_ldap *x = a->ldap, *y = b->ldap;

	return pools_are_same(x->pool, y->pool) && pools_are_same(x->bind_pool, y->bind_pool) && str_equal(x->base, y->base) &&
	       str_equal(x->filter, y->filter) && uids_are_same(x, y) && str_equal(x->dn_filter, y->dn_filter) &&
	       lists_are_same(&x->dn_filter_attributes, &y->dn_filter_attributes) && x->local_filter == y->local_filter &&
	       str_equal(x->local_attribute, y->local_attribute) && lists_are_same(&x->local_values, &y->local_values) && x->deref == y->deref;
}

/* A thread may need one connection of each pool. */
static struct partner_size size(const struct config_auth *auth)
{
	const struct pool *search = &auth->ldap->pool->common, *bind = &auth->ldap->bind_pool->common;

	return (struct partner_size){
		.workers = search->workers < bind->workers ? search->workers : bind->workers,
		.waiting_max = search->queue_max,
		.call_timeout_ms = search->call_timeout_ms,
	};
}

static bool open_bureau(struct partner *p, struct why *why)
{
	struct bureau *b;

	/* What cannot be used at all is told at the start. */
	for (enum purpose purpose = 0; purpose < PURPOSES; purpose++) {
		struct directory *d = directory_open(pool_of(p->auth, purpose), &p->is_closing, why);

		if (!d)
			return false;
		directory_close(&d);
	}
	b = mem_new(sizeof(*b));
	check(pthread_mutex_init(&b->lock, NULL) == 0);
	p->state = b;
	return true;
}

static void close_bureau(struct partner *p)
{
	struct bureau *b = p->state;

	for (enum purpose purpose = 0; purpose < PURPOSES; purpose++) {
		while (b->idle[purpose]) {
			struct line *l = b->idle[purpose];

			b->idle[purpose] = l->next;
			directory_close(&l->directory);
			free(l);
		}
	}
	pthread_mutex_destroy(&b->lock);
	free(b);
	p->state = NULL;
}

static const struct partner_def bureau = {
	.name = "directory",
	.is_same = is_same,
	.size = size,
	.open = open_bureau,
	.close = close_bureau,
};

/* Connections: on threads of the partner */

static struct line *take_idle(struct bureau *b, enum purpose purpose)
{
	struct line *l;

	pthread_mutex_lock(&b->lock);
	l = b->idle[purpose];
	if (l)
		b->idle[purpose] = l->next;
	pthread_mutex_unlock(&b->lock);
	return l;
}

static void keep(struct bureau *b, enum purpose purpose, struct line *l)
{
	pthread_mutex_lock(&b->lock);
	l->next = b->idle[purpose];
	b->idle[purpose] = l;
	pthread_mutex_unlock(&b->lock);
}

static void hang_up(struct line *l)
{
	directory_close(&l->directory);
	free(l);
}

/* A new connection, on which searches are made by whom the pool says. NULL with why. */
static struct line *connect_line(struct partner *p, enum purpose purpose, struct why *why)
{
	const struct pool_ldap *pool = pool_of(p->auth, purpose);
	struct directory *d = directory_open(pool, &p->is_closing, why);
	struct line *l;

	if (d && purpose == PURPOSE_SEARCH && pool->root_dn.len > 0 && directory_bind(d, pool->root_dn, pool->password, why) != ERR_NONE)
		directory_close(&d);
	if (!d)
		return NULL;
	l = mem_new(sizeof(*l));
	l->directory = d;
	return l;
}

static struct str name_of(const struct partner *p)
{
	const struct option_list *servers = &p->auth->ldap->pool->servers;

	return servers->count > 0 ? ((const struct str *)servers->items)[0] : STR("localhost");
}

/* What is done with a connection. */
struct errand {
	enum err (*run)(struct directory *d, void *context, struct why *why);
	void *context;
};

static bool is_answer(enum err e)
{
	return e == ERR_NONE || e == ERR_ACCESS;
}

/* Over a connection from before, if there is one; that may have been closed by the directory since, and then over a new one. */
static enum err run(struct partner *p, enum purpose purpose, struct errand errand)
{
	struct bureau *b = p->state;
	struct line *l = take_idle(b, purpose);
	struct why why = {""};
	enum err e = ERR_SYSTEM;

	if (l)
		e = errand.run(l->directory, errand.context, &why);
	if (l && e == ERR_SYSTEM) {
		hang_up(l);
		l = NULL;
	}
	if (!l && clock_monotonic_ms() < atomic_load(&b->retry_ms))
		return ERR_SYSTEM;
	if (!l) {
		l = connect_line(p, purpose, &why);
		e = l ? errand.run(l->directory, errand.context, &why) : ERR_SYSTEM;
	}
	if (is_answer(e)) {
		keep(b, purpose, l);
		partner_note_up(p, name_of(p));
		return e;
	}
	if (l)
		hang_up(l);
	if (e == ERR_SYSTEM)
		atomic_store(&b->retry_ms, clock_monotonic_ms() + pool_of(p->auth, purpose)->connect_interval_ms);
	partner_note_down(p, name_of(p), why.text);
	return e;
}

/* Finding the entry of a user */

struct finding {
	const struct directory_search *search;
	struct arena *arena;
	struct directory_found found;
};

static enum err run_find(struct directory *d, void *context, struct why *why)
{
	struct finding *f = context;

	return directory_find(d, f->search, f->arena, &f->found, why);
}

static void add_attribute(const char **attributes, size_t *count, struct str name)
{
	if (*count < ATTRIBUTES_MAX)
		attributes[(*count)++] = name.data;
}

static enum err find_entry(struct question *q, struct arena *a, struct directory_found *out)
{
	const struct config_auth_ldap *l = q->partner->auth->ldap;
	const struct str *wanted = l->dn_filter_attributes.items;
	const char *attributes[ATTRIBUTES_MAX + 1] = {NULL};
	struct finding f = {.arena = a};
	struct buf filter;
	size_t count = 0;
	enum err e;

	buf_init(&filter);
	ldap_filter_user(l, jid_local(q->who), &filter);
	buf_append_char(&filter, 0);
	for (size_t i = 0; i < l->dn_filter_attributes.count; i++)
		add_attribute(attributes, &count, wanted[i]);
	if (l->local_attribute.data)
		add_attribute(attributes, &count, l->local_attribute);
	f.search = &(struct directory_search){l->base, filter.data, attributes, l->deref};
	e = run(q->partner, PURPOSE_SEARCH, (struct errand){run_find, &f});
	buf_fini(&filter);
	*out = f.found;
	if (e == ERR_NONE && out->entries > 1)
		log_event(LOG_INFO, "auth", "the directory has more than one entry for a user, who is not let in", LOG_STR("who", question_owner(q)));
	return e == ERR_NONE && out->entries != 1 ? ERR_NOT_FOUND : e;
}

static bool list_has(const struct option_list *list, struct str value)
{
	const struct str *items = list->items;

	for (size_t i = 0; i < list->count; i++) {
		if (str_equal(items[i], value))
			return true;
	}
	return false;
}

/* The local filter: whether any value of the attribute is one of those listed. */
static bool passes_local_filter(const struct config_auth_ldap *l, const struct directory_found *entry)
{
	bool has_one = false;

	if (!l->local_attribute.data)
		return true;
	for (size_t i = 0; i < entry->value_count; i++) {
		if (str_equal(entry->values[i].attribute, l->local_attribute))
			has_one |= list_has(&l->local_values, entry->values[i].value);
	}
	return has_one == (l->local_filter == CONFIG_LOCAL_EQUAL);
}

/* The first value of each of the attributes. */
static struct str *values_for_filter(const struct config_auth_ldap *l, const struct directory_found *entry, struct arena *a)
{
	const struct str *wanted = l->dn_filter_attributes.items;
	struct str *values = arena_alloc_array(a, l->dn_filter_attributes.count, sizeof(*values));

	for (size_t i = 0; i < l->dn_filter_attributes.count; i++) {
		for (size_t j = 0; j < entry->value_count && !values[i].data; j++) {
			if (str_equal(entry->values[j].attribute, wanted[i]))
				values[i] = entry->values[j].value;
		}
	}
	return values;
}

static enum err pass_dn_filter(struct question *q, const struct directory_found *entry, struct arena *a)
{
	const struct config_auth_ldap *l = q->partner->auth->ldap;
	const char *attributes[] = {NULL};
	struct finding f = {.arena = a};
	struct buf filter;
	enum err e;

	if (!l->dn_filter.data)
		return ERR_NONE;
	buf_init(&filter);
	ldap_filter_expand(l->dn_filter,
			   &(struct ldap_filter_variables){jid_local(q->who), jid_domain(q->who), entry->dn, values_for_filter(l, entry, a),
							   l->dn_filter_attributes.count},
			   &filter);
	buf_append_char(&filter, 0);
	f.search = &(struct directory_search){l->base, filter.data, attributes, l->deref};
	e = run(q->partner, PURPOSE_SEARCH, (struct errand){run_find, &f});
	buf_fini(&filter);
	return e == ERR_NONE && f.found.entries == 0 ? ERR_NOT_FOUND : e;
}

/* The name of the one entry that passes all filters, in the arena. */
static enum err find_dn(struct question *q, struct arena *a, struct str *out)
{
	struct directory_found entry;
	enum err e = find_entry(q, a, &entry);

	if (e == ERR_NONE && !passes_local_filter(q->partner->auth->ldap, &entry))
		e = ERR_NOT_FOUND;
	if (e == ERR_NONE)
		e = pass_dn_filter(q, &entry, a);
	*out = entry.dn;
	return e;
}

/* Questions */

struct attempt {
	struct str dn, password;
};

static enum err run_bind(struct directory *d, void *context, struct why *why)
{
	const struct attempt *t = context;

	return directory_bind(d, t->dn, t->password, why);
}

static void work_check(struct question *q)
{
	struct attempt t = {.password = q->password};
	struct arena a;

	arena_init(&a, 0);
	q->result = find_dn(q, &a, &t.dn);
	if (q->result == ERR_NONE)
		q->result = run(q->partner, PURPOSE_BIND, (struct errand){run_bind, &t});
	arena_fini(&a);
}

static void check_password(struct question *q)
{
	/* A directory takes an empty password for nobody's, and lets nobody in. */
	if (q->password.len > 0)
		partner_ask(q, &bureau, work_check);
	else
		question_answer_later(q, ERR_ACCESS);
}

static void work_exists(struct question *q)
{
	struct arena a;
	struct str dn;

	arena_init(&a, 0);
	q->result = find_dn(q, &a, &dn);
	arena_fini(&a);
}

static void exists(struct question *q)
{
	partner_ask(q, &bureau, work_exists);
}

static unsigned serves(const struct config_auth *auth)
{
	(void)auth;
	return METHOD_PASSWORDS;
}

const struct method method_ldap = {
	.serves = serves,
	.ask = {
		[QUESTION_CHECK_PASSWORD] = check_password,
		[QUESTION_EXISTS] = exists,
	},
	.partner = &bureau,
};
#endif
