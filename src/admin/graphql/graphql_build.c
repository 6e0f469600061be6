#include "admin/graphql/graphql_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

enum { TYPES_MAX = 512, FIELDS_MAX = 128 };

static const char *const kind_names[] = {"Query", "Mutation", "Subscription"};

struct building {
	struct graphql_schema *schema;
	struct arena *arena;
	enum operations_role role;
	struct graphql_field fields[FIELDS_MAX]; /* of the object that is being made */
	size_t field_count;
};

/* ---- types by name ---- */

static struct graphql_type *add_type(struct building *b, enum graphql_type_kind kind, const char *name, const char *help)
{
	struct graphql_type *t = arena_alloc(b->arena, sizeof(*t));

	check(b->schema->type_count < TYPES_MAX);
	t->kind = kind;
	t->name = arena_str(b->arena, str_from(name));
	t->help = help;
	b->schema->types[b->schema->type_count++] = t;
	map_add(&b->schema->by_name, t);
	return t;
}

static const struct graphql_type *wrap(struct building *b, enum graphql_type_kind kind, const struct graphql_type *of)
{
	struct graphql_type *t = arena_alloc(b->arena, sizeof(*t));

	t->kind = kind;
	t->of = of;
	return t;
}

/* "[__Type!]!", of types that are there. */
static const struct graphql_type *type_from_text(struct building *b, struct str text)
{
	if (str_ends_with(text, STR("!")))
		return wrap(b, GRAPHQL_TYPE_REQUIRED, type_from_text(b, str_make(text.data, text.len - 1)));
	if (str_starts_with(text, STR("[")))
		return wrap(b, GRAPHQL_TYPE_LIST, type_from_text(b, str_make(text.data + 1, text.len - 2)));
	const struct graphql_type *t = graphql_schema_type(b->schema, text);

	check(t != NULL);
	return t;
}

static const struct graphql_input *one_input(struct building *b, struct graphql_input input)
{
	struct graphql_input *copy = arena_alloc(b->arena, sizeof(*copy));

	*copy = input;
	return copy;
}

/* ---- objects ---- */

static void add_field(struct building *b, struct graphql_field field)
{
	check(b->field_count < FIELDS_MAX);
	b->fields[b->field_count++] = field;
}

static void take_fields(struct building *b, struct graphql_type *object)
{
	struct graphql_field *fields = arena_alloc_array(b->arena, b->field_count, sizeof(*fields));

	memcpy(fields, b->fields, b->field_count * sizeof(*fields));
	object->fields = fields;
	object->field_count = b->field_count;
	b->field_count = 0;
}

static void set_values(struct building *b, struct graphql_type *t, const char *values)
{
	struct str rest = str_from(values), *list;

	for (const char *p = values; *p; p++)
		t->value_count += *p == '|';
	list = arena_alloc_array(b->arena, ++t->value_count, sizeof(*list));
	for (size_t i = 0; i < t->value_count; i++) {
		struct str one = arena_str(b->arena, str_split(rest, '|', &rest));

		/* In capitals, as is usual in GraphQL. */
		for (char *c = (char *)(uintptr_t)one.data; *c; c++)
			*c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
		list[i] = one;
	}
	t->values = list;
}

/* ---- introspection (§4) ---- */

static const struct {
	const char *name, *help, *values;
} own_enums[] = {
	{"__TypeKind", "what a type is", "SCALAR|OBJECT|INTERFACE|UNION|ENUM|INPUT_OBJECT|LIST|NON_NULL"},
	{"__DirectiveLocation", "where a directive may stand",
	 "QUERY|MUTATION|SUBSCRIPTION|FIELD|FRAGMENT_DEFINITION|FRAGMENT_SPREAD|INLINE_FRAGMENT|VARIABLE_DEFINITION|SCHEMA|SCALAR|OBJECT|"
	 "FIELD_DEFINITION|ARGUMENT_DEFINITION|INTERFACE|UNION|ENUM|ENUM_VALUE|INPUT_OBJECT|INPUT_FIELD_DEFINITION"},
	{"AuthStatus", "is the caller known?", "AUTHORIZED|UNAUTHORIZED"},
};

static const char *const own_objects[] = {"__Schema", "__Type", "__Field", "__InputValue", "__EnumValue", "__Directive"};

