/* graphql_execute: a request from its text to its answer (§6): parsed, validated, its operations started one after the other.
 *
 * Everything happens on the loop of the caller; the operations run where they belong, and their answers come back through the mailbox.
 * Threads: the loop's. Test: test/unit/admin/graphql_execute_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_EXECUTE_H
#define MEERKAT_ADMIN_GRAPHQL_EXECUTE_H

#include "admin/graphql/graphql_request.h"

enum { GRAPHQL_EXECUTE_CALLS_MAX = 100 }; /* operations of one request */

/* Everything is copied, but what is said to stay. `is_read_only`: nothing may be changed. on_done is called once, not from within unless the
 * request is not valid (400); it owns the reply. */
void graphql_execute(const struct graphql_request *r, bool is_read_only, void (*on_done)(void *context, bool is_valid, json_t *reply),
		     void *context);

#endif
