/* Fields that meet are the same if their names and arguments are. Those of different members of a union never meet in an answer; they have to
 * be the same here all the same, which is more than §5.3.2 asks for. */
#include "admin/graphql/graphql_merge.h"

#include "admin/graphql/graphql_collect.h"
#include "admin/graphql/graphql_error.h"

struct merging {
	struct graphql_collector collector;
	json_t **errors;
};

static bool is_same_value(const struct graphql_value *a, const struct graphql_value *b);

static size_t count_values(const struct graphql_value *v)
{
	size_t count = 0;

	for (; v; v = v->next)
		count++;
	return count;
}

/* In any order. */
static bool are_same_named(const struct graphql_value *a, const struct graphql_value *b)
{
	if (count_values(a) != count_values(b))
		return false;
	for (; a; a = a->next) {
		const struct graphql_value *other = b;

		while (other && !str_equal(other->name, a->name))
			other = other->next;
		if (!other || !is_same_value(a, other))
			return false;
	}
	return true;
}

static bool are_same_items(const struct graphql_value *a, const struct graphql_value *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (!is_same_value(a, b))
			return false;
	return !a && !b;
}

/* The depth is that of the document. */
static bool is_same_value(const struct graphql_value *a, const struct graphql_value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == GRAPHQL_OBJECT)
		return are_same_named(a->items, b->items);
	return a->kind == GRAPHQL_LIST ? are_same_items(a->items, b->items) : str_equal(a->text, b->text);
}

static void check_group(struct merging *m, const struct graphql_group *group)
{
	const struct graphql_selection *first = group->fields[0];

	for (size_t i = 1; i < group->count; i++) {
		const struct graphql_selection *other = group->fields[i];

		if (!str_equal(first->name, other->name) || !are_same_named(first->arguments, other->arguments))
			graphql_error_add(m->errors, other->place, "conflicting_fields",
					  "%.*s is asked for twice, but not the same: give one of them another name", STR_ARGS(first->key));
	}
}

static void check_level(struct merging *m, struct graphql_group *groups, int level)
{
	if (level > GRAPHQL_LEVELS_MAX)
		m->collector.budget = 0;
	for (; groups && m->collector.budget > 0; groups = groups->next) {
		check_group(m, groups);
		if (groups->fields[0]->selections)
			check_level(m, graphql_collect(&m->collector, groups), level + 1);
	}
}

bool graphql_merge_check(const struct graphql_document *d, const struct graphql_operation *o, struct arena *a, json_t **errors)
{
	struct merging m = {.collector = {.document = d, .arena = a, .budget = GRAPHQL_BUDGET}, .errors = errors};

	check_level(&m, graphql_collect_root(&m.collector, o), 0);
	if (m.collector.budget == 0)
		graphql_error_add(errors, o->place, "too_complex", "the operation asks for too much at once");
	return *errors == NULL;
}
