#include "route/host.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/map.h"
#include "base/mem.h"
#include "route/builtin.h"
#include "route/host_tables.h"

/* A host_set and what it is made of. */
struct whole {
	struct host_set set;
	struct map by_name;
	struct arena arena;
};

static struct str host_key(const void *value)
{
	return ((const struct host *)value)->name;
}

static const struct config_host_module *find_in_config(const struct config_host *c, const char *name)
{
	for (size_t i = 0; i < c->module_count; i++)
		if (strcmp(c->modules[i].module->name, name) == 0)
			return &c->modules[i];
	return NULL;
}

static void add_modules(struct host *h, const struct module_def *const *defs, struct arena *a)
{
	h->modules = arena_alloc_array(a, h->config->module_count, sizeof(*h->modules));
	for (; *defs; defs++) {
		const struct config_host_module *in_config = find_in_config(h->config, (*defs)->name);

		if (in_config)
			h->modules[h->module_count++] = (struct module){*defs, h, in_config->options};
	}
}

static enum err take_role(const struct module **role, const struct module *m, const char *what, struct why *why)
{
	if (*role)
		return err_because(ERR_INVALID, why, "host %.*s: both %s and %s %s; one of them must go", STR_ARGS(m->host->name),
				   (*role)->def->name, m->def->name, what);
	*role = m;
	return ERR_NONE;
}

static enum err find_roles(struct host *h, struct why *why)
{
	enum err e = ERR_NONE;

	for (size_t i = 0; i < h->module_count && !e; i++) {
		const struct module *m = &h->modules[i];

		if (m->def->contacts)
			e = take_role(&h->contacts, m, "keep contacts", why);
		if (m->def->keeping && !e)
			e = take_role(&h->keeping, m, "keep messages", why);
		if (m->def->is_resumption && !e)
			e = take_role(&h->resumption, m, "manage streams", why);
	}
	return e;
}

static enum err make_host(struct whole *w, struct host *h, const struct config_host *c, const struct module_def *const *defs,
			  struct why *why)
{
	enum err e;

	h->name = c->name;
	h->config = c;
	h->set = &w->set;
	add_modules(h, defs, &w->arena);
	map_add(&w->by_name, h);
	e = find_roles(h, why);
	return e ? e : host_tables_make(h, &w->arena, &h->tables, why);
}

static void free_whole(struct whole *w)
{
	config_unref(&w->set.config);
	map_fini(&w->by_name);
	arena_fini(&w->arena);
	free(w);
}

const struct host_set *host_set_new(const struct config *c, const struct module_def *const *defs, struct why *why)
{
	struct whole *w = mem_new(sizeof(*w));

	arena_init(&w->arena, 4096);
	map_init(&w->by_name, host_key);
	config_ref(c);
	atomic_init(&w->set.refs, 1);
	w->set.config = c;
	w->set.self = &w->set;
	w->set.count = c->host_count;
	w->set.hosts = arena_alloc_array(&w->arena, c->host_count, sizeof(*w->set.hosts));
	for (size_t i = 0; i < c->host_count; i++)
		if (make_host(w, &w->set.hosts[i], &c->hosts[i], defs, why) != ERR_NONE) {
			free_whole(w);
			return NULL;
		}
	return &w->set;
}

void host_set_ref(const struct host_set *s)
{
	atomic_fetch_add_explicit(&s->self->refs, 1, memory_order_relaxed);
}

void host_set_unref(const struct host_set **s)
{
	struct host_set *set = (*s)->self;

	*s = NULL;
	if (atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) == 1)
		free_whole(container_of(set, struct whole, set));
}

const struct host *host_find(const struct host_set *s, struct str name)
{
	/* Most have one host, and most stanzas stay at it. */
	if (s->count == 1)
		return str_equal(s->hosts[0].name, name) ? &s->hosts[0] : NULL;
	return map_find(&container_of(s->self, struct whole, set)->by_name, name);
}

const struct module *host_find_module(const struct host *h, const struct module_def *def)
{
	for (size_t i = 0; i < h->module_count; i++)
		if (h->modules[i].def == def)
			return &h->modules[i];
	return NULL;
}

size_t host_hooks(const struct host *h, enum side side, enum stage stage, enum stanza_kind kind, const struct host_hook **out)
{
	check((unsigned)kind < HOST_KINDS);

	const struct host_hook_list *list = &h->tables->hooks[side][stage][kind];

	*out = list->items;
	return list->count;
}