static const struct {
	const char *object, *name, *type;
	bool can_be_deprecated; /* takes includeDeprecated */
} own_fields[] = {
	{"__Schema", "description", "String", false},
	{"__Schema", "types", "[__Type!]!", false},
	{"__Schema", "queryType", "__Type!", false},
	{"__Schema", "mutationType", "__Type", false},
	{"__Schema", "subscriptionType", "__Type", false},
	{"__Schema", "directives", "[__Directive!]!", false},
	{"__Type", "kind", "__TypeKind!", false},
	{"__Type", "name", "String", false},
	{"__Type", "description", "String", false},
	{"__Type", "specifiedByURL", "String", false},
	{"__Type", "fields", "[__Field!]", true},
	{"__Type", "interfaces", "[__Type!]", false},
	{"__Type", "possibleTypes", "[__Type!]", false},
	{"__Type", "enumValues", "[__EnumValue!]", true},
	{"__Type", "inputFields", "[__InputValue!]", true},
	{"__Type", "ofType", "__Type", false},
	{"__Field", "name", "String!", false},
	{"__Field", "description", "String", false},
	{"__Field", "args", "[__InputValue!]!", true},
	{"__Field", "type", "__Type!", false},
	{"__Field", "isDeprecated", "Boolean!", false},
	{"__Field", "deprecationReason", "String", false},
	{"__InputValue", "name", "String!", false},
	{"__InputValue", "description", "String", false},
	{"__InputValue", "type", "__Type!", false},
	{"__InputValue", "defaultValue", "String", false},
	{"__InputValue", "isDeprecated", "Boolean!", false},
	{"__InputValue", "deprecationReason", "String", false},
	{"__EnumValue", "name", "String!", false},
	{"__EnumValue", "description", "String", false},
	{"__EnumValue", "isDeprecated", "Boolean!", false},
	{"__EnumValue", "deprecationReason", "String", false},
	{"__Directive", "name", "String!", false},
	{"__Directive", "description", "String", false},
	{"__Directive", "isRepeatable", "Boolean!", false},
	{"__Directive", "locations", "[__DirectiveLocation!]!", false},
	{"__Directive", "args", "[__InputValue!]!", true},
};

static void add_own_fields(struct building *b, struct graphql_type *object)
{
	for (size_t i = 0; i < sizeof own_fields / sizeof own_fields[0]; i++) {
		struct graphql_field f = {.name = str_from(own_fields[i].name)};

		if (!str_is(object->name, own_fields[i].object))
			continue;
		f.type = type_from_text(b, str_from(own_fields[i].type));
		if (own_fields[i].can_be_deprecated) {
			f.inputs = one_input(b, (struct graphql_input){
							.name = STR("includeDeprecated"), .type = type_from_text(b, STR("Boolean"))});
			f.input_count = 1;
		}
		add_field(b, f);
	}
	take_fields(b, object);
}

static void add_introspection(struct building *b)
{
	struct graphql_type *objects[sizeof own_objects / sizeof own_objects[0]];

	for (size_t i = 0; i < sizeof own_enums / sizeof own_enums[0]; i++)
		set_values(b, add_type(b, GRAPHQL_TYPE_ENUM, own_enums[i].name, own_enums[i].help), own_enums[i].values);
	for (size_t i = 0; i < sizeof own_objects / sizeof own_objects[0]; i++)
		objects[i] = add_type(b, GRAPHQL_TYPE_OBJECT, own_objects[i], NULL);
	for (size_t i = 0; i < sizeof own_objects / sizeof own_objects[0]; i++)
		add_own_fields(b, objects[i]);
	b->schema->schema_type = objects[0];
	b->schema->type_type = objects[1];
}

const struct graphql_field *graphql_build_meta_field(const struct graphql_schema *s, const struct graphql_type *object, struct str name)
{
	/* After the fields of the query, with room for three. */
	for (size_t i = 0; i < 3; i++) {
		const struct graphql_field *f = &s->query->fields[s->query->field_count + i];

		if (str_equal(f->name, name))
			return i == 0 || object == s->query ? f : NULL;
	}
	return NULL;
}

