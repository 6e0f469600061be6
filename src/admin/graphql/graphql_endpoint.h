/* graphql_endpoint: a configured mongoose_graphql_handler, and what its ways of asking share: reading a request, knowing who asks, answering.
 *
 * Counted by its listener and by what is under way. Threads: any reads it; the rest the loop of the request.
 * Test: test/clients/graphql_test.py */
#ifndef MEERKAT_ADMIN_GRAPHQL_ENDPOINT_H
#define MEERKAT_ADMIN_GRAPHQL_ENDPOINT_H

#include <jansson.h>

#include "admin/graphql/graphql_request.h"
#include "admin/web_login.h"
#include "http/exchange.h"
#include "http/folder.h"

struct graphql_endpoint {
	_Atomic uint32_t refs;
	struct realm *realm;
	enum operations_role role;
	struct handlers_credentials credentials;
	struct option_list categories; /* of struct str; count 0: all */
	uint32_t idle_ms;              /* of subscriptions; 0: without end */
	struct graphql_schema *schema;
	struct folder *page; /* of GraphiQL; NULL: it is not installed */
	struct arena arena;
};

/* A request on its way: embedded. */
struct graphql_endpoint_ask {
	struct exchange_holder holder;
	struct exchange *exchange; /* NULL: the client went away, or it is answered */
	struct graphql_endpoint *endpoint; /* counted */
	struct web_login login;
	json_t *request; /* query, variables, operationName: of these types */
};

/* One; the caller's. */
struct graphql_endpoint *graphql_endpoint_new(const struct handler_site *site);
void graphql_endpoint_unref(struct graphql_endpoint **e);

/* The JSON object that is posted, or the same from the parameters of the query; NULL: there is none. */
json_t *graphql_endpoint_read_body(const struct exchange *x);
json_t *graphql_endpoint_read_parameters(const struct exchange *x);
/* What is wrong with it; NULL: it is as it has to be. */
const char *graphql_endpoint_objection(const json_t *request);

/* The text, the name and the variables of one without objection, into `out`; they stay the request's. */
void graphql_endpoint_fill(struct graphql_request *out, const json_t *request);

/* Begins: the ask takes the request, and on_login is called when it is known who asks, maybe from within, maybe when the exchange is gone. */
void graphql_endpoint_ask_begin(struct graphql_endpoint_ask *a, struct graphql_endpoint *e, struct exchange *x, json_t *request,
				void (*on_login)(struct web_login *l, enum web_login_verdict v));
void graphql_endpoint_ask_end(struct graphql_endpoint_ask *a);
/* What is to be executed; the parts belong to the ask. */
struct graphql_request graphql_endpoint_request(const struct graphql_endpoint_ask *a, bool is_authorized);

/* Answers; the exchange is gone. */
void graphql_endpoint_answer(struct exchange *x, int status, const json_t *reply);
void graphql_endpoint_refuse(struct exchange *x, const char *objection);

#endif
