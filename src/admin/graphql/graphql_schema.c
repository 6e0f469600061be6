#include "admin/graphql/graphql_schema.h"

#include <stdlib.h>

#include "admin/graphql/graphql_build.h"
#include "base/mem.h"

static struct str name_of_type(const void *type)
{
	return ((const struct graphql_type *)type)->name;
}

struct graphql_schema *graphql_schema_new(enum operations_role role)
{
	struct graphql_schema *s = mem_new(sizeof(*s));

	arena_init(&s->arena, 1 << 14);
	map_init(&s->by_name, name_of_type);
	graphql_build(s, role);
	return s;
}

void graphql_schema_free(struct graphql_schema **s)
{
	if (!*s)
		return;
	map_fini(&(*s)->by_name);
	arena_fini(&(*s)->arena);
	free(*s);
	*s = NULL;
}

/* ---- looking up ---- */

const struct graphql_type *graphql_schema_type(const struct graphql_schema *s, struct str name)
{
	return map_find(&s->by_name, name);
}

const struct graphql_directive_type *graphql_schema_directive(const struct graphql_schema *s, struct str name)
{
	for (size_t i = 0; i < s->directive_count; i++)
		if (str_equal(s->directives[i].name, name))
			return &s->directives[i];
	return NULL;
}

const struct graphql_field *graphql_schema_field(const struct graphql_schema *s, const struct graphql_type *object, struct str name)
{
	if (str_starts_with(name, STR("__")) && !str_starts_with(object->name, STR("__")))
		return graphql_build_meta_field(s, object, name);
	if (str_is(name, "__typename"))
		return graphql_build_meta_field(s, object, name);
	for (size_t i = 0; i < object->field_count; i++)
		if (str_equal(object->fields[i].name, name))
			return &object->fields[i];
	return NULL;
}

const struct graphql_input *graphql_schema_input(const struct graphql_input *inputs, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(inputs[i].name, name))
			return &inputs[i];
	return NULL;
}

const struct graphql_type *graphql_schema_named(const struct graphql_type *t)
{
	while (t->of)
		t = t->of;
	return t;
}

bool graphql_schema_is_input(const struct graphql_type *t)
{
	enum graphql_type_kind kind = graphql_schema_named(t)->kind;

	return kind != GRAPHQL_TYPE_OBJECT && kind != GRAPHQL_TYPE_UNION;
}

bool graphql_schema_is_leaf(const struct graphql_type *t)
{
	enum graphql_type_kind kind = graphql_schema_named(t)->kind;

	return kind == GRAPHQL_TYPE_SCALAR || kind == GRAPHQL_TYPE_ENUM;
}

static const struct graphql_type *wrap(enum graphql_type_kind kind, const struct graphql_type *of, struct arena *a)
{
	struct graphql_type *t = arena_alloc(a, sizeof(*t));

	t->kind = kind;
	t->of = of;
	return t;
}

/* The depth is that of the document. */
const struct graphql_type *graphql_schema_resolve(const struct graphql_schema *s, const struct graphql_type_name *t, struct arena *a)
{
	const struct graphql_type *inner = t->of ? graphql_schema_resolve(s, t->of, a) : graphql_schema_type(s, t->name);

	if (!inner)
		return NULL;
	if (t->of)
		inner = wrap(GRAPHQL_TYPE_LIST, inner, a);
	return t->is_required ? wrap(GRAPHQL_TYPE_REQUIRED, inner, a) : inner;
}

bool graphql_schema_equal(const struct graphql_type *a, const struct graphql_type *b)
{
	while (a->of && b->of && a->kind == b->kind) {
		a = a->of;
		b = b->of;
	}
	return a->kind == b->kind && !a->of && !b->of && str_equal(a->name, b->name);
}

static bool is_member(const struct graphql_type *t, const struct graphql_type *object)
{
	for (size_t i = 0; i < t->member_count; i++)
		if (t->members[i] == object)
			return true;
	return false;
}

bool graphql_schema_can_be_both(const struct graphql_type *a, const struct graphql_type *b)
{
	if (a == b || is_member(a, b) || is_member(b, a))
		return true;
	for (size_t i = 0; i < a->member_count; i++)
		if (is_member(b, a->members[i]))
			return true;
	return false;
}

/* ---- printing ---- */

