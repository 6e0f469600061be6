/* rest_answer: answers of REST over HTTP: everything is JSON, errors are a text that says what is wrong. The exchange is gone after each of these.
 *
 * Threads: the loop of the exchange. Test: test/clients/rest_test.py */
#ifndef MEERKAT_ADMIN_REST_ANSWER_H
#define MEERKAT_ADMIN_REST_ANSWER_H

#include <jansson.h>

#include "admin/rest/rest_route.h"
#include "http/exchange.h"

void rest_answer_json(struct exchange *x, int status, const json_t *value);

void rest_answer_refusal(struct exchange *x, int status, const char *message);

/* What an operation has answered (operations_request.on_reply), in the shape of its route. args: what it was given; NULL: nothing. */
void rest_answer_reply(struct exchange *x, const struct rest_match *m, const json_t *reply, const json_t *args);

/* Sets a header to a list of methods: "GET, HEAD, OPTIONS". The exchange is not gone. */
void rest_answer_set_methods(struct exchange *x, const char *header, unsigned methods);

/* 308 to the same path with a slash behind it, for pages whose names are relative. */
void rest_answer_slash(struct exchange *x);

#endif
