#include "admin/graphql/graphql_introspect.h"

#include <string.h>

typedef json_t *writer(struct graphql_introspection *i, const void *of, struct str name, struct graphql_group *asked);

/* ---- what all have in common ---- */

static json_t *text(struct str s)
{
	return s.len ? json_stringn(s.data, s.len) : json_null();
}

static json_t *help(const char *s)
{
	return s ? json_string(s) : json_null();
}

/* The fields that are asked for, each written by `write`; __typename is `type`. The depth is that of the document. */
static json_t *write_object(struct graphql_introspection *i, const char *type, const void *of, writer *write, struct graphql_group *asked)
{
	json_t *object = json_object();

	for (struct graphql_group *g = graphql_collect(i->collector, asked); g && i->values > 0; g = g->next) {
		const struct graphql_selection *s = g->fields[0];
		json_t *value = str_is(s->name, "__typename") ? json_string(type) : write(i, of, s->name, g);

		i->values--;
		json_object_setn_new(object, s->key.data, s->key.len, value);
	}
	return object;
}

struct items {
	const void *first;
	size_t count, size;
};

#define ITEMS(array, count) ((struct items){array, count, sizeof(*(array))})

static json_t *write_list(struct graphql_introspection *i, struct items items,
			  json_t *(*write)(struct graphql_introspection *i, const void *of, struct graphql_group *asked),
			  struct graphql_group *asked)
{
	json_t *list = json_array();

	for (size_t n = 0; n < items.count && i->values > 0; n++)
		json_array_append_new(list, write(i, (const char *)items.first + n * items.size, asked));
	return list;
}

static json_t *write_type(struct graphql_introspection *i, const struct graphql_type *t, struct graphql_group *asked);

/* Nothing of ours is deprecated, and no argument has a default. */
static json_t *write_deprecation(struct str name)
{
	return str_is(name, "isDeprecated") ? json_false() : json_null();
}

/* ---- __InputValue, __EnumValue ---- */

static json_t *input_field(struct graphql_introspection *i, const void *of, struct str name, struct graphql_group *asked)
{
	const struct graphql_input *input = of;

	if (str_is(name, "name"))
		return text(input->name);
	if (str_is(name, "description"))
		return help(input->help);
	return str_is(name, "type") ? write_type(i, input->type, asked) : write_deprecation(name);
}

static json_t *write_input(struct graphql_introspection *i, const void *of, struct graphql_group *asked)
{
	return write_object(i, "__InputValue", of, input_field, asked);
}

static json_t *value_field(struct graphql_introspection *i, const void *of, struct str name, struct graphql_group *asked)
{
	(void)i;
	(void)asked;
	return str_is(name, "name") ? text(*(const struct str *)of) : write_deprecation(name);
}

static json_t *write_enum_value(struct graphql_introspection *i, const void *of, struct graphql_group *asked)
{
	return write_object(i, "__EnumValue", of, value_field, asked);
}

/* ---- __Field ---- */

static json_t *field_field(struct graphql_introspection *i, const void *of, struct str name, struct graphql_group *asked)
{
	const struct graphql_field *f = of;

	if (str_is(name, "name"))
		return text(f->name);
	if (str_is(name, "description"))
		return help(f->help);
	if (str_is(name, "args"))
		return write_list(i, ITEMS(f->inputs, f->input_count), write_input, asked);
	return str_is(name, "type") ? write_type(i, f->type, asked) : write_deprecation(name);
}

static json_t *write_field(struct graphql_introspection *i, const void *of, struct graphql_group *asked)
{
	return write_object(i, "__Field", of, field_field, asked);
}

/* ---- __Type ---- */

static const char *kind_name(enum graphql_type_kind kind)
{
	static const char *const names[] = {
		[GRAPHQL_TYPE_SCALAR] = "SCALAR", [GRAPHQL_TYPE_OBJECT] = "OBJECT", [GRAPHQL_TYPE_ENUM] = "ENUM",
		[GRAPHQL_TYPE_UNION] = "UNION", [GRAPHQL_TYPE_INPUT] = "INPUT_OBJECT", [GRAPHQL_TYPE_LIST] = "LIST",
		[GRAPHQL_TYPE_REQUIRED] = "NON_NULL",
	};

	return names[kind];
}

static json_t *write_type_of(struct graphql_introspection *i, const void *of, struct graphql_group *asked)
{
	return write_type(i, *(const struct graphql_type *const *)of, asked);
}

