/* rest_reply: how the answer of an operation looks in REST: status, body, and where a thing that was made can be found.
 *
 * Errors have a JSON string that says in words what is wrong. Threads: any. Test: test/unit/admin/rest_reply_test.c */
#ifndef MEERKAT_ADMIN_REST_REPLY_H
#define MEERKAT_ADMIN_REST_REPLY_H

#include "admin/rest/rest_route.h"
#include "base/buf.h"

struct rest_reply {
	int status;
	json_t *body;     /* a new value; NULL: none */
	struct str local; /* status 201: the name of what was made, to be put behind the path; points into the operation's reply */
};

/* reply: as operations_request.on_reply gets it. args: what the operation was given. hosts: the domains served here, strings. All are borrowed. */
struct rest_reply rest_reply_make(const struct rest_match *m, const json_t *reply, const json_t *args, const json_t *hosts);

/* A path as exchange.path has it (is_path: its slashes and percent signs stay), or one segment, with %XX for what
 * cannot stand there (RFC 3986 §3.3); appended. */
void rest_reply_escape(struct str text, bool is_path, struct buf *out);

#endif
