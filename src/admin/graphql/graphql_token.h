/* graphql_token: the words of a GraphQL text (§2.1).
 *
 * Threads: any. Tests: test/unit/admin/graphql_parse_test.c, test/fuzz/graphql_fuzz.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_TOKEN_H
#define MEERKAT_ADMIN_GRAPHQL_TOKEN_H

#include <stdbool.h>

#include "admin/graphql/graphql_document.h"
#include "base/arena.h"
#include "base/err.h"

enum graphql_token_kind {
	GRAPHQL_TOKEN_END, GRAPHQL_TOKEN_PUNCTUATOR, GRAPHQL_TOKEN_SPREAD, GRAPHQL_TOKEN_NAME, GRAPHQL_TOKEN_INT, GRAPHQL_TOKEN_FLOAT,
	GRAPHQL_TOKEN_STRING,
};

struct graphql_token {
	enum graphql_token_kind kind;
	struct graphql_place place;
	struct str text; /* of a string what it means, in the arena; of the rest what is written */
};

struct graphql_reader {
	struct str text;
	size_t at;
	struct graphql_place place;
	struct arena *arena; /* for the texts of strings */
	struct graphql_token token; /* the present one */
	struct graphql_place failed_at;
	struct why *why;
};

/* `text` is UTF-8 (the caller has checked that) and stays. */
void graphql_token_init(struct graphql_reader *r, struct str text, struct arena *a, struct why *why);

/* On to the next one. False with r->why at r->failed_at. */
bool graphql_token_next(struct graphql_reader *r);

#endif
