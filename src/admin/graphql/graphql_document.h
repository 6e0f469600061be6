/* graphql_document: a parsed GraphQL request (October 2021 edition, §2): operations, fragments, selections, values.
 *
 * All of it lives in the arena it was parsed into and is constant. Lists are chains through `next`, in the order of the text.
 * Threads: any. Test: test/unit/admin/graphql_parse_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_DOCUMENT_H
#define MEERKAT_ADMIN_GRAPHQL_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* Both from 1. */
struct graphql_place {
	uint32_t line, column;
};

enum graphql_value_kind {
	GRAPHQL_VARIABLE, GRAPHQL_INT, GRAPHQL_FLOAT, GRAPHQL_STRING, GRAPHQL_BOOLEAN, GRAPHQL_NULL, GRAPHQL_ENUM, GRAPHQL_LIST, GRAPHQL_OBJECT,
};

/* A value; also an argument, or a field of an input object, which are values with a name. */
struct graphql_value {
	enum graphql_value_kind kind;
	struct graphql_place place;
	struct str name;
	struct str text; /* of a string what it means; of the rest what is written; of a variable its name without $ */
	const struct graphql_value *items; /* of a list or an object */
	const struct graphql_value *next;
};

struct graphql_directive {
	struct graphql_place place;
	struct str name;
	const struct graphql_value *arguments;
	const struct graphql_directive *next;
};

enum graphql_selection_kind { GRAPHQL_FIELD, GRAPHQL_SPREAD, GRAPHQL_INLINE };

struct graphql_selection {
	enum graphql_selection_kind kind;
	struct graphql_place place;
	struct str key;  /* of a field: its name in the answer, which is the alias if there is one */
	struct str name; /* of a field, or of the fragment that is spread */
	struct str condition; /* of an inline fragment: its type; empty: none */
	const struct graphql_value *arguments;
	const struct graphql_directive *directives;
	const struct graphql_selection *selections; /* NULL: none are written */
	const struct graphql_selection *next;
};

/* A type as it is written: [Name!]! is non-null of list of non-null of Name. */
struct graphql_type_name {
	struct str name; /* empty: a list of `of` */
	bool is_required;
	const struct graphql_type_name *of;
};

struct graphql_variable {
	struct graphql_place place;
	struct str name;
	const struct graphql_type_name *type;
	const struct graphql_value *preset; /* NULL: none */
	const struct graphql_directive *directives;
	const struct graphql_variable *next;
};

enum graphql_operation_kind { GRAPHQL_QUERY, GRAPHQL_MUTATION, GRAPHQL_SUBSCRIPTION };

struct graphql_operation {
	enum graphql_operation_kind kind;
	struct graphql_place place;
	struct str name; /* empty: none */
	const struct graphql_variable *variables;
	const struct graphql_directive *directives;
	const struct graphql_selection *selections;
	const struct graphql_operation *next;
};

struct graphql_fragment {
	struct graphql_place place;
	uint32_t number; /* from 0, in the order of the text */
	struct str name, condition;
	const struct graphql_directive *directives;
	const struct graphql_selection *selections;
	const struct graphql_fragment *next;
};

struct graphql_document {
	const struct graphql_operation *operations;
	const struct graphql_fragment *fragments;
	uint32_t fragment_count;
};

/* NULL if there is none. */
const struct graphql_fragment *graphql_document_fragment(const struct graphql_document *d, struct str name);

#endif
