/* The walk: each selection with its type, each value with the type that is expected there. */
#include "admin/graphql/graphql_validate.h"

#include "admin/graphql/graphql_collect.h"
#include "admin/graphql/graphql_error.h"
#include "admin/graphql/graphql_merge.h"
#include "admin/graphql/graphql_usage.h"
#include "admin/graphql/graphql_value.h"

struct validation {
	const struct graphql_schema *schema;
	const struct graphql_document *document;
	struct graphql_usages usages;
	struct graphql_usage *usage; /* of the present definition; NULL: values are constant */
	json_t **errors;
};

#define COMPLAIN(v, place, code, ...) graphql_error_add((v)->errors, place, code, __VA_ARGS__)

/* ---- values ---- */

static void check_value(struct validation *v, const struct graphql_value *value, const struct graphql_type *t);

static void complain_of_value(struct validation *v, const struct graphql_value *value, const struct graphql_type *t)
{
	struct buf name;

	buf_init(&name);
	graphql_schema_write_type(t, &name);
	COMPLAIN(v, value->place, "bad_value", "expected a value of type %.*s", STR_ARGS(buf_str(&name)));
	buf_fini(&name);
}

static bool is_repeated(const struct graphql_value *first, const struct graphql_value *v)
{
	for (; first != v; first = first->next)
		if (str_equal(first->name, v->name))
			return true;
	return false;
}

static bool is_given(const struct graphql_value *values, struct str name)
{
	for (; values; values = values->next)
		if (str_equal(values->name, name))
			return true;
	return false;
}

/* Arguments, or the fields of an input object. */
static void check_named(struct validation *v, const struct graphql_value *values, const struct graphql_input *inputs, size_t count)
{
	for (const struct graphql_value *one = values; one; one = one->next) {
		const struct graphql_input *input = graphql_schema_input(inputs, count, one->name);

		if (!input)
			COMPLAIN(v, one->place, "unknown_argument", "nothing is called %.*s here", STR_ARGS(one->name));
		else
			check_value(v, one, input->type);
		if (is_repeated(values, one))
			COMPLAIN(v, one->place, "repeated_argument", "%.*s is given twice", STR_ARGS(one->name));
	}
}

static void check_required(struct validation *v, struct graphql_place place, const struct graphql_value *values,
			   const struct graphql_input *inputs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (inputs[i].type->kind == GRAPHQL_TYPE_REQUIRED && !is_given(values, inputs[i].name))
			COMPLAIN(v, place, "missing_argument", "%.*s is missing", STR_ARGS(inputs[i].name));
}

static void check_object(struct validation *v, const struct graphql_value *value, const struct graphql_type *t)
{
	if (value->kind != GRAPHQL_OBJECT) {
		complain_of_value(v, value, t);
		return;
	}
	check_named(v, value->items, t->inputs, t->input_count);
	check_required(v, value->place, value->items, t->inputs, t->input_count);
}

/* The depth is that of the document. */
static void check_value(struct validation *v, const struct graphql_value *value, const struct graphql_type *t)
{
	if (value->kind == GRAPHQL_VARIABLE) {
		graphql_usage_add_variable(&v->usages, v->usage, value, t);
	} else if (t->kind == GRAPHQL_TYPE_REQUIRED) {
		if (value->kind == GRAPHQL_NULL)
			complain_of_value(v, value, t);
		else
			check_value(v, value, t->of);
	} else if (value->kind == GRAPHQL_NULL) {
		return;
	} else if (t->kind == GRAPHQL_TYPE_LIST && value->kind == GRAPHQL_LIST) {
		for (const struct graphql_value *item = value->items; item; item = item->next)
			check_value(v, item, t->of);
	} else if (t->kind == GRAPHQL_TYPE_LIST) {
		check_value(v, value, t->of);
	} else if (t->kind == GRAPHQL_TYPE_INPUT) {
		check_object(v, value, t);
	} else if (!graphql_value_fits(value, t)) {
		complain_of_value(v, value, t);
	}
}

/* ---- directives ---- */

static void check_directives(struct validation *v, const struct graphql_directive *first, unsigned location)
{
	for (const struct graphql_directive *d = first; d; d = d->next) {
		const struct graphql_directive_type *type = graphql_schema_directive(v->schema, d->name);

		if (!type) {
			COMPLAIN(v, d->place, "unknown_directive", "there is no directive @%.*s", STR_ARGS(d->name));
			continue;
		}
		if (!(type->locations & location))
			COMPLAIN(v, d->place, "misplaced_directive", "@%.*s cannot stand here", STR_ARGS(d->name));
		check_named(v, d->arguments, type->inputs, type->input_count);
		check_required(v, d->place, d->arguments, type->inputs, type->input_count);
		for (const struct graphql_directive *other = first; other != d; other = other->next)
			if (str_equal(other->name, d->name))
				COMPLAIN(v, d->place, "repeated_directive", "@%.*s stands here twice", STR_ARGS(d->name));
	}
}