static void add_meta_fields(struct building *b)
{
	add_field(b, (struct graphql_field){.name = STR("__typename"), .type = type_from_text(b, STR("String!"))});
	add_field(b, (struct graphql_field){.name = STR("__schema"), .type = type_from_text(b, STR("__Schema!"))});
	add_field(b, (struct graphql_field){
			     .name = STR("__type"),
			     .type = type_from_text(b, STR("__Type")),
			     .inputs = one_input(b, (struct graphql_input){.name = STR("name"), .type = type_from_text(b, STR("String!"))}),
			     .input_count = 1,
		     });
}

/* ---- directives ---- */

static void add_directives(struct building *b)
{
	unsigned anywhere = GRAPHQL_ON_FIELD | GRAPHQL_ON_SPREAD | GRAPHQL_ON_INLINE;
	const struct graphql_input *condition = one_input(
		b, (struct graphql_input){.name = STR("if"), .help = "the condition", .type = type_from_text(b, STR("Boolean!"))});
	const struct graphql_input *reason =
		one_input(b, (struct graphql_input){.name = STR("reason"), .help = "why", .type = type_from_text(b, STR("String"))});
	const struct graphql_input *url =
		one_input(b, (struct graphql_input){.name = STR("url"), .help = "where", .type = type_from_text(b, STR("String!"))});
	const struct graphql_directive_type all[] = {
		{STR("include"), "only if the condition is true", condition, 1, anywhere},
		{STR("skip"), "not if the condition is true", condition, 1, anywhere},
		{STR("deprecated"), "should not be used any more", reason, 1, GRAPHQL_ON_DEFINITION},
		{STR("specifiedBy"), "where a scalar is described", url, 1, GRAPHQL_ON_SCALAR},
	};
	struct graphql_directive_type *copy = arena_alloc(b->arena, sizeof(all));

	memcpy(copy, all, sizeof(all));
	b->schema->directives = copy;
	b->schema->directive_count = sizeof all / sizeof all[0];
}

/* ---- operations ---- */

static const struct graphql_input *build_inputs(struct building *b, const struct operation_arg *args, size_t *count);

static const struct graphql_type *build_input_object(struct building *b, const struct operation_type *type)
{
	struct graphql_type *t = add_type(b, GRAPHQL_TYPE_INPUT, type->name, NULL);

	t->inputs = build_inputs(b, type->inputs, &t->input_count);
	return t;
}

static const struct graphql_type *build_enum(struct building *b, const struct operation_type *type)
{
	struct graphql_type *t = add_type(b, GRAPHQL_TYPE_ENUM, type->name, NULL);

	set_values(b, t, type->values);
	return t;
}

static const struct graphql_type *build_input_type(struct building *b, const struct operation_arg *arg)
{
	const struct graphql_type *t = graphql_schema_type(b->schema, str_from(arg->of ? arg->of->name : operation_word(arg->type)->scalar));

	if (!t)
		t = arg->of->inputs ? build_input_object(b, arg->of) : build_enum(b, arg->of);
	if (arg->flags & OPERATION_LIST)
		t = wrap(b, GRAPHQL_TYPE_LIST, wrap(b, GRAPHQL_TYPE_REQUIRED, t));
	return arg->flags & OPERATION_OPTIONAL ? t : wrap(b, GRAPHQL_TYPE_REQUIRED, t);
}

static bool is_hidden(const struct building *b, const struct operation_arg *arg)
{
	return b->role == OPERATIONS_USER && (arg->flags & OPERATION_OWN);
}

static const struct graphql_input *build_inputs(struct building *b, const struct operation_arg *args, size_t *count)
{
	struct graphql_input *inputs;
	size_t n = 0;

	for (const struct operation_arg *arg = args; arg && arg->name; arg++)
		n++;
	inputs = arena_alloc_array(b->arena, n, sizeof(*inputs));
	*count = 0;
	for (const struct operation_arg *arg = args; arg && arg->name; arg++)
		if (!is_hidden(b, arg))
			inputs[(*count)++] = (struct graphql_input){str_from(arg->name), arg->help, build_input_type(b, arg)};
	return inputs;
}

static const struct graphql_type *build_output_type(struct building *b, const struct operation_type *type);

