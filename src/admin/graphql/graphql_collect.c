#include "admin/graphql/graphql_collect.h"

#include <string.h>

struct collecting {
	struct graphql_collector *collector;
	struct graphql_group *first, **last;
	bool *is_spread; /* by number of the fragment */
	struct str object, of_union; /* whose fields are wanted; empty: those of all */
	int depth;
};

static bool pay(struct graphql_collector *c)
{
	if (c->budget > 0)
		c->budget--;
	return c->budget > 0;
}

/* The argument `if` of @skip or @include. */
static bool is_true(const struct graphql_collector *c, const struct graphql_directive *d)
{
	const struct graphql_value *v = d->arguments;
	char name[128];

	if (!v || v->kind != GRAPHQL_VARIABLE)
		return v && str_is(v->text, "true");
	if (v->text.len >= sizeof name)
		return false;
	memcpy(name, v->text.data, v->text.len);
	name[v->text.len] = 0;
	return json_is_true(json_object_get(c->variables, name));
}

static bool is_left_out(const struct graphql_collector *c, const struct graphql_directive *d)
{
	for (; c->variables && d; d = d->next) {
		if (str_is(d->name, "skip") && is_true(c, d))
			return true;
		if (str_is(d->name, "include") && !is_true(c, d))
			return true;
	}
	return false;
}

static void append(struct collecting *g, struct graphql_group *group, const struct graphql_selection *field)
{
	if (group->count == group->cap) {
		size_t cap = group->cap ? group->cap * 2 : 2;
		const struct graphql_selection **fields = arena_alloc_array(g->collector->arena, cap, sizeof *fields);

		if (group->count > 0)
			memcpy(fields, group->fields, group->count * sizeof *fields);
		group->fields = fields;
		group->cap = cap;
	}
	group->fields[group->count++] = field;
}

static void add(struct collecting *g, const struct graphql_selection *field)
{
	struct graphql_group *group = g->first;

	while (group && !str_equal(group->fields[0]->key, field->key) && pay(g->collector))
		group = group->next;
	if (g->collector->budget == 0)
		return;
	if (!group) {
		group = arena_alloc(g->collector->arena, sizeof(*group));
		*g->last = group;
		g->last = &group->next;
	}
	append(g, group, field);
}

static void collect_all(struct collecting *g, const struct graphql_selection *s);

/* Is it about other members of the union? */
static bool is_of_others(const struct collecting *g, struct str condition)
{
	return g->object.len && condition.len && !str_equal(condition, g->object) && !str_equal(condition, g->of_union);
}

static void collect_fragment(struct collecting *g, const struct graphql_selection *s)
{
	const struct graphql_fragment *f = graphql_document_fragment(g->collector->document, s->name);

	if (!f || g->is_spread[f->number] || is_of_others(g, f->condition))
		return;
	g->is_spread[f->number] = true;
	collect_all(g, f->selections);
}

static void collect_all(struct collecting *g, const struct graphql_selection *s)
{
	if (++g->depth > GRAPHQL_LEVELS_MAX)
		g->collector->budget = 0;
	for (; s && pay(g->collector); s = s->next) {
		if (is_left_out(g->collector, s->directives))
			continue;
		switch (s->kind) {
		case GRAPHQL_FIELD:
			add(g, s);
			break;
		case GRAPHQL_SPREAD:
			collect_fragment(g, s);
			break;
		case GRAPHQL_INLINE:
			if (!is_of_others(g, s->condition))
				collect_all(g, s->selections);
			break;
		}
	}
	g->depth--;
}

static struct collecting begin(struct graphql_collector *c)
{
	return (struct collecting){
		.collector = c, .is_spread = arena_alloc_array(c->arena, c->document->fragment_count + 1, sizeof(bool)),
	};
}

struct graphql_group *graphql_collect(struct graphql_collector *c, struct graphql_group *of)
{
	struct collecting g;

	if (of->is_collected)
		return of->selected;
	g = begin(c);

	g.last = &g.first;
	for (size_t i = 0; i < of->count; i++)
		collect_all(&g, of->fields[i]->selections);
	of->is_collected = true;
	of->selected = g.first;
	return g.first;
}

struct graphql_group *graphql_collect_member(struct graphql_collector *c, const struct graphql_group *of, struct str object,
					     struct str of_union)
{
	struct collecting g = begin(c);

	g.object = object;
	g.of_union = of_union;
	g.last = &g.first;
	for (size_t i = 0; i < of->count; i++)
		collect_all(&g, of->fields[i]->selections);
	return g.first;
}

struct graphql_group *graphql_collect_root(struct graphql_collector *c, const struct graphql_operation *o)
{
	struct collecting g = begin(c);

	g.last = &g.first;
	collect_all(&g, o->selections);
	return g.first;
}
