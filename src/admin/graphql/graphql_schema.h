/* graphql_schema: the types of an endpoint (October 2021 edition, §3), made from the registry of operations.
 *
 * Categories become objects (account of AdminQuery is an AccountAdminQuery), operations their fields. There are no interfaces.
 * A schema is constant and lives in its arena. Threads: any. Test: test/unit/admin/graphql_schema_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_SCHEMA_H
#define MEERKAT_ADMIN_GRAPHQL_SCHEMA_H

#include "admin/graphql/graphql_document.h"
#include "admin/operations.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"

enum graphql_type_kind {
	GRAPHQL_TYPE_SCALAR, GRAPHQL_TYPE_OBJECT, GRAPHQL_TYPE_ENUM, GRAPHQL_TYPE_INPUT, GRAPHQL_TYPE_UNION,
	GRAPHQL_TYPE_LIST, GRAPHQL_TYPE_REQUIRED,
};

/* An argument, or a field of an input object. */
struct graphql_input {
	struct str name;
	const char *help;
	const struct graphql_type *type;
};

struct graphql_field {
	struct str name;
	const char *help;
	const struct graphql_type *type;
	const struct graphql_input *inputs;
	size_t input_count;
	const struct operation *operation; /* of the fields of a category; otherwise NULL */
};

struct graphql_type {
	enum graphql_type_kind kind;
	struct str name; /* empty: LIST and REQUIRED */
	const char *help;
	const struct graphql_field *fields; /* OBJECT */
	size_t field_count;
	const struct graphql_input *inputs; /* INPUT */
	size_t input_count;
	const struct graphql_type **members; /* UNION: objects */
	size_t member_count;
	const struct str *values; /* ENUM */
	size_t value_count;
	const struct graphql_type *of; /* LIST and REQUIRED */
};

/* Where a directive may stand, as bits. */
enum graphql_location {
	GRAPHQL_ON_QUERY = 1, GRAPHQL_ON_MUTATION = 2, GRAPHQL_ON_SUBSCRIPTION = 4, GRAPHQL_ON_FIELD = 8, GRAPHQL_ON_FRAGMENT = 16,
	GRAPHQL_ON_SPREAD = 32, GRAPHQL_ON_INLINE = 64, GRAPHQL_ON_VARIABLE = 128,
	GRAPHQL_ON_DEFINITION = 256, /* of fields, arguments, values: only in schemas */
	GRAPHQL_ON_SCALAR = 512, /* only in schemas */
};

struct graphql_directive_type {
	struct str name;
	const char *help;
	const struct graphql_input *inputs;
	size_t input_count;
	unsigned locations;
};

struct graphql_schema {
	struct arena arena;
	const struct graphql_type *query, *mutation, *subscription; /* but for query NULL: there is none */
	const struct graphql_type *schema_type, *type_type; /* __Schema, __Type */
	const struct graphql_type **types; /* all that have names */
	size_t type_count;
	struct map by_name;
	const struct graphql_directive_type *directives;
	size_t directive_count;
};

/* What administrators (OPERATIONS_ADMIN; the same for DOMAIN_ADMIN) or users see. */
struct graphql_schema *graphql_schema_new(enum operations_role role);
void graphql_schema_free(struct graphql_schema **s);

/* NULL if there is none. */
const struct graphql_type *graphql_schema_type(const struct graphql_schema *s, struct str name);
const struct graphql_directive_type *graphql_schema_directive(const struct graphql_schema *s, struct str name);
/* With __typename everywhere, and __schema and __type at the query. */
const struct graphql_field *graphql_schema_field(const struct graphql_schema *s, const struct graphql_type *object, struct str name);
/* NULL if there is none. */
const struct graphql_input *graphql_schema_input(const struct graphql_input *inputs, size_t count, struct str name);
/* Without LIST and REQUIRED around it. */
const struct graphql_type *graphql_schema_named(const struct graphql_type *t);
bool graphql_schema_is_input(const struct graphql_type *t);
/* Can something be of both types, two objects or unions? */
bool graphql_schema_can_be_both(const struct graphql_type *a, const struct graphql_type *b);
bool graphql_schema_is_leaf(const struct graphql_type *t);
/* The types that a type's words stand for; NULL: it is unknown. New ones go to the arena. */
const struct graphql_type *graphql_schema_resolve(const struct graphql_schema *s, const struct graphql_type_name *t, struct arena *a);
bool graphql_schema_equal(const struct graphql_type *a, const struct graphql_type *b);

/* "[JID!]!" */
void graphql_schema_write_type(const struct graphql_type *t, struct buf *out);
/* All of it in the language of schemas (SDL). */
void graphql_schema_print(const struct graphql_schema *s, struct buf *out);

#endif
