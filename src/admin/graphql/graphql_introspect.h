/* graphql_introspect: a schema as the answer to questions about itself (§4).
 *
 * Threads: any. Test: test/unit/admin/graphql_execute_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_INTROSPECT_H
#define MEERKAT_ADMIN_GRAPHQL_INTROSPECT_H

#include "admin/graphql/graphql_collect.h"
#include "admin/graphql/graphql_schema.h"

enum { GRAPHQL_INTROSPECT_VALUES_MAX = 200000 };

struct graphql_introspection {
	const struct graphql_schema *schema;
	struct graphql_collector *collector;
	uint32_t values; /* that may still be written; 0: the answer is not complete */
};

/* What __schema and __type(name:) are, as far as it is asked for. An unknown type is null. */
json_t *graphql_introspect_schema(struct graphql_introspection *i, struct graphql_group *asked);
json_t *graphql_introspect_type(struct graphql_introspection *i, struct str name, struct graphql_group *asked);

#endif
