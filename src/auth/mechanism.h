/* mechanism: the seam between an exchange and its mechanism: a const struct for each, and what a mechanism may do to the exchange.
 *
 * A step ends in exactly one of: an answer (challenge, succeed, fail), or a question to an account whose answer does so. After an answer the
 * exchange may be gone. A question's context is a ticket, so that an exchange can be dropped while the question is out.
 * Threads: the exchange's. Test: test/unit/auth/sasl_test.c */
#ifndef MEERKAT_AUTH_MECHANISM_H
#define MEERKAT_AUTH_MECHANISM_H

#include "auth/method.h"
#include "auth/sasl.h"

struct mechanism {
	const char *option; /* in the configuration */
	const char *name;   /* on the wire */
	unsigned needs;     /* one of enum method_service, from some method of the host; 0: a token */
	bool shows_password; /* only for encrypted connections */
	bool binds;          /* -PLUS, and HT but for -NONE */
	enum config_hash hash; /* SCRAM, HT */
	uint8_t token_binding; /* enum fast_token_binding: HT */
	bool may_say_nothing; /* no initial response is as good as an empty one: the client is not asked for it */
	size_t state_bytes; /* zeroed at the start, wiped at the end */
	/* The client's bytes. Not called while a question is out. */
	void (*step)(struct sasl *s, struct str data);
};

struct sasl {
	const struct mechanism *mechanism;
	struct sasl_context about; /* its strings are in the arena */
	bool offers_binding;       /* some -PLUS is offered on this connection */
	void (*on_answer)(void *context, const struct sasl_answer *answer);
	void *context;
	struct arena arena;
	struct mechanism_ticket *ticket; /* of the question that is out; NULL */
	bool has_begun, is_over, token_is_due;
	int method; /* enum config_auth_method: which one has said yes; after success */
	int64_t began_ms;          /* Unix time */
	struct jid claimed;        /* who the client says it is */
	struct jid who;
	void *state; /* the mechanism's */
};

void mechanism_challenge(struct sasl *s, struct str data);
void mechanism_succeed(struct sasl *s, struct jid who, struct str data);
void mechanism_fail(struct sasl *s, enum sasl_failure failure);

/* The asker of a question; its answer must be redeemed. */
struct account_asker mechanism_ask(struct sasl *s);

/* The exchange that asked, or NULL if it is gone. Once for each question. */
struct sasl *mechanism_redeem(void *context);

/* Nobody waits for the answer any more, if one is out. */
void mechanism_drop(struct sasl *s);

/* Who wants to log in, from what both kinds of mechanisms send: authcid is a user or a bare address of this host, authzid is absent or the
 * same. SASL_FAILURE_NONE if so. */
enum sasl_failure mechanism_find_who(struct sasl *s, struct str authcid, struct str authzid, struct jid *who_out);

/* The answer to the question whether who the client says it is may log in, for mechanisms with which that is all. */
void mechanism_on_checked(void *context, enum err result);

/* What to tell the client of an account's answer. */
enum sasl_failure mechanism_failure_of(enum err e);

#endif