static const struct graphql_type *build_object(struct building *b, const struct operation_type *type)
{
	struct graphql_type *t = add_type(b, GRAPHQL_TYPE_OBJECT, type->name, NULL);
	struct graphql_field *fields;

	for (const struct operation_field *f = type->fields; f->name; f++)
		t->field_count++;
	fields = arena_alloc_array(b->arena, t->field_count, sizeof(*fields));
	for (size_t i = 0; i < t->field_count; i++) {
		const struct operation_field *f = &type->fields[i];

		fields[i] = (struct graphql_field){.name = str_from(f->name), .help = f->help, .type = build_output_type(b, f->type)};
	}
	t->fields = fields;
	return t;
}

static const struct graphql_type *build_union(struct building *b, const struct operation_type *type)
{
	struct graphql_type *t = add_type(b, GRAPHQL_TYPE_UNION, type->name, NULL);

	while (type->members[t->member_count])
		t->member_count++;
	t->members = arena_alloc_array(b->arena, t->member_count, sizeof(*t->members));
	for (size_t i = 0; i < t->member_count; i++)
		t->members[i] = build_output_type(b, type->members[i]);
	return t;
}

static const struct graphql_type *build_output_type(struct building *b, const struct operation_type *type)
{
	const struct graphql_type *t;

	if (type->item) {
		t = build_output_type(b, type->item);
		return wrap(b, GRAPHQL_TYPE_LIST, type->has_gaps ? t : wrap(b, GRAPHQL_TYPE_REQUIRED, t));
	}
	t = graphql_schema_type(b->schema, str_from(type->name));
	if (t)
		return t;
	if (type->fields)
		return build_object(b, type);
	if (type->members)
		return build_union(b, type);
	check(type->values != NULL);
	return build_enum(b, type);
}

static bool is_for_role(const struct building *b, const struct operation *o)
{
	bool is_for_user = o->permission == OPERATION_FOR_USER || o->permission == OPERATION_FOR_USER_ONLY;

	return b->role == OPERATIONS_USER ? is_for_user : o->permission != OPERATION_FOR_USER_ONLY;
}

static enum graphql_operation_kind kind_of(const struct operation *o)
{
	if (operation_is_subscription(o))
		return GRAPHQL_SUBSCRIPTION;
	return o->changes ? GRAPHQL_MUTATION : GRAPHQL_QUERY;
}

static const char *caller_name(const struct building *b)
{
	return b->role == OPERATIONS_USER ? "User" : "Admin";
}

/* muc_light is MucLight. */
static const char *category_type_name(struct building *b, const char *category, enum graphql_operation_kind kind)
{
	char words[64];
	size_t n = 0;
	bool begins = true;

	for (; *category && n + 1 < sizeof words; category++) {
		bool is_small = *category >= 'a' && *category <= 'z';

		if (*category != '_')
			words[n++] = begins && is_small ? (char)(*category - 'a' + 'A') : *category;
		begins = *category == '_';
	}
	words[n] = 0;
	return arena_printf(b->arena, "%s%s%s", words, caller_name(b), kind_names[kind]);
}

static const struct graphql_type *build_category(struct building *b, const struct operation *const *first, enum graphql_operation_kind kind)
{
	const char *category = (*first)->category;
	struct graphql_field fields[FIELDS_MAX];
	struct graphql_type *t;
	size_t count = 0;

	for (; *first && !strcmp((*first)->category, category); first++) {
		const struct operation *o = *first;

		if (kind_of(o) != kind || !is_for_role(b, o))
			continue;
		check(count < FIELDS_MAX);
		fields[count] = (struct graphql_field){.name = str_from(o->name), .help = o->help, .operation = o};
		fields[count].type = build_output_type(b, o->type);
		fields[count].inputs = build_inputs(b, o->args, &fields[count].input_count);
		count++;
	}
	if (count == 0)
		return NULL;
	t = add_type(b, GRAPHQL_TYPE_OBJECT, category_type_name(b, category, kind), operations_category_help(str_from(category)));
	struct graphql_field *copy = arena_alloc_array(b->arena, count, sizeof fields[0]);

	memcpy(copy, fields, count * sizeof fields[0]);
	t->fields = copy;
	t->field_count = count;
	return t;
}

