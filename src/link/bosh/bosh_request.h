/* bosh_request: one HTTP request of a BOSH client, between the loop where it came in and the loop of its session.
 *
 * It is made and freed on the loop of its exchange. Meanwhile the session has it, answers it exactly once, and does not touch it any more.
 * If the client goes away, the session is told to look which requests are gone. Threads: as said at each. Test: test/wire/26-bosh/ */
#ifndef MEERKAT_LINK_BOSH_REQUEST_H
#define MEERKAT_LINK_BOSH_REQUEST_H

#include <stdatomic.h>

#include "http/exchange.h"
#include "link/bosh/bosh_body.h"
#include "link/bosh/bosh_directory.h"

struct bosh_request {
	struct letter letter; /* on its way there and back */
	struct exchange_holder holder;
	struct exchange *exchange; /* the exchange's loop's; NULL: the client has gone */
	struct loop *loop;         /* of the exchange */
	_Atomic bool is_gone;
	char *answer;
	int status; /* of HTTP */
	/* For the session. */
	struct bosh_body body; /* its elements may be taken: NULL then */
	enum stream_error fault; /* what is wrong with its text */
	size_t bytes;
	uint64_t since_ms; /* the session's: when it was accepted */
};

/* Reads the text of the exchange, which is kept by it. On the exchange's loop. */
struct bosh_request *bosh_request_new(struct exchange *x);
/* Nobody has been told of it: answers it at once. */
void bosh_request_refuse(struct bosh_request *r, int status, const char *condition);

/* From now on it waits for its answer: finds the session, or answers that there is none. On the exchange's loop. */
void bosh_request_send(struct bosh_request *r);
/* The same for one that begins a session here. */
void bosh_request_keep(struct bosh_request *r);

/* The answer: text on the heap, which becomes the request's. From the session's loop; the request is gone. */
void bosh_request_answer(struct bosh_request *r, char *text);

/* A body that ends a session that is not there. On the heap. */
char *bosh_request_terminate_text(const char *condition);

/* Sets what lets scripts of other sites have the answer; on every answer. */
void bosh_request_set_headers(struct exchange *x);

#endif