void graphql_schema_write_type(const struct graphql_type *t, struct buf *out)
{
	if (t->kind == GRAPHQL_TYPE_REQUIRED) {
		graphql_schema_write_type(t->of, out);
		buf_append_char(out, '!');
	} else if (t->kind == GRAPHQL_TYPE_LIST) {
		buf_append_char(out, '[');
		graphql_schema_write_type(t->of, out);
		buf_append_char(out, ']');
	} else {
		buf_append_str(out, t->name);
	}
}

/* Help texts are ours: no quotes of three, no backslash at the end. */
static void print_help(const char *help, const char *indent, struct buf *out)
{
	if (help)
		buf_printf(out, "%s\"\"\"%s\"\"\"\n", indent, help);
}

static void print_input(const struct graphql_input *input, struct buf *out)
{
	buf_printf(out, "%.*s: ", STR_ARGS(input->name));
	graphql_schema_write_type(input->type, out);
}

static void print_field(const struct graphql_field *f, struct buf *out)
{
	print_help(f->help, "  ", out);
	buf_printf(out, "  %.*s", STR_ARGS(f->name));
	for (size_t i = 0; i < f->input_count; i++) {
		buf_append_text(out, i ? "\n" : "(\n");
		print_help(f->inputs[i].help, "    ", out);
		buf_append_text(out, "    ");
		print_input(&f->inputs[i], out);
	}
	buf_append_text(out, f->input_count ? "\n  ): " : ": ");
	graphql_schema_write_type(f->type, out);
	buf_append_char(out, '\n');
}

static void print_object(const struct graphql_type *t, struct buf *out)
{
	buf_printf(out, "type %.*s {\n", STR_ARGS(t->name));
	for (size_t i = 0; i < t->field_count; i++)
		print_field(&t->fields[i], out);
	buf_append_text(out, "}\n\n");
}

static void print_enum(const struct graphql_type *t, struct buf *out)
{
	buf_printf(out, "enum %.*s {\n", STR_ARGS(t->name));
	for (size_t i = 0; i < t->value_count; i++)
		buf_printf(out, "  %.*s\n", STR_ARGS(t->values[i]));
	buf_append_text(out, "}\n\n");
}

static void print_union(const struct graphql_type *t, struct buf *out)
{
	buf_printf(out, "union %.*s =", STR_ARGS(t->name));
	for (size_t i = 0; i < t->member_count; i++)
		buf_printf(out, "%s %.*s", i ? " |" : "", STR_ARGS(t->members[i]->name));
	buf_append_text(out, "\n\n");
}

static void print_input_object(const struct graphql_type *t, struct buf *out)
{
	buf_printf(out, "input %.*s {\n", STR_ARGS(t->name));
	for (size_t i = 0; i < t->input_count; i++) {
		print_help(t->inputs[i].help, "  ", out);
		buf_append_text(out, "  ");
		print_input(&t->inputs[i], out);
		buf_append_char(out, '\n');
	}
	buf_append_text(out, "}\n\n");
}

static bool is_built_in(const struct graphql_type *t)
{
	static const char *const names[] = {"Int", "Float", "String", "Boolean", "ID"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_is(t->name, names[i]))
			return true;
	return str_starts_with(t->name, STR("__"));
}

static void print_type(const struct graphql_type *t, struct buf *out)
{
	print_help(t->help, "", out);
	switch (t->kind) {
	case GRAPHQL_TYPE_SCALAR:
		buf_printf(out, "scalar %.*s\n\n", STR_ARGS(t->name));
		break;
	case GRAPHQL_TYPE_OBJECT:
		print_object(t, out);
		break;
	case GRAPHQL_TYPE_ENUM:
		print_enum(t, out);
		break;
	case GRAPHQL_TYPE_INPUT:
		print_input_object(t, out);
		break;
	case GRAPHQL_TYPE_UNION:
		print_union(t, out);
		break;
	case GRAPHQL_TYPE_LIST:
	case GRAPHQL_TYPE_REQUIRED:
		break;
	}
}

void graphql_schema_print(const struct graphql_schema *s, struct buf *out)
{
	buf_printf(out, "schema {\n  query: %.*s\n", STR_ARGS(s->query->name));
	if (s->mutation)
		buf_printf(out, "  mutation: %.*s\n", STR_ARGS(s->mutation->name));
	if (s->subscription)
		buf_printf(out, "  subscription: %.*s\n", STR_ARGS(s->subscription->name));
	buf_append_text(out, "}\n\n");
	for (size_t i = 0; i < s->type_count; i++)
		if (!is_built_in(s->types[i]))
			print_type(s->types[i], out);
}
