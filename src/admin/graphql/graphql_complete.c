#include "admin/graphql/graphql_complete.h"

#include <stdlib.h>

static const struct graphql_type *type_of_field(const struct graphql_type *object, struct str name)
{
	for (size_t i = 0; i < object->field_count; i++)
		if (str_equal(object->fields[i].name, name))
			return object->fields[i].type;
	return NULL;
}

static const json_t *member(const json_t *object, struct str name)
{
	return json_object_getn(object, name.data, name.len);
}

/* `g`: the first of what is asked for. */
static json_t *complete_fields(struct graphql_collector *c, const json_t *value, const struct graphql_type *t, struct graphql_group *g)
{
	json_t *object = json_is_object(value) ? json_object() : NULL;

	for (; object && g; g = g->next) {
		const struct graphql_selection *s = g->fields[0];
		bool is_name = str_is(s->name, "__typename");
		json_t *one = is_name ? json_stringn(t->name.data, t->name.len)
				      : graphql_complete(c, member(value, s->name), type_of_field(t, s->name), g);

		if (json_object_setn_new(object, s->key.data, s->key.len, one) != 0) {
			json_decref(object);
			object = NULL;
		}
	}
	return object;
}

static json_t *complete_object(struct graphql_collector *c, const json_t *value, const struct graphql_type *t, struct graphql_group *asked)
{
	return complete_fields(c, value, t, graphql_collect(c, asked));
}

/* Of which of the types it is the value says. */
static json_t *complete_union(struct graphql_collector *c, const json_t *value, const struct graphql_type *t, struct graphql_group *asked)
{
	const char *name = json_string_value(json_object_get(value, "__typename"));

	for (size_t i = 0; name && i < t->member_count; i++) {
		const struct graphql_type *member = t->members[i];

		if (str_is(member->name, name))
			return complete_fields(c, value, member, graphql_collect_member(c, asked, member->name, t->name));
	}
	return NULL;
}

static json_t *complete_list(struct graphql_collector *c, const json_t *value, const struct graphql_type *t, struct graphql_group *asked)
{
	json_t *list = json_is_array(value) ? json_array() : NULL;

	for (size_t i = 0; list && i < json_array_size(value); i++)
		if (json_array_append_new(list, graphql_complete(c, json_array_get(value, i), t->of, asked)) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static json_t *complete_enum(const json_t *value, const struct graphql_type *t)
{
	struct str text = json_is_string(value) ? str_from(json_string_value(value)) : STR_NONE;

	for (size_t i = 0; i < t->value_count; i++)
		if (str_equal_ignoring_case(t->values[i], text))
			return json_stringn(t->values[i].data, t->values[i].len);
	return NULL;
}

static json_t *complete_scalar(const json_t *value, const struct graphql_type *t)
{
	json_int_t n = json_integer_value(value);
	bool is_good;

	if (str_is(t->name, "Int"))
		is_good = json_is_integer(value) && n >= INT32_MIN && n <= INT32_MAX;
	else if (str_is(t->name, "Long"))
		is_good = json_is_integer(value);
	else if (str_is(t->name, "Float"))
		is_good = json_is_number(value);
	else if (str_is(t->name, "Boolean"))
		is_good = json_is_boolean(value);
	else
		is_good = json_is_string(value);
	return is_good ? json_deep_copy(value) : NULL;
}

static json_t *complete_value(struct graphql_collector *c, const json_t *value, const struct graphql_type *t, struct graphql_group *asked)
{
	switch (t->kind) {
	case GRAPHQL_TYPE_OBJECT:
		return complete_object(c, value, t, asked);
	case GRAPHQL_TYPE_UNION:
		return complete_union(c, value, t, asked);
	case GRAPHQL_TYPE_LIST:
		return complete_list(c, value, t, asked);
	case GRAPHQL_TYPE_ENUM:
		return complete_enum(value, t);
	case GRAPHQL_TYPE_SCALAR:
		return complete_scalar(value, t);
	case GRAPHQL_TYPE_INPUT:
	case GRAPHQL_TYPE_REQUIRED:
		break;
	}
	return NULL;
}

/* The depth is that of the type. */
json_t *graphql_complete(struct graphql_collector *c, const json_t *value, const struct graphql_type *t, struct graphql_group *asked)
{
	json_t *out;

	if (t->kind == GRAPHQL_TYPE_REQUIRED)
		return value && !json_is_null(value) ? complete_value(c, value, t->of, asked) : NULL;
	out = value && !json_is_null(value) ? complete_value(c, value, t, asked) : NULL;
	return out ? out : json_null();
}
