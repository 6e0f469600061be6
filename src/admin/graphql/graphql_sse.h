/* graphql_sse: subscriptions as server-sent events: GET PATH/sse with query, variables and operationName as parameters.
 *
 * Each event is the JSON of an answer. Threads: the loop of the request. Test: test/clients/graphql_sse_test.py */
#ifndef MEERKAT_ADMIN_GRAPHQL_SSE_H
#define MEERKAT_ADMIN_GRAPHQL_SSE_H

#include "admin/graphql/graphql_endpoint.h"

/* Answers the exchange: with events, 405, 401, or 400 where nothing can be begun. */
void graphql_sse_handle(struct graphql_endpoint *e, struct exchange *x);

#endif