static json_t *type_lists(struct graphql_introspection *i, const struct graphql_type *t, struct str name, struct graphql_group *asked)
{
	if (str_is(name, "fields") && t->kind == GRAPHQL_TYPE_OBJECT)
		return write_list(i, ITEMS(t->fields, t->field_count), write_field, asked);
	if (str_is(name, "interfaces") && t->kind == GRAPHQL_TYPE_OBJECT)
		return json_array();
	if (str_is(name, "possibleTypes") && t->kind == GRAPHQL_TYPE_UNION)
		return write_list(i, ITEMS(t->members, t->member_count), write_type_of, asked);
	if (str_is(name, "enumValues") && t->kind == GRAPHQL_TYPE_ENUM)
		return write_list(i, ITEMS(t->values, t->value_count), write_enum_value, asked);
	if (str_is(name, "inputFields") && t->kind == GRAPHQL_TYPE_INPUT)
		return write_list(i, ITEMS(t->inputs, t->input_count), write_input, asked);
	return json_null();
}

static json_t *type_field(struct graphql_introspection *i, const void *of, struct str name, struct graphql_group *asked)
{
	const struct graphql_type *t = of;

	if (str_is(name, "kind"))
		return json_string(kind_name(t->kind));
	if (str_is(name, "name"))
		return text(t->name);
	if (str_is(name, "description"))
		return help(t->help);
	if (str_is(name, "ofType"))
		return t->of ? write_type(i, t->of, asked) : json_null();
	return type_lists(i, t, name, asked);
}

static json_t *write_type(struct graphql_introspection *i, const struct graphql_type *t, struct graphql_group *asked)
{
	return write_object(i, "__Type", t, type_field, asked);
}

/* ---- __Directive ---- */

static json_t *locations_of(unsigned locations)
{
	static const char *const names[] = {
		"QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT", "VARIABLE_DEFINITION",
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (locations & (1u << i))
			json_array_append_new(list, json_string(names[i]));
	if (locations & GRAPHQL_ON_DEFINITION) {
		json_array_append_new(list, json_string("FIELD_DEFINITION"));
		json_array_append_new(list, json_string("ARGUMENT_DEFINITION"));
		json_array_append_new(list, json_string("INPUT_FIELD_DEFINITION"));
		json_array_append_new(list, json_string("ENUM_VALUE"));
	}
	if (locations & GRAPHQL_ON_SCALAR)
		json_array_append_new(list, json_string("SCALAR"));
	return list;
}

static json_t *directive_field(struct graphql_introspection *i, const void *of, struct str name, struct graphql_group *asked)
{
	const struct graphql_directive_type *d = of;

	if (str_is(name, "name"))
		return text(d->name);
	if (str_is(name, "description"))
		return help(d->help);
	if (str_is(name, "isRepeatable"))
		return json_false();
	if (str_is(name, "locations"))
		return locations_of(d->locations);
	return write_list(i, ITEMS(d->inputs, d->input_count), write_input, asked);
}

static json_t *write_directive(struct graphql_introspection *i, const void *of, struct graphql_group *asked)
{
	return write_object(i, "__Directive", of, directive_field, asked);
}

/* ---- __Schema ---- */

static json_t *schema_field(struct graphql_introspection *i, const void *of, struct str name, struct graphql_group *asked)
{
	const struct graphql_schema *s = of;

	if (str_is(name, "types"))
		return write_list(i, ITEMS(s->types, s->type_count), write_type_of, asked);
	if (str_is(name, "queryType"))
		return write_type(i, s->query, asked);
	if (str_is(name, "mutationType") && s->mutation)
		return write_type(i, s->mutation, asked);
	if (str_is(name, "subscriptionType") && s->subscription)
		return write_type(i, s->subscription, asked);
	if (str_is(name, "directives"))
		return write_list(i, ITEMS(s->directives, s->directive_count), write_directive, asked);
	return json_null();
}

json_t *graphql_introspect_schema(struct graphql_introspection *i, struct graphql_group *asked)
{
	return write_object(i, "__Schema", i->schema, schema_field, asked);
}

json_t *graphql_introspect_type(struct graphql_introspection *i, struct str name, struct graphql_group *asked)
{
	const struct graphql_type *t = graphql_schema_type(i->schema, name);

	return t ? write_type(i, t, asked) : json_null();
}
