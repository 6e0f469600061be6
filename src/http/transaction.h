/* transaction: an exchange with what its maker needs: where it goes, what was set of its answer, and the way back to the client.
 *
 * A way is a version of HTTP. It makes a transaction when a request begins, fills in the head, asks for the route, collects the body, and then
 * lets it run; from there the handler owns it until it has answered. The way is called back for the answer and frees the transaction when the
 * answer is complete, or cancels it. Internal to http. Threads: the loop's. Test: test/unit/http/http_conn_test.c */
#ifndef MEERKAT_HTTP_TRANSACTION_H
#define MEERKAT_HTTP_TRANSACTION_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/exchange.h"
#include "http/hosting.h"

struct transaction;
struct compression;

/* A header of the answer, in the order they were set. */
struct transaction_header {
	struct transaction_header *next;
	struct str name, value;
};

struct transaction_way {
	/* The head of the answer: status and t->answer; body_len -1: not known yet. `has_body` false: none will come. */
	void (*send_head)(struct transaction *t, int status, int64_t body_len, bool has_body);
	void (*send_body)(struct transaction *t, struct str piece);
	/* The whole body, which stays; NULL: send_body does. */
	void (*send_constant)(struct transaction *t, struct str body);
	/* The answer is complete: frees it. */
	void (*finish)(struct transaction *t);
	/* It never will be: frees it. */
	void (*abort)(struct transaction *t);
	size_t (*unsent)(const struct transaction *t);
	/* NULL: this version has no such thing. `is_possible`: NULL to is only a question. */
	bool (*can_hand_over)(const struct transaction *t);
	struct exchange_seat *(*hand_over)(struct transaction *t, struct conn *to, const struct conn_handler *h);
};

struct transaction {
	struct exchange x; /* first: the address of one is that of the other */
	const struct transaction_way *way;
	void *client; /* of the way */
	const struct hosting *hosting;
	const struct hosting_route *route;
	struct arena arena;
	struct buf body;
	size_t held_bytes; /* as counted by hosting_rules.hold */
	struct transaction_header *answer, *last;
	struct compression *compression; /* of a streamed answer; NULL: it goes as it is */
	bool is_running;                 /* the handler has it */
	bool has_begun;                  /* the head of the answer is out */
	bool hides_body;                 /* HEAD, 204, 304 */
	bool accepts_chunks;             /* a streamed answer can say where it ends */
};

struct transaction *transaction_new(const struct hosting *hosting, const struct transaction_way *way, void *client,
					const struct conn *c);
void transaction_free(struct transaction **t);

/* The method by its name; 0, or the status of the answer: 501. */
int transaction_set_method(struct transaction *t, struct str name);

/* Target and host as the request has them; all headers are set. 0 or 400. */
int transaction_set_target(struct transaction *t, struct str target, struct str host);

/* Finds the handler; 0, or the status of the answer (404, 405 with Allow, 413). body_len: what the head says, -1: it does not. */
int transaction_route(struct transaction *t, int64_t body_len);

/* More of the body; 0, or the status of the answer (413, 503). */
int transaction_take_body(struct transaction *t, struct str piece);

/* The request is whole: the handler has it. It may be answered, and gone, when this returns. */
void transaction_run(struct transaction *t);

/* Nobody will read the answer: the holder is told, then it is freed. */
void transaction_cancel(struct transaction **t);

/* Answers with a status that the server itself found; the way sees the usual answer. */
void transaction_refuse(struct transaction *t, int status);

/* For the way: everything that was written is on its way. */
void transaction_tell_drained(struct transaction *t);

/* For the way: the listener ends. It may be answered, and gone, when this returns. */
void transaction_tell_ending(struct transaction *t);

#endif
