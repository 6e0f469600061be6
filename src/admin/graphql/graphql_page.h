/* graphql_page: a page to ask with, for browsers: GraphiQL, from the folder that tools/graphiql-page has made (docs/decisions/0018).
 *
 * Threads: the loop of the request. Test: test/browser/graphiql_test.py */
#ifndef MEERKAT_ADMIN_GRAPHQL_PAGE_H
#define MEERKAT_ADMIN_GRAPHQL_PAGE_H

#include "http/exchange.h"
#include "http/folder.h"

/* Is it a browser that asks for nothing but the page? */
bool graphql_page_is_wanted(const struct exchange *x);
void graphql_page_answer(struct exchange *x);

/* The paths of its files, below that of the handler. */
bool graphql_page_has(struct str subpath);
/* folder NULL: it is not installed. */
void graphql_page_answer_file(const struct folder *folder, struct exchange *x);

#endif
