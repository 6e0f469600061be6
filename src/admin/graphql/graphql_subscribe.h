/* graphql_subscribe: a subscription (§6.2.3): one operation that begins a feed, and each of its events in the shape that was asked for.
 *
 * Threads: the loop's. Test: test/clients/graphql_sse_test.py */
#ifndef MEERKAT_ADMIN_GRAPHQL_SUBSCRIBE_H
#define MEERKAT_ADMIN_GRAPHQL_SUBSCRIBE_H

#include "admin/graphql/graphql_request.h"
#include "base/ip.h"

struct graphql_subscription;

/* on_refused or on_begun comes first, never from within graphql_subscribe. After on_refused the subscription is gone. */
struct graphql_subscriber {
	struct ip peer;
	/* It is not valid, or was refused. Owns the reply. */
	void (*on_refused)(void *context, json_t *reply);
	void (*on_begun)(void *context);
	/* Owns the event: {"data": ...}. */
	void (*on_event)(void *context, json_t *event);
	/* Nothing more will come; graphql_subscribe_end is still to be called. */
	void (*on_ended)(void *context);
	void *context;
};

struct graphql_subscription *graphql_subscribe(const struct graphql_request *r, const struct graphql_subscriber *s);

/* At any time but after on_refused; nothing is called any more. Clears your pointer. */
void graphql_subscribe_end(struct graphql_subscription **s);

#endif
