/* graphql_complete: what an operation has answered, as far as it is asked for (§6.4.3).
 *
 * Threads: any. Test: test/unit/admin/graphql_execute_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_COMPLETE_H
#define MEERKAT_ADMIN_GRAPHQL_COMPLETE_H

#include "admin/graphql/graphql_collect.h"
#include "admin/graphql/graphql_schema.h"

/* A new value. NULL: it is not what the type promises, so what is around it is null. */
json_t *graphql_complete(struct graphql_collector *c, const json_t *value, const struct graphql_type *t, struct graphql_group *asked);

#endif
