/* graphql_merge: fields with one name in the answer must ask for the same (§5.3.2).
 *
 * Threads: any. Test: test/unit/admin/graphql_validate_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_MERGE_H
#define MEERKAT_ADMIN_GRAPHQL_MERGE_H

#include <jansson.h>

#include "admin/graphql/graphql_schema.h"

/* Of an operation that is valid otherwise. False with errors; also when the document asks for more than GRAPHQL_BUDGET. */
bool graphql_merge_check(const struct graphql_document *d, const struct graphql_operation *o, struct arena *a, json_t **errors);

#endif
