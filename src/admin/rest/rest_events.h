/* rest_events: the messages of a user as they come, as server-sent events: a subscription of the registry, each event in the form that MongooseIM's
 * /sse has.
 *
 * Threads: the loop of the exchange. Test: test/unit/admin/rest_events_test.c, test/clients/rest_client_test.py */
#ifndef MEERKAT_ADMIN_REST_EVENTS_H
#define MEERKAT_ADMIN_REST_EVENTS_H

#include <jansson.h>

#include "admin/operations.h"
#include "admin/rest/rest_route.h"
#include "http/exchange.h"

struct rest_events_request {
	struct realm *realm;
	const struct rest_match *match; /* of a subscription; borrowed, as is the next */
	struct str caller;
};

/* The exchange is not the caller's any more. */
void rest_events_start(struct exchange *x, const struct rest_events_request *r);

/* What is told of an event of stanza.subscribeForMessages: from, to, id, body, timestamp (microseconds since 1970), and where there is one thread
 * and its parent. NULL: it is not told, as it is no chat message, or has no body. */
json_t *rest_events_describe(const json_t *event, int64_t now_us);

#endif