/* ---- selections ---- */

static void check_selections(struct validation *v, const struct graphql_selection *s, const struct graphql_type *parent);

static void check_field(struct validation *v, const struct graphql_selection *s, const struct graphql_type *parent)
{
	const struct graphql_field *f = graphql_schema_field(v->schema, parent, s->name);

	if (!f) {
		COMPLAIN(v, s->place, "unknown_field", "%.*s has no field %.*s", STR_ARGS(parent->name), STR_ARGS(s->name));
		return;
	}
	check_named(v, s->arguments, f->inputs, f->input_count);
	check_required(v, s->place, s->arguments, f->inputs, f->input_count);
	check_directives(v, s->directives, GRAPHQL_ON_FIELD);
	bool is_leaf = graphql_schema_is_leaf(f->type);

	if (is_leaf && s->selections)
		COMPLAIN(v, s->place, "bad_selection", "%.*s has no fields of its own", STR_ARGS(s->name));
	else if (!is_leaf && !s->selections)
		COMPLAIN(v, s->place, "bad_selection", "which fields of %.*s? Write them behind it, in braces", STR_ARGS(s->name));
	else if (!is_leaf)
		check_selections(v, s->selections, graphql_schema_named(f->type));
}

static bool has_selections(const struct graphql_type *t)
{
	return t && (t->kind == GRAPHQL_TYPE_OBJECT || t->kind == GRAPHQL_TYPE_UNION);
}

/* The type of a fragment's condition; NULL: there is none, and it has been told. */
static const struct graphql_type *check_condition(struct validation *v, struct graphql_place place, struct str name)
{
	const struct graphql_type *t = graphql_schema_type(v->schema, name);

	if (has_selections(t))
		return t;
	COMPLAIN(v, place, "bad_fragment", t ? "%.*s has no fields" : "there is no type %.*s", STR_ARGS(name));
	return NULL;
}

static void check_possible(struct validation *v, struct graphql_place place, const struct graphql_type *t, const struct graphql_type *parent)
{
	if (!graphql_schema_can_be_both(t, parent))
		COMPLAIN(v, place, "bad_fragment", "a fragment on %.*s cannot stand in %.*s", STR_ARGS(t->name), STR_ARGS(parent->name));
}

static void check_spread(struct validation *v, const struct graphql_selection *s, const struct graphql_type *parent)
{
	const struct graphql_fragment *f = graphql_document_fragment(v->document, s->name);
	const struct graphql_type *t = f ? graphql_schema_type(v->schema, f->condition) : NULL;

	check_directives(v, s->directives, GRAPHQL_ON_SPREAD);
	if (!f) {
		COMPLAIN(v, s->place, "unknown_fragment", "there is no fragment %.*s", STR_ARGS(s->name));
		return;
	}
	graphql_usage_add_spread(&v->usages, v->usage, f);
	if (has_selections(t))
		check_possible(v, s->place, t, parent);
}

static void check_inline(struct validation *v, const struct graphql_selection *s, const struct graphql_type *parent)
{
	const struct graphql_type *t = s->condition.len ? check_condition(v, s->place, s->condition) : parent;

	check_directives(v, s->directives, GRAPHQL_ON_INLINE);
	if (!t)
		return;
	check_possible(v, s->place, t, parent);
	check_selections(v, s->selections, t);
}

/* The depth is that of the document. */
static void check_selections(struct validation *v, const struct graphql_selection *s, const struct graphql_type *parent)
{
	for (; s; s = s->next)
		switch (s->kind) {
		case GRAPHQL_FIELD:
			check_field(v, s, parent);
			break;
		case GRAPHQL_SPREAD:
			check_spread(v, s, parent);
			break;
		case GRAPHQL_INLINE:
			check_inline(v, s, parent);
			break;
		}
}

/* ---- definitions ---- */

static void check_variables(struct validation *v, const struct graphql_operation *o)
{
	for (const struct graphql_variable *one = o->variables; one; one = one->next) {
		const struct graphql_type *t = graphql_schema_resolve(v->schema, one->type, v->usages.arena);

		for (const struct graphql_variable *other = o->variables; other != one; other = other->next)
			if (str_equal(other->name, one->name))
				COMPLAIN(v, one->place, "repeated_variable", "$%.*s is there twice", STR_ARGS(one->name));
		if (!t || !graphql_schema_is_input(t))
			COMPLAIN(v, one->place, "bad_variable", "the type of $%.*s %s", STR_ARGS(one->name),
				 t ? "is not one of arguments" : "is unknown");
		else if (one->preset)
			check_value(v, one->preset, t);
		check_directives(v, one->directives, GRAPHQL_ON_VARIABLE);
	}
}

