/* graphql_error: what a request gets that is wrong (§7.1.2): message, locations, path and a code for programs.
 *
 * Threads: any. Test: test/unit/admin/graphql_execute_test.c */
#ifndef MEERKAT_ADMIN_GRAPHQL_ERROR_H
#define MEERKAT_ADMIN_GRAPHQL_ERROR_H

#include <jansson.h>

#include "admin/graphql/graphql_document.h"

enum { GRAPHQL_ERRORS_MAX = 20 }; /* more than these help nobody */

/* Adds to the array, which it makes if it is NULL. Line 0: there is no place. `code` is a short lower-case word. */
__attribute__((format(printf, 4, 5))) void graphql_error_add(json_t **errors, struct graphql_place place, const char *code, const char *format,
							     ...);

#endif
