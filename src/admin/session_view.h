/* session_view: what administrators see of a session. Threads: the session's loop. Test: test/unit/admin/session_search_test.c */
#ifndef MEERKAT_ADMIN_SESSION_VIEW_H
#define MEERKAT_ADMIN_SESSION_VIEW_H

#include <jansson.h>

#include "route/operation.h"
#include "route/session.h"

/* An object of session_view_type. */
json_t *session_view_json(const struct session *s);
extern const struct operation_type session_view_type;

#endif
