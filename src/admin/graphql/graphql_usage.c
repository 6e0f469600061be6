#include "admin/graphql/graphql_usage.h"

#include "admin/graphql/graphql_error.h"
#include "admin/graphql/graphql_parse.h"

void graphql_usage_add_variable(struct graphql_usages *u, struct graphql_usage *to, const struct graphql_value *v,
				const struct graphql_type *type)
{
	struct graphql_usage_variable *use = arena_alloc(u->arena, sizeof(*use));

	*use = (struct graphql_usage_variable){v, type, to->variables};
	to->variables = use;
}

void graphql_usage_add_spread(struct graphql_usages *u, struct graphql_usage *to, const struct graphql_fragment *f)
{
	struct graphql_usage_spread *spread = arena_alloc(u->arena, sizeof(*spread));

	*spread = (struct graphql_usage_spread){f, to->spreads};
	to->spreads = spread;
}

/* ---- circles ---- */

/* How deep the fragments from this one on are nested, each found out once; more than the limit for a circle. */
static int depth_of(const struct graphql_usages *u, const struct graphql_fragment *f, int *known, int level)
{
	int deepest = 0;

	if (known[f->number])
		return known[f->number];
	if (level > GRAPHQL_DEPTH_MAX)
		return level;
	known[f->number] = GRAPHQL_DEPTH_MAX + 1; /* for whoever comes back here meanwhile */
	for (const struct graphql_usage_spread *s = u->of_fragments[f->number].spreads; s; s = s->next) {
		int below = depth_of(u, s->fragment, known, level + 1);

		deepest = below > deepest ? below : deepest;
	}
	known[f->number] = deepest + 1;
	return known[f->number];
}

bool graphql_usage_is_circular(const struct graphql_usages *u, json_t **errors)
{
	int *known = arena_alloc_array(u->arena, u->document->fragment_count + 1, sizeof(int));

	for (const struct graphql_fragment *f = u->document->fragments; f; f = f->next) {
		if (depth_of(u, f, known, 0) <= GRAPHQL_DEPTH_MAX)
			continue;
		graphql_error_add(errors, f->place, "fragment_cycle", "the fragment %.*s spreads itself, or fragments more than %d deep",
				  STR_ARGS(f->name), GRAPHQL_DEPTH_MAX);
		return true;
	}
	return false;
}

/* ---- variables ---- */

struct checking {
	struct graphql_usages *usages;
	const struct graphql_operation *operation;
	bool *is_seen, *is_used; /* fragments */
	bool *is_wanted; /* variables, in the order of their definition */
	json_t **errors;
};

static const struct graphql_variable *find_variable(const struct graphql_operation *o, struct str name, size_t *index)
{
	const struct graphql_variable *v = o->variables;

	for (*index = 0; v && !str_equal(v->name, name); v = v->next)
		++*index;
	return v;
}

/* AreTypesCompatible of §5.8.5 */
static bool is_compatible(const struct graphql_type *given, const struct graphql_type *wanted)
{
	for (;;) {
		if (wanted->kind == GRAPHQL_TYPE_REQUIRED) {
			if (given->kind != GRAPHQL_TYPE_REQUIRED)
				return false;
			wanted = wanted->of;
			given = given->of;
		} else if (given->kind == GRAPHQL_TYPE_REQUIRED) {
			given = given->of;
		} else if (wanted->kind == GRAPHQL_TYPE_LIST && given->kind == GRAPHQL_TYPE_LIST) {
			wanted = wanted->of;
			given = given->of;
		} else {
			return graphql_schema_equal(given, wanted);
		}
	}
}

static bool is_allowed(const struct checking *c, const struct graphql_variable *v, const struct graphql_type *wanted)
{
	const struct graphql_type *given = graphql_schema_resolve(c->usages->schema, v->type, c->usages->arena);
	bool has_preset = v->preset && v->preset->kind != GRAPHQL_NULL;

	if (!given) /* has been told */
		return true;
	if (wanted->kind == GRAPHQL_TYPE_REQUIRED && given->kind != GRAPHQL_TYPE_REQUIRED && has_preset)
		wanted = wanted->of;
	return is_compatible(given, wanted);
}

static void check_uses(struct checking *c, const struct graphql_usage *u)
{
	for (const struct graphql_usage_variable *use = u->variables; use; use = use->next) {
		size_t index;
		const struct graphql_variable *v = find_variable(c->operation, use->variable->text, &index);

		if (!v) {
			graphql_error_add(c->errors, use->variable->place, "unknown_variable", "there is no variable $%.*s",
					  STR_ARGS(use->variable->text));
			continue;
		}
		c->is_wanted[index] = true;
		if (!is_allowed(c, v, use->type))
			graphql_error_add(c->errors, use->variable->place, "bad_variable", "the type of $%.*s is not the one that is needed here",
					  STR_ARGS(use->variable->text));
	}
}

/* The depth is that of the fragments. */
static void check_all(struct checking *c, const struct graphql_usage *u)
{
	check_uses(c, u);
	for (const struct graphql_usage_spread *s = u->spreads; s; s = s->next) {
		if (c->is_seen[s->fragment->number])
			continue;
		c->is_seen[s->fragment->number] = c->is_used[s->fragment->number] = true;
		check_all(c, &c->usages->of_fragments[s->fragment->number]);
	}
}

void graphql_usage_check(struct graphql_usages *u, const struct graphql_operation *o, const struct graphql_usage *own, bool *is_used,
			 json_t **errors)
{
	struct checking c = {.usages = u, .operation = o, .is_used = is_used, .errors = errors};
	size_t count = 0;

	for (const struct graphql_variable *v = o->variables; v; v = v->next)
		count++;
	c.is_wanted = arena_alloc_array(u->arena, count + 1, sizeof(bool));
	c.is_seen = arena_alloc_array(u->arena, u->document->fragment_count + 1, sizeof(bool));
	check_all(&c, own);
	count = 0;
	for (const struct graphql_variable *v = o->variables; v; v = v->next)
		if (!c.is_wanted[count++])
			graphql_error_add(errors, v->place, "unused_variable", "the variable $%.*s is not used", STR_ARGS(v->name));
}
