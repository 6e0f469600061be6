/* graphql_usage: where variables are used, in which of the definitions, and with which types (§5.8).
 *
 * Filled by graphql_validate while it walks; then asked for each operation, through the fragments that it spreads.
 * Threads: any. Test: test/unit/admin/graphql_validate_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_USAGE_H
#define MEERKAT_ADMIN_GRAPHQL_USAGE_H

#include <jansson.h>

#include "admin/graphql/graphql_schema.h"

struct graphql_usage_variable {
	const struct graphql_value *variable;
	const struct graphql_type *type; /* of the place where it stands */
	const struct graphql_usage_variable *next;
};

struct graphql_usage_spread {
	const struct graphql_fragment *fragment;
	const struct graphql_usage_spread *next;
};

/* Of one operation or fragment. */
struct graphql_usage {
	const struct graphql_usage_variable *variables;
	const struct graphql_usage_spread *spreads;
};

struct graphql_usages {
	const struct graphql_schema *schema;
	const struct graphql_document *document;
	struct arena *arena;
	struct graphql_usage *of_fragments; /* by their numbers */
};

void graphql_usage_add_variable(struct graphql_usages *u, struct graphql_usage *to, const struct graphql_value *v,
				const struct graphql_type *type);
void graphql_usage_add_spread(struct graphql_usages *u, struct graphql_usage *to, const struct graphql_fragment *f);

/* Does a fragment spread itself, or are fragments nested deeper than GRAPHQL_DEPTH_MAX? Adds errors. */
bool graphql_usage_is_circular(const struct graphql_usages *u, json_t **errors);

/* Checks the variables of an operation, and marks in is_used, by number, the fragments that it reaches. */
void graphql_usage_check(struct graphql_usages *u, const struct graphql_operation *o, const struct graphql_usage *own, bool *is_used,
			 json_t **errors);

#endif
