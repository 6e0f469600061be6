/* graphql_parse: the grammar of a GraphQL request (October 2021 edition, §2), bounded.
 *
 * What the grammar allows and no server executes (definitions of types) is refused as such. Threads: any.
 * Tests: test/unit/admin/graphql_parse_test.c, test/fuzz/graphql_fuzz.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_PARSE_H
#define MEERKAT_ADMIN_GRAPHQL_PARSE_H

#include "admin/graphql/graphql_document.h"
#include "base/arena.h"
#include "base/err.h"

enum {
	GRAPHQL_DEPTH_MAX = 32,     /* of selections, values and types within each other */
	GRAPHQL_TOKENS_MAX = 8000,  /* of a document */
	GRAPHQL_FRAGMENTS_MAX = 100,
};

/* NULL with a sentence in why, and where. `text` has to stay as long as the document; the rest is in the arena. */
const struct graphql_document *graphql_parse(struct str text, struct arena *a, struct graphql_place *failed_at, struct why *why);

#endif
