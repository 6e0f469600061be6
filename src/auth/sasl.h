/* sasl: one authentication exchange (RFC 6120 §6, RFC 4422), mechanisms behind one interface, one file each.
 *
 * The exchange is fed decoded bytes and answers decoded bytes; XML and base64 are the stream's. Steps may need the store or a job thread:
 * then the answer comes later, on the same thread. An exchange can be dropped at any time, also while it waits (sasl_free).
 * Unknown users get the same exchange, work and answer as wrong passwords. Threads: one at a time; not moved while waiting.
 * Test: test/unit/auth/sasl_test.c */
#ifndef MEERKAT_AUTH_SASL_H
#define MEERKAT_AUTH_SASL_H

#include <stdbool.h>

#include "auth/account.h"
#include "auth/fast_token.h"
#include "base/arena.h"
#include "base/str.h"
#include "conf/config.h"
#include "xmpp/jid.h"

/* RFC 6120 §6.5, from sasl_failure.def-like order of the RFC. */
enum sasl_failure {
	SASL_FAILURE_NONE,
	SASL_FAILURE_ABORTED,
	SASL_FAILURE_ACCOUNT_DISABLED,
	SASL_FAILURE_CREDENTIALS_EXPIRED,
	SASL_FAILURE_ENCRYPTION_REQUIRED,
	SASL_FAILURE_INCORRECT_ENCODING,
	SASL_FAILURE_INVALID_AUTHZID,
	SASL_FAILURE_INVALID_MECHANISM,
	SASL_FAILURE_MALFORMED_REQUEST,
	SASL_FAILURE_MECHANISM_TOO_WEAK,
	SASL_FAILURE_NOT_AUTHORIZED,
	SASL_FAILURE_TEMPORARY_AUTH_FAILURE,
};

const char *sasl_failure_condition(enum sasl_failure f); /* "not-authorized" */

enum sasl_result {
	SASL_CHALLENGE, /* data is to be sent */
	SASL_SUCCESS,   /* data (may be absent) goes with it; who is set */
	SASL_FAILED,
};

struct sasl_answer {
	enum sasl_result result;
	enum sasl_failure failure;
	struct str data; /* raw bytes; data NULL: none; valid during the callback */
};

/* Channel-binding data (RFC 5929, RFC 9266); the type's name is "tls-exporter", "tls-unique", "tls-server-end-point". */
struct sasl_binding {
	const char *type; /* NULL ends a list */
	struct str data;
};

enum { SASL_BINDINGS_MAX = 3 };

/* What goes with a login by a token (XEP-0484). */
struct sasl_token {
	struct str client;  /* id of the user agent that has it */
	int64_t count;      /* -1: not said */
	bool needs_count;   /* what the client says may be a repetition of what somebody has heard */
	bool invalidates;   /* the client's tokens are good no more, this one included */
	int64_t rotate_before_expire_ms;
};

/* The names in the client's certificate. */
struct sasl_certificate {
	const struct str *addresses; /* XMPP addresses, as they stand there */
	size_t address_count;
	const struct str *common_names;
	size_t common_name_count;
};

/* What the mechanisms need to know of the connection. */
struct sasl_context {
	struct account_asker asker; /* .context is the exchange's own business */
	struct str host;            /* prepared domain */
	struct sasl_binding bindings[SASL_BINDINGS_MAX + 1]; /* empty without TLS */
	bool is_encrypted;          /* TLS, or a peer for whom PLAIN may be allowed (loopback, allow_plain_without_tls) */
	struct str announced;       /* what the client was shown, in the form of XEP-0474 §5.1; data NULL: it is not told of that again */
	const struct sasl_certificate *certificate; /* that the client has shown and that is good; NULL: none. Outlives the exchange */
	const struct sasl_token *token; /* NULL: it does not log in by a token */
};

struct sasl;

/* Mechanism names to offer, strongest first, e.g. "SCRAM-SHA-256-PLUS"; returns the count, at most max. */
size_t sasl_offered(const struct sasl_context *c, const struct config_listen *listen, const char **names_out, size_t max);

/* The same for the mechanisms of tokens, which sasl_new takes where the context has a token. */
size_t sasl_offered_for_tokens(const struct sasl_context *c, const char **names_out, size_t max);
/* False if it is not one of them. */
bool sasl_find_token_use(const struct sasl_context *c, struct str mechanism, struct fast_token_use *out);

/* Starts an exchange for an offered mechanism; NULL if the name is not offered. on_answer runs on this thread, maybe at once. */
struct sasl *sasl_new(const struct sasl_context *c, const struct config_listen *listen, struct str mechanism,
		      void (*on_answer)(void *context, const struct sasl_answer *answer), void *context);

/* The client's bytes: the initial response (data NULL: there was none, as opposed to an empty one), then responses. */
void sasl_step(struct sasl *s, struct str data);

/* The bare address that was authenticated, after SASL_SUCCESS; lives in the exchange. */
struct jid sasl_who(const struct sasl *s);

/* Who the client says it is, as soon as it has said so in a form that an address can have; unset: it has not. */
struct jid sasl_claimed(const struct sasl *s);

/* When the exchange began, Unix time. */
int64_t sasl_began_ms(const struct sasl *s);

/* After SASL_SUCCESS: is the account of a kind of which it can be asked later whether it is still there? Otherwise there is no token for it. */
bool sasl_may_have_token(const struct sasl *s);

/* After SASL_SUCCESS: it is a user without account, who is gone with its last session. */
bool sasl_is_guest(const struct sasl *s);

/* After SASL_SUCCESS: it was by a token whose end is so near that the client should get another. */
bool sasl_token_is_due(const struct sasl *s);

/* Also while an answer is outstanding: it will not come. Wipes secrets. */
void sasl_free(struct sasl **s);

#endif
