/* rest_handler: REST at a path of a listener: for administrators (mongoose_admin_api) and for users about themselves (mongoose_client_api).
 *
 * A request is found in the table of rest_route.h, its caller logs in (web_login.h), its parts become arguments (rest_arguments.h), the
 * operation runs, and its answer takes the shape of the table (rest_reply.h). Below /api-docs are the document of it all and a page that
 * shows it. Threads: as handler.h says. Test: test/clients/rest_test.py */
#ifndef MEERKAT_ADMIN_REST_HANDLER_H
#define MEERKAT_ADMIN_REST_HANDLER_H

#include "http/handler.h"

/* Their world is a struct realm. */
extern const struct handler rest_handler_admin, rest_handler_client;

#endif
