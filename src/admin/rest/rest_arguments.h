/* rest_arguments: what of a request is which argument of the operation: path, query and body, as the route says.
 *
 * What the route does not name is an error, as is what does not fit the argument; the sentence speaks of the request, not of the operation.
 * Threads: any. Test: test/unit/admin/rest_arguments_test.c, test/fuzz/rest_fuzz.c */
#ifndef MEERKAT_ADMIN_REST_ARGUMENTS_H
#define MEERKAT_ADMIN_REST_ARGUMENTS_H

#include <jansson.h>

#include "admin/rest/rest_route.h"
#include "base/err.h"

/* Does the route take a JSON object? */
bool rest_arguments_have_body(const struct rest_route *r);

/* A new object, for operations_request.args; NULL with why: the request is wrong. query: not decoded, STR_NONE if there was none. body: text;
 * looked at only if the route takes one. */
json_t *rest_arguments_make(const struct rest_match *m, struct str query, struct str body, struct why *why);

/* Of these arguments those that another operation knows; a new object. */
json_t *rest_arguments_for(const struct operation *o, const json_t *args);

/* The words that a part may have here, "invite|accept"; NULL: any that the argument may have. In the arena. */
const char *rest_arguments_words(const struct rest_part *part, struct arena *a);

#endif
