/* graphql_request: what is asked, by whom, and what may be asked: from the text to the operation that is to be executed (§5, §6.1).
 *
 * Threads: any. Test: test/unit/admin/graphql_execute_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_REQUEST_H
#define MEERKAT_ADMIN_GRAPHQL_REQUEST_H

#include <jansson.h>

#include "admin/graphql/graphql_schema.h"
#include "conf/option.h"

struct graphql_request {
	const struct graphql_schema *schema; /* stays until the end */
	struct realm *realm;
	struct mailbox *home; /* of this loop */
	enum operations_role role;
	bool is_authorized;        /* otherwise checkAuth says so, and everything else is refused */
	struct str domain, caller; /* of a domain's administrator; of a user */
	const struct option_list *categories; /* struct str: those that are allowed; NULL: all. Stays until the end */
	struct str text, operation_name; /* the name empty: the only one */
	const json_t *variables;   /* NULL: none; only read by graphql_request_prepare */
};

/* The operation; lives in the arena, but for the variables. */
struct graphql_request_operation {
	const struct graphql_document *document;
	const struct graphql_operation *operation;
	json_t *variables; /* the caller's */
};

/* `from` with its texts in the arena. */
struct graphql_request graphql_request_copy(const struct graphql_request *from, struct arena *a);

/* Parses, validates, chooses. `kinds`: 1 << enum graphql_operation_kind, those that can be asked for like this. False with errors. */
bool graphql_request_prepare(const struct graphql_request *r, unsigned kinds, struct arena *a, struct graphql_request_operation *out,
			     json_t **errors);

/* May its operations be asked for here? */
bool graphql_request_allows_category(const struct graphql_request *r, struct str category);

#endif
