/* graphql_validate: is a document one that the schema can answer (§5)? Only such a document is executed.
 *
 * Threads: any. Test: test/unit/admin/graphql_validate_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_VALIDATE_H
#define MEERKAT_ADMIN_GRAPHQL_VALIDATE_H

#include <jansson.h>

#include "admin/graphql/graphql_schema.h"

/* False with errors. The arena is for what is needed meanwhile. */
bool graphql_validate(const struct graphql_schema *s, const struct graphql_document *d, struct arena *a, json_t **errors);

#endif
