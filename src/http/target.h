/* target: what a request asks for (RFC 9112 §3.2, RFC 3986): path, query and host, checked and normalised.
 *
 * Nothing but visible ASCII is accepted. The path is decoded, but for "%2F" and "%25", which stay as they are, so that a slash is always a
 * separator and different paths stay different; "." and ".." are resolved, and what would leave the root is refused.
 * Threads: any. Test: test/unit/http/target_test.c, test/fuzz/http1_fuzz.c */
#ifndef MEERKAT_HTTP_TARGET_H
#define MEERKAT_HTTP_TARGET_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

struct target {
	struct str path;      /* begins with "/"; or "*" */
	struct str query;     /* STR_NONE: none */
	struct str authority; /* of an absolute target, "example.org:5280"; STR_NONE otherwise */
};

/* "/a/b?c", "http://host/a", "*". False: malformed, or another form. Texts are in the arena or in `raw`. */
bool target_read(struct str raw, struct arena *a, struct target *out);

/* A value of the Host header: the name in lower case without port, in the arena; "[::1]" with its brackets. False: malformed. An empty value
 * is an empty name. */
bool target_read_host(struct str raw, struct arena *a, struct str *host_out);

/* Decodes %XX (and "+" as a space if `is_form`), appending to out. False: malformed, or it has a control character. */
bool target_decode(struct str raw, bool is_form, struct buf *out);

#endif
