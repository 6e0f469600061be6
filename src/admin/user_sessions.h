/* user_sessions: what is told of a session, and the operations about the sessions of one account. Threads: the loop of the session.
 * Test: test/wire/81-operations/sessions.wire */
#ifndef MEERKAT_ADMIN_USER_SESSIONS_H
#define MEERKAT_ADMIN_USER_SESSIONS_H

#include "route/operation.h"
#include "route/session.h"

extern const struct operation_type user_sessions_type; /* a list of what session_view_json makes */

/* Is it available, and says its presence "away", "chat", "dnd" or "xa"; or nothing of them ("available", "online")? */
bool user_sessions_has_status(const struct session *s, struct str status);
json_t *user_sessions_describe_status(const struct session *s);

#endif
