#include "route/host_tables.h"

#include <stdlib.h>

static void add_hook(struct host_tables *t, struct arena *a, const struct module *m, const struct module_hook *hook)
{
	for (unsigned kind = STANZA_MESSAGE; kind < HOST_KINDS; kind++) {
		struct host_hook_list *list = &t->hooks[hook->side][hook->stage][kind];

		if (!(hook->kinds & 1u << kind))
			continue;

		/* Made once, at start: copying is cheaper to read than counting first. */
		struct host_hook *items = arena_alloc_array(a, list->count + 1, sizeof(*items));

		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		items[list->count++] = (struct host_hook){m, hook->run};
		list->items = items;
	}
}

static void add_hooks(struct host_tables *t, const struct host *h, struct arena *a)
{
	for (size_t i = 0; i < h->module_count; i++)
		for (const struct module_hook *hook = h->modules[i].def->hooks; hook && hook->run; hook++)
			add_hook(t, a, &h->modules[i], hook);
}

static int compare_queries(const void *a, const void *b)
{
	const struct module_query *x = ((const struct host_query *)a)->query, *y = ((const struct host_query *)b)->query;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->ns, y->ns);
}

static void add_queries(struct host_tables *t, const struct host *h, struct arena *a)
{
	size_t count = 0;

	for (size_t i = 0; i < h->module_count; i++)
		for (const struct module_query *q = h->modules[i].def->queries; q && q->ns; q++)
			count++;
	t->queries = arena_alloc_array(a, count, sizeof(*t->queries));
	for (size_t i = 0; i < h->module_count; i++)
		for (const struct module_query *q = h->modules[i].def->queries; q && q->ns; q++)
			t->queries[t->query_count++] = (struct host_query){&h->modules[i], q};
	qsort(t->queries, count, sizeof(*t->queries), compare_queries);
}

static void add_login_queries(struct host_tables *t, const struct host *h, struct arena *a)
{
	size_t count = 0;

	for (size_t i = 0; i < h->module_count; i++)
		for (const struct module_login_query *q = h->modules[i].def->login_queries; q && q->ns; q++)
			count++;
	t->login_queries = arena_alloc_array(a, count, sizeof(*t->login_queries));
	for (size_t i = 0; i < h->module_count; i++)
		for (const struct module_login_query *q = h->modules[i].def->login_queries; q && q->ns; q++)
			t->login_queries[t->login_query_count++] = (struct host_login_query){&h->modules[i], q};
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *const *features_of(const struct module *m, bool of_account)
{
	static const char *const none[] = {NULL};
	const char *const *list = of_account ? m->def->account_features : m->def->host_features;

	return list ? list : none;
}

static struct host_feature_list make_features(const struct host *h, bool of_account, struct arena *a)
{
	struct host_feature_list list = {NULL, 0};
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < h->module_count; i++)
		for (const char *const *f = features_of(&h->modules[i], of_account); *f; f++)
			count++;
	list.items = arena_alloc_array(a, count, sizeof(*list.items));
	for (size_t i = 0; i < h->module_count; i++)
		for (const char *const *f = features_of(&h->modules[i], of_account); *f; f++)
			list.items[list.count++] = *f;
	qsort(list.items, count, sizeof(*list.items), compare_texts);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || strcmp(list.items[kept - 1], list.items[i]) != 0)
			list.items[kept++] = list.items[i];
	list.count = kept;
	return list;
}

static enum err find_rivals(const struct host_tables *t, const struct host *h, struct why *why)
{
	for (size_t i = 1; i < t->query_count; i++) {
		const struct host_query *a = &t->queries[i - 1], *b = &t->queries[i];

		if (compare_queries(a, b) == 0)
			return err_because(ERR_INVALID, why, "host %.*s: both %s and %s answer queries of <%s xmlns='%s'/>; one of them must go",
					   STR_ARGS(h->name), a->module->def->name, b->module->def->name, a->query->name, a->query->ns);
	}
	return ERR_NONE;
}

static enum err find_login_rivals(const struct host_tables *t, const struct host *h, struct why *why)
{
	for (size_t i = 0; i < t->login_query_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct host_login_query *a = &t->login_queries[j], *b = &t->login_queries[i];

			if (strcmp(a->query->name, b->query->name) == 0 && strcmp(a->query->ns, b->query->ns) == 0)
				return err_because(ERR_INVALID, why,
						   "host %.*s: both %s and %s answer <%s xmlns='%s'/> before login; one of them must go",
						   STR_ARGS(h->name), a->module->def->name, b->module->def->name, a->query->name,
						   a->query->ns);
		}
	return ERR_NONE;
}

enum err host_tables_make(const struct host *h, struct arena *a, const struct host_tables **out, struct why *why)
{
	struct host_tables *t = arena_alloc(a, sizeof(*t));
	enum err e;

	add_hooks(t, h, a);
	add_queries(t, h, a);
	add_login_queries(t, h, a);
	t->host_features = make_features(h, false, a);
	t->account_features = make_features(h, true, a);
	*out = t;
	e = find_rivals(t, h, why);
	return e ? e : find_login_rivals(t, h, why);
}
