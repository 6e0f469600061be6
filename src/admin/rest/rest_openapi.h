/* rest_openapi: the document that says what REST serves (OpenAPI 3.0.3), made from the routes and the operations they name.
 *
 * Threads: any. Test: test/unit/admin/rest_openapi_test.c; another's validator reads it in test/clients/rest_test.py */
#ifndef MEERKAT_ADMIN_REST_OPENAPI_H
#define MEERKAT_ADMIN_REST_OPENAPI_H

#include <jansson.h>

#include "admin/rest/rest_route.h"

struct rest_openapi {
	const char *title;
	const struct rest_route *routes;
	const struct option_list *groups; /* of struct str; none: all */
	struct str path;                  /* of the handler, "" for "/" */
	bool has_credentials;             /* callers say who they are */
};

/* A new value. */
json_t *rest_openapi_make(const struct rest_openapi *o);

#endif
