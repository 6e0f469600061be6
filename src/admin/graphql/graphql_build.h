/* graphql_build: fills a new schema: the scalars, introspection's own types (§4), and the operations of the registry.
 *
 * Threads: any. Test: test/unit/admin/graphql_schema_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_BUILD_H
#define MEERKAT_ADMIN_GRAPHQL_BUILD_H

#include "admin/graphql/graphql_schema.h"

void graphql_build(struct graphql_schema *s, enum operations_role role);

/* __typename, and at the query __schema and __type. */
const struct graphql_field *graphql_build_meta_field(const struct graphql_schema *s, const struct graphql_type *object, struct str name);

#endif
