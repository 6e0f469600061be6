/* errand_query: an operation that is what a client of the account would ask the server, and whose reply is made of the answer.
 *
 * Threads: the loop of the operation's call. Test: test/wire/81-operations/ */
#ifndef MEERKAT_ROUTE_ERRAND_QUERY_H
#define MEERKAT_ROUTE_ERRAND_QUERY_H

#include "route/errand.h"
#include "route/operation.h"

struct errand_query {
	struct operation_call *call;
	struct str user;    /* the account, prepared */
	const char *type;   /* "get" or "set" */
	struct str payload; /* one element with its namespace, well-formed */
	/* Ends the call: the result as it came, its payload (NULL: none). */
	void (*reply)(struct operation_call *c, const struct stanza *answer, const struct node *payload);
};

/* Errors end the call by themselves. */
void errand_query_start(const struct errand_query *q);

#endif
