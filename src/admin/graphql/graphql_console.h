/* graphql_console: GraphQL for administrators who do not come over HTTP: meerkatctl.
 *
 * Threads: any. Test: test/clients/graphql_test.py */
#ifndef MEERKAT_ADMIN_GRAPHQL_CONSOLE_H
#define MEERKAT_ADMIN_GRAPHQL_CONSOLE_H

#include <jansson.h>

#include "admin/graphql/graphql_schema.h"
#include "route/realm.h"

/* Executes {"query": ..., "variables": ..., "operationName": ...}. The schema stays until the end of the loops. on_reply is called once, maybe
 * from within, on any thread; it owns the reply. */
void graphql_console_post(struct realm *realm, const struct graphql_schema *schema, const json_t *request,
			  void (*on_reply)(void *context, json_t *reply), void *context);

#endif
