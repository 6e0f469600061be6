#include "admin/graphql/graphql_value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "admin/graphql/graphql_error.h"

/* ---- scalars ---- */

static const struct number {
	const char *name;
	int64_t least, most;
} numbers[] = {
	{"Int", INT32_MIN, INT32_MAX}, {"Long", INT64_MIN, INT64_MAX}, {"PosInt", 1, INT32_MAX}, {"NonNegInt", 0, INT32_MAX},
};

/* NULL: the type is not one of integers. */
static const struct number *number_of(const struct graphql_type *t)
{
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (str_is(t->name, numbers[i].name))
			return &numbers[i];
	return NULL;
}

static bool is_number_in_range(struct str text, const struct number *number)
{
	int64_t n;

	return str_to_int(text, number->least, number->most, &n);
}

static double float_of(struct str text)
{
	char *copy = str_dup(text);
	double value = strtod(copy, NULL);

	free(copy);
	return value;
}

static bool fits_scalar(const struct graphql_value *v, const struct graphql_type *t)
{
	const struct number *number = number_of(t);

	if (number)
		return v->kind == GRAPHQL_INT && is_number_in_range(v->text, number);
	if (str_is(t->name, "Float"))
		return (v->kind == GRAPHQL_INT || v->kind == GRAPHQL_FLOAT) && isfinite(float_of(v->text));
	if (str_is(t->name, "Boolean"))
		return v->kind == GRAPHQL_BOOLEAN;
	return v->kind == GRAPHQL_STRING || (v->kind == GRAPHQL_INT && str_is(t->name, "ID"));
}

static bool has_value(const struct graphql_type *t, struct str name)
{
	for (size_t i = 0; i < t->value_count; i++)
		if (str_equal(t->values[i], name))
			return true;
	return false;
}

bool graphql_value_fits(const struct graphql_value *v, const struct graphql_type *leaf)
{
	if (leaf->kind == GRAPHQL_TYPE_ENUM)
		return v->kind == GRAPHQL_ENUM && has_value(leaf, v->text);
	return fits_scalar(v, leaf);
}

static json_t *leaf_of_literal(const struct graphql_value *v, const struct graphql_type *t)
{
	int64_t n;

	if (v->kind == GRAPHQL_BOOLEAN)
		return json_boolean(str_is(v->text, "true"));
	if (v->kind == GRAPHQL_FLOAT || (v->kind == GRAPHQL_INT && str_is(t->name, "Float")))
		return json_real(float_of(v->text));
	if (v->kind == GRAPHQL_INT && !str_is(t->name, "ID"))
		return str_to_int(v->text, INT64_MIN, INT64_MAX, &n) ? json_integer(n) : NULL;
	return json_stringn(v->text.data, v->text.len);
}

/* ---- literals ---- */

static const json_t *variable(const json_t *variables, struct str name)
{
	char *key = str_dup(name);
	const json_t *value = json_object_get(variables, key);

	free(key);
	return value;
}

static json_t *list_of_literal(const struct graphql_value *v, const struct graphql_type *t, const json_t *variables)
{
	json_t *list = json_array();
	/* One value is a list of one. */
	const struct graphql_value *item = v->kind == GRAPHQL_LIST ? v->items : v;

	for (; list && item; item = v->kind == GRAPHQL_LIST ? item->next : NULL) {
		json_t *one = graphql_value_of_literal(item, t->of, variables);

		if (!one && t->of->kind != GRAPHQL_TYPE_REQUIRED)
			one = json_null();
		if (json_array_append_new(list, one) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static json_t *object_of_literal(const struct graphql_value *v, const struct graphql_type *t, const json_t *variables)
{
	json_t *object = json_object();

	for (const struct graphql_value *field = v->items; field; field = field->next) {
		const struct graphql_input *input = graphql_schema_input(t->inputs, t->input_count, field->name);
		json_t *one = input ? graphql_value_of_literal(field, input->type, variables) : NULL;

		if (one)
			json_object_set_new(object, input->name.data, one);
	}
	for (size_t i = 0; i < t->input_count; i++)
		if (t->inputs[i].type->kind == GRAPHQL_TYPE_REQUIRED && !json_object_get(object, t->inputs[i].name.data)) {
			json_decref(object);
			return NULL;
		}
	return object;
}

json_t *graphql_value_of_literal(const struct graphql_value *v, const struct graphql_type *t, const json_t *variables)
{
	if (v->kind == GRAPHQL_VARIABLE) {
		const json_t *given = variable(variables, v->text);

		return given && !(t->kind == GRAPHQL_TYPE_REQUIRED && json_is_null(given)) ? json_deep_copy(given) : NULL;
	}
	if (t->kind == GRAPHQL_TYPE_REQUIRED)
		return v->kind == GRAPHQL_NULL ? NULL : graphql_value_of_literal(v, t->of, variables);
	if (v->kind == GRAPHQL_NULL)
		return json_null();
	if (t->kind == GRAPHQL_TYPE_LIST)
		return list_of_literal(v, t, variables);
	if (t->kind == GRAPHQL_TYPE_INPUT)
		return object_of_literal(v, t, variables);
	return leaf_of_literal(v, t);
}

/* ---- JSON ---- */

static json_t *refuse(const struct graphql_type *t, struct why *why)
{
	struct buf name;

	buf_init(&name);
	graphql_schema_write_type(t, &name);
	err_because(ERR_INVALID, why, "expected a value of type %.*s", STR_ARGS(buf_str(&name)));
	buf_fini(&name);
	return NULL;
}

static json_t *int_of_json(const json_t *given, const struct number *number)
{
	double real = json_is_real(given) ? json_real_value(given) : 0;
	int64_t n = json_is_integer(given) ? json_integer_value(given) : (int64_t)(fabs(real) < 9e15 ? real : 0);
	bool is_whole = json_is_integer(given) || (json_is_real(given) && (double)n == real);

	return is_whole && n >= number->least && n <= number->most ? json_integer(n) : NULL;
}

static json_t *leaf_of_json(const json_t *given, const struct graphql_type *t)
{
	if (t->kind == GRAPHQL_TYPE_ENUM)
		return json_is_string(given) && has_value(t, str_from(json_string_value(given))) ? json_deep_copy(given) : NULL;
	if (number_of(t))
		return int_of_json(given, number_of(t));
	if (str_is(t->name, "Float"))
		return json_is_number(given) ? json_real(json_number_value(given)) : NULL;
	if (str_is(t->name, "Boolean"))
		return json_is_boolean(given) ? json_deep_copy(given) : NULL;
	if (str_is(t->name, "ID") && json_is_integer(given)) {
		char text[24];

		snprintf(text, sizeof text, "%lld", (long long)json_integer_value(given));
		return json_string(text);
	}
	return json_is_string(given) ? json_deep_copy(given) : NULL;
}

static json_t *list_of_json(const json_t *given, const struct graphql_type *t, struct why *why)
{
	json_t *list = json_array();
	size_t count = json_is_array(given) ? json_array_size(given) : 1;

	for (size_t i = 0; i < count; i++) {
		json_t *one = graphql_value_of_json(json_is_array(given) ? json_array_get(given, i) : given, t->of, why);

		if (!one) {
			json_decref(list);
			return NULL;
		}
		json_array_append_new(list, one);
	}
	return list;
}

static bool has_only_known(const json_t *given, const struct graphql_type *t)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)given, name, value)
		if (!graphql_schema_input(t->inputs, t->input_count, str_from(name)))
			return false;
	return true;
}