static const struct graphql_type *root_of(const struct validation *v, const struct graphql_operation *o)
{
	switch (o->kind) {
	case GRAPHQL_QUERY:
		return v->schema->query;
	case GRAPHQL_MUTATION:
		return v->schema->mutation;
	case GRAPHQL_SUBSCRIPTION:
		return v->schema->subscription;
	}
	return NULL;
}

/* §5.2.3.1: a subscription has one field, and not one of introspection. Circles are found before this. */
static void check_single_field(struct validation *v, const struct graphql_operation *o)
{
	struct graphql_collector collector = {v->document, v->usages.arena, NULL, GRAPHQL_BUDGET};
	const struct graphql_group *root = graphql_collect_root(&collector, o);

	if (root && (root->next || str_starts_with(root->fields[0]->name, STR("__"))))
		COMPLAIN(v, o->place, "not_one_subscription", "a subscription asks for one field");
}

static void check_operation_names(struct validation *v)
{
	const struct graphql_operation *first = v->document->operations;

	for (const struct graphql_operation *o = first; o; o = o->next) {
		if (!o->name.len && (o != first || o->next))
			COMPLAIN(v, o->place, "lone_operation", "an operation without a name must be the only one");
		for (const struct graphql_operation *other = first; o->name.len && other != o; other = other->next)
			if (str_equal(other->name, o->name))
				COMPLAIN(v, o->place, "repeated_operation", "two operations are called %.*s", STR_ARGS(o->name));
	}
}

static void check_operation(struct validation *v, const struct graphql_operation *o, bool *is_used)
{
	static const unsigned locations[] = {GRAPHQL_ON_QUERY, GRAPHQL_ON_MUTATION, GRAPHQL_ON_SUBSCRIPTION};
	const struct graphql_type *root = root_of(v, o);
	struct graphql_usage usage = {NULL, NULL};

	v->usage = &usage;
	check_variables(v, o);
	check_directives(v, o->directives, locations[o->kind]);
	if (root)
		check_selections(v, o->selections, root);
	else
		COMPLAIN(v, o->place, "unknown_operation", "the schema has no such kind of operation");
	/* Circles are found before this. */
	graphql_usage_check(&v->usages, o, &usage, is_used, v->errors);
	if (o->kind == GRAPHQL_SUBSCRIPTION && !*v->errors)
		check_single_field(v, o);
	if (!*v->errors)
		graphql_merge_check(v->document, o, v->usages.arena, v->errors);
}

static void check_fragments(struct validation *v)
{
	for (const struct graphql_fragment *f = v->document->fragments; f; f = f->next) {
		const struct graphql_type *t = check_condition(v, f->place, f->condition);

		v->usage = &v->usages.of_fragments[f->number];
		check_directives(v, f->directives, GRAPHQL_ON_FRAGMENT);
		if (graphql_document_fragment(v->document, f->name) != f)
			COMPLAIN(v, f->place, "repeated_fragment", "two fragments are called %.*s", STR_ARGS(f->name));
		if (t)
			check_selections(v, f->selections, t);
	}
}

bool graphql_validate(const struct graphql_schema *s, const struct graphql_document *d, struct arena *a, json_t **errors)
{
	struct validation v = {.schema = s, .document = d, .usages = {.schema = s, .document = d, .arena = a}, .errors = errors};
	bool *is_used = arena_alloc_array(a, d->fragment_count + 1, sizeof(bool));

	*errors = NULL;
	v.usages.of_fragments = arena_alloc_array(a, d->fragment_count + 1, sizeof(*v.usages.of_fragments));
	check_operation_names(&v);
	check_fragments(&v);
	if (graphql_usage_is_circular(&v.usages, errors))
		return false;
	for (const struct graphql_operation *o = d->operations; o; o = o->next)
		check_operation(&v, o, is_used);
	for (const struct graphql_fragment *f = d->fragments; f; f = f->next)
		if (!is_used[f->number])
			COMPLAIN(&v, f->place, "unused_fragment", "the fragment %.*s is not used", STR_ARGS(f->name));
	if (!d->operations)
		COMPLAIN(&v, (struct graphql_place){1, 1}, "unknown_operation", "there is no operation in the document");
	return *errors == NULL;
}