static int compare_with_query(struct str ns, struct str name, const struct module_query *q)
{
	int order = str_compare(name, str_from(q->name));

	return order ? order : str_compare(ns, str_from(q->ns));
}

const struct host_query *host_find_query(const struct host *h, struct str ns, struct str name)
{
	size_t low = 0, high = h->tables->query_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_with_query(ns, name, h->tables->queries[middle].query);

		if (order == 0)
			return &h->tables->queries[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct module_login_query *host_find_login_query(const struct host *h, struct str ns, struct str name, const struct module **module_out)
{
	for (size_t i = 0; i < h->tables->login_query_count; i++) {
		const struct host_login_query *q = &h->tables->login_queries[i];

		if (str_is(name, q->query->name) && str_is(ns, q->query->ns)) {
			*module_out = q->module;
			return q->query;
		}
	}
	return NULL;
}

size_t host_features(const struct host *h, bool of_account, const char *const **out)
{
	const struct host_feature_list *list = of_account ? &h->tables->account_features : &h->tables->host_features;

	*out = list->items;
	return list->count;
}

static const char *const side_names[SIDE_COUNT] = {"sender's side", "receiver's side"};
static const char *const stage_names[STAGE_COUNT] = {"ACCEPT", "RECORD", "COPY", "DELIVER", "AVAILABLE", "FALLBACK"};

static void describe_stage(const struct host *h, enum side side, enum stage stage, enum stanza_kind kind, struct buf *out)
{
	const struct host_hook *hooks;
	size_t count = host_hooks(h, side, stage, kind, &hooks);
	const char *built_in = builtin_text(side, stage, kind);

	if (count == 0 && !*built_in)
		return;
	buf_printf(out, "      %-10s", stage_names[stage]);
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s%s", i ? ", " : "", hooks[i].module->def->name);
	if (*built_in)
		buf_printf(out, "%s(%s)", count ? ", then " : "", built_in);
	buf_append_char(out, '\n');
}

static void describe_hooks(const struct host *h, struct buf *out)
{
	for (unsigned kind = STANZA_MESSAGE; kind < HOST_KINDS; kind++) {
		buf_printf(out, "  %s\n", stanza_kind_name(kind));
		for (enum side side = 0; side < SIDE_COUNT; side++) {
			buf_printf(out, "    %s\n", side_names[side]);
			for (enum stage stage = 0; stage < STAGE_COUNT; stage++)
				describe_stage(h, side, stage, kind, out);
		}
	}
}

static void describe_query(const struct host_query *q, struct buf *out)
{
	static const char *const targets[] = {"host", "own account", "contact", "anyone's account"};
	const char *separator = "";

	buf_printf(out, "    %-8s %-12s %-44s %-7s ", q->query->name, q->module->def->name, q->query->ns,
		   q->query->types == (QUERY_GET | QUERY_SET) ? "get set" :
		   q->query->types == QUERY_GET		      ? "get" :
								"set");
	for (unsigned i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (q->query->targets & 1u << i) {
			buf_printf(out, "%s%s", separator, targets[i]);
			separator = ", ";
		}
	buf_append_char(out, '\n');
}

static void describe_host(const struct host *h, struct buf *out)
{
	buf_printf(out, "host %.*s\n", STR_ARGS(h->name));
	buf_append_text(out, "  modules, in the order of asking\n");
	for (size_t i = 0; i < h->module_count; i++)
		buf_printf(out, "    %-20s %s\n", h->modules[i].def->name, h->modules[i].def->summary);
	describe_hooks(h, out);
	buf_append_text(out, "  queries\n");
	for (size_t i = 0; i < h->tables->query_count; i++)
		describe_query(&h->tables->queries[i], out);
	if (h->tables->login_query_count)
		buf_append_text(out, "  queries before login\n");
	for (size_t i = 0; i < h->tables->login_query_count; i++)
		buf_printf(out, "    %-8s %-12s %s\n", h->tables->login_queries[i].query->name,
			   h->tables->login_queries[i].module->def->name, h->tables->login_queries[i].query->ns);
}

void host_set_describe(const struct host_set *s, struct buf *out)
{
	for (size_t i = 0; i < s->count; i++) {
		if (i)
			buf_append_char(out, '\n');
		describe_host(&s->hosts[i], out);
	}
}
