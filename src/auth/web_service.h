/* web_service: requests to an HTTP service, one at a time per thread (libcurl).
 *
 * Connections are kept between requests. An answer is bounded in size and time, and a service that is being closed gives up what is under
 * way. Nothing is taken from the environment (proxies), and redirections are not followed: passwords go where the configuration says.
 * Threads: web_service_ask those that may wait; others any. Test: test/wire/31-methods/http-plain.wire */
#ifndef MEERKAT_AUTH_WEB_SERVICE_H
#define MEERKAT_AUTH_WEB_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "conf/pool.h"

enum { WEB_SERVICE_ANSWER_MAX = 65536 };

struct web_service;

/* The settings live as long. `is_closing` becomes true when requests are to be given up. NULL with why: libcurl is missing. */
struct web_service *web_service_new(const struct pool_http *settings, struct str basic_auth, const _Atomic bool *is_closing,
				    struct why *why);
void web_service_free(struct web_service **s);

struct web_service_field {
	const char *name; /* NULL ends a list */
	struct str value;
};

struct web_service_answer {
	int status;
	struct buf body;
	struct why why; /* when there was no answer */
};

/* GET with the fields in the query, or POST with them in the body, as a form. ERR_NONE: there was an answer, whatever its status; its body
 * replaces what is in the buffer. ERR_TIMEOUT, ERR_LIMIT (larger than WEB_SERVICE_ANSWER_MAX) or ERR_SYSTEM otherwise. */
must_use enum err web_service_ask(struct web_service *s, bool is_post, const char *path, const struct web_service_field *fields,
				  struct web_service_answer *out);

#endif
