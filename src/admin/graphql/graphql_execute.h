/* graphql_execute: a request from its text to its answer (§6): parsed, validated, its operations started one after the other.
 *
 * Everything happens on the loop of the caller; the operations run where they belong, and their answers come back through the mailbox.
 * Threads: the loop's. Test: test/unit/admin/graphql_execute_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_EXECUTE_H
#define MEERKAT_ADMIN_GRAPHQL_EXECUTE_H

#include <jansson.h>

#include "admin/graphql/graphql_schema.h"
#include "conf/option.h"

enum { GRAPHQL_EXECUTE_CALLS_MAX = 100 }; /* operations of one request */

struct graphql_request {
	const struct graphql_schema *schema; /* stays until on_done */
	struct realm *realm;
	struct mailbox *home; /* of this loop */
	enum operations_role role;
	bool is_authorized;        /* otherwise checkAuth says so, and everything else is refused */
	struct str domain, caller; /* of a domain's administrator; of a user */
	const struct option_list *categories; /* struct str: those that are allowed; NULL: all. Stays until on_done */
	struct str text, operation_name; /* the name empty: the only one */
	const json_t *variables;   /* NULL: none */
	bool is_read_only;         /* nothing may be changed: GET */
	/* Called once, not from within graphql_execute unless the request is not valid (400); owns the reply. */
	void (*on_done)(void *context, bool is_valid, json_t *reply);
	void *context;
};

/* Everything is copied, but what is said to stay. */
void graphql_execute(const struct graphql_request *r);

#endif
