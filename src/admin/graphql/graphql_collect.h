/* graphql_collect: the fields of a selection set, by their names in the answer, with fragments put in their places (§6.3.2).
 *
 * Fragments can multiply what a short document asks for: every step is paid from a budget. Threads: any.
 * Tests: test/unit/admin/graphql_validate_test.c, test/unit/admin/graphql_execute_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_COLLECT_H
#define MEERKAT_ADMIN_GRAPHQL_COLLECT_H

#include <jansson.h>

#include "admin/graphql/graphql_document.h"
#include "base/arena.h"

enum { GRAPHQL_BUDGET = 50000, GRAPHQL_LEVELS_MAX = 64 };

struct graphql_collector {
	const struct graphql_document *document;
	struct arena *arena;
	const json_t *variables; /* by which @skip and @include decide; NULL: nothing is left out */
	uint32_t budget;         /* at first GRAPHQL_BUDGET; 0: it is used up, and what was collected is not complete */
};

/* Fields with one name in the answer; their selections belong together. */
struct graphql_group {
	const struct graphql_selection **fields;
	size_t count, cap;
	struct graphql_group *next;
	bool is_collected;
	struct graphql_group *selected; /* once collected */
};

/* The fields that the fields of a group select together. Done once for each group. */
struct graphql_group *graphql_collect(struct graphql_collector *c, struct graphql_group *of);
/* The same for an object that is one of a union: without fragments on the others. Done again each time. */
struct graphql_group *graphql_collect_member(struct graphql_collector *c, const struct graphql_group *of, struct str object,
					     struct str of_union);
/* The fields of an operation. */
struct graphql_group *graphql_collect_root(struct graphql_collector *c, const struct graphql_operation *o);

#endif