static bool take_field(const json_t *given, const struct graphql_input *input, json_t *object, struct why *why)
{
	const json_t *value = json_object_get(given, input->name.data);
	json_t *one = value ? graphql_value_of_json(value, input->type, why) : NULL;

	if (one)
		json_object_set_new(object, input->name.data, one);
	return one || (!value && input->type->kind != GRAPHQL_TYPE_REQUIRED);
}

static json_t *object_of_json(const json_t *given, const struct graphql_type *t, struct why *why)
{
	json_t *object = json_object();
	bool is_good = json_is_object(given) && has_only_known(given, t);

	for (size_t i = 0; is_good && i < t->input_count; i++)
		is_good = take_field(given, &t->inputs[i], object, why);
	if (is_good)
		return object;
	json_decref(object);
	return refuse(t, why);
}

json_t *graphql_value_of_json(const json_t *given, const struct graphql_type *t, struct why *why)
{
	json_t *leaf;

	if (t->kind == GRAPHQL_TYPE_REQUIRED)
		return json_is_null(given) ? refuse(t, why) : graphql_value_of_json(given, t->of, why);
	if (json_is_null(given))
		return json_null();
	if (t->kind == GRAPHQL_TYPE_LIST)
		return list_of_json(given, t, why);
	if (t->kind == GRAPHQL_TYPE_INPUT)
		return object_of_json(given, t, why);
	leaf = leaf_of_json(given, t);
	return leaf ? leaf : refuse(t, why);
}

/* ---- variables and arguments ---- */

static bool take_variable(const struct graphql_variable *v, const struct graphql_type *t, const json_t *given, json_t *variables,
			  struct why *why)
{
	char *name = str_dup(v->name);
	const json_t *value = json_object_get(given, name);
	bool is_absent = !value && !v->preset;
	json_t *one = value ? graphql_value_of_json(value, t, why) : v->preset ? graphql_value_of_literal(v->preset, t, NULL) : NULL;

	if (one)
		json_object_set_new(variables, name, one);
	free(name);
	if (is_absent && t->kind == GRAPHQL_TYPE_REQUIRED)
		err_because(ERR_INVALID, why, "it is not given");
	return one || (is_absent && t->kind != GRAPHQL_TYPE_REQUIRED);
}

bool graphql_value_variables(const struct graphql_schema *s, const struct graphql_operation *o, const json_t *given, json_t **variables,
			     json_t **errors)
{
	struct arena a;
	bool is_good = true;

	arena_init(&a, 0);
	*variables = json_object();
	for (const struct graphql_variable *v = o->variables; v; v = v->next) {
		struct why why = {"it cannot be used"};

		if (take_variable(v, graphql_schema_resolve(s, v->type, &a), given, *variables, &why))
			continue;
		graphql_error_add(errors, v->place, "bad_variable", "the variable $%.*s: %s", STR_ARGS(v->name), why.text);
		is_good = false;
	}
	arena_fini(&a);
	return is_good;
}

bool graphql_value_arguments(const struct graphql_field *f, const struct graphql_selection *selection, const json_t *variables,
			     json_t **arguments, json_t **errors)
{
	*arguments = json_object();
	for (const struct graphql_value *v = selection->arguments; v; v = v->next) {
		const struct graphql_input *input = graphql_schema_input(f->inputs, f->input_count, v->name);
		json_t *one = graphql_value_of_literal(v, input->type, variables);

		if (one)
			json_object_set_new(*arguments, input->name.data, one);
	}
	for (size_t i = 0; i < f->input_count; i++)
		if (f->inputs[i].type->kind == GRAPHQL_TYPE_REQUIRED && !json_object_get(*arguments, f->inputs[i].name.data)) {
			graphql_error_add(errors, selection->place, "bad_arguments", "the argument %s must not be null", f->inputs[i].name.data);
			json_decref(*arguments);
			*arguments = NULL;
			return false;
		}
	return true;
}
