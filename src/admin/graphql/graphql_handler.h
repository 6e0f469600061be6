/* graphql_handler: the handler mongoose_graphql_handler: GraphQL over HTTP.
 *
 * POST with a JSON object (query, variables, operationName), or GET with the same as parameters, for queries only; PATH/schema is the
 * schema as text. Syntax and validation
 * errors are 400, wrong credentials 401; all else is 200 with data and errors. Threads: see handler.h. Test: test/clients/graphql_test.py */
#ifndef MEERKAT_ADMIN_GRAPHQL_HANDLER_H
#define MEERKAT_ADMIN_GRAPHQL_HANDLER_H

#include "http/handler.h"

/* Its world is the struct realm. */
extern const struct handler graphql_handler;

#endif