static void add_categories(struct building *b, enum graphql_operation_kind kind)
{
	struct graphql_field roots[FIELDS_MAX];
	size_t count = 0;
	const char *last = "";

	for (const struct operation *const *o = operations_all(); *o; o++) {
		if (!strcmp((*o)->category, last))
			continue;
		last = (*o)->category;
		const struct graphql_type *t = build_category(b, o, kind);

		if (t)
			roots[count++] = (struct graphql_field){.name = str_from(last), .help = t->help, .type = t};
	}
	for (size_t i = 0; i < count; i++)
		add_field(b, roots[i]);
}

/* ---- the roots ---- */

static void add_check_auth_fields(struct building *b)
{
	if (b->role == OPERATIONS_USER) {
		add_field(b, (struct graphql_field){
				     .name = STR("username"), .help = "the own address", .type = type_from_text(b, STR("String"))});
	} else {
		set_values(b, add_type(b, GRAPHQL_TYPE_ENUM, "AuthType", "what the caller administrates"), "DOMAIN_ADMIN|ADMIN|UNAUTHORIZED");
		add_field(b, (struct graphql_field){.name = STR("domain"),
						    .help = "of a domain's administrator",
						    .type = type_from_text(b, STR("DomainName"))});
		add_field(b, (struct graphql_field){
				     .name = STR("authType"), .help = "as whom", .type = type_from_text(b, STR("AuthType"))});
	}
	add_field(b, (struct graphql_field){
			     .name = STR("authStatus"), .help = "is the caller known?", .type = type_from_text(b, STR("AuthStatus"))});
}

static void add_check_auth(struct building *b)
{
	bool is_user = b->role == OPERATIONS_USER;
	struct graphql_type *t = add_type(b, GRAPHQL_TYPE_OBJECT, is_user ? "UserAuthInfo" : "AdminAuthInfo", "who the caller is");

	add_check_auth_fields(b);
	take_fields(b, t);
	add_field(b, (struct graphql_field){.name = STR("checkAuth"), .help = "who the caller is", .type = t});
}

static void add_query(struct building *b)
{
	struct graphql_type *query = add_type(b, GRAPHQL_TYPE_OBJECT, arena_printf(b->arena, "%sQuery", caller_name(b)), NULL);

	add_check_auth(b);
	add_categories(b, GRAPHQL_QUERY);
	add_meta_fields(b);
	take_fields(b, query);
	query->field_count -= 3; /* those of introspection stand behind */
	b->schema->query = query;
}

/* Mutation or Subscription; NULL: no operation is one. */
static const struct graphql_type *build_root(struct building *b, enum graphql_operation_kind kind)
{
	struct graphql_type *root;

	add_categories(b, kind);
	if (b->field_count == 0)
		return NULL;
	root = add_type(b, GRAPHQL_TYPE_OBJECT, arena_printf(b->arena, "%s%s", caller_name(b), kind_names[kind]), NULL);
	take_fields(b, root);
	return root;
}

void graphql_build(struct graphql_schema *s, enum operations_role role)
{
	static const struct {
		const char *name, *help;
	} scalars[] = {
		{"Int", "32 bits"}, {"Float", NULL}, {"String", NULL}, {"Boolean", NULL}, {"ID", NULL},
		{"Long", "an integer of 64 bits"}, {"JID", "user@domain or user@domain/resource"}, {"BareJID", "user@domain"},
		{"FullJID", "user@domain/resource"}, {"UserName", "the part of an address before the @"}, {"DomainName", "example.org"},
		{"ResourceName", "the part of an address behind the /"}, {"DateTime", "2026-11-22T17:55:00Z"},
		{"XmlElement", "one XML element, as text"}, {"NonEmptyString", "at least one character"}, {"PosInt", "32 bits, from 1"},
		{"NonNegInt", "32 bits, from 0"},
	};
	struct building *b = mem_new(sizeof(*b));

	*b = (struct building){.schema = s, .arena = &s->arena, .role = role};
	s->types = arena_alloc_array(b->arena, TYPES_MAX, sizeof(*s->types));
	for (size_t i = 0; i < sizeof scalars / sizeof scalars[0]; i++)
		add_type(b, GRAPHQL_TYPE_SCALAR, scalars[i].name, scalars[i].help);
	add_introspection(b);
	add_directives(b);
	add_query(b);
	s->mutation = build_root(b, GRAPHQL_MUTATION);
	s->subscription = build_root(b, GRAPHQL_SUBSCRIPTION);
	free(b);
}
