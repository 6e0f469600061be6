/* fast: the tokens of accounts for fast logins (XEP-0484): issued, checked, renewed, taken back.
 *
 * They are a map of the store, kind "fast", by client; fast_token.h says what of them. A change of password, a ban and the end of an
 * account delete them all. What is read and then written is written only if nobody has changed it meanwhile, so that of two logins with
 * the same count one fails. A client that is not known costs the same time as one whose proof is wrong.
 * Answers come as account.h says. Threads: any that has a mailbox. Test: test/unit/auth/fast_test.c */
#ifndef MEERKAT_AUTH_FAST_H
#define MEERKAT_AUTH_FAST_H

#include "auth/account.h"
#include "auth/fast_token.h"

#define FAST_KIND "fast"

enum { FAST_CLIENTS_MAX = 64 }; /* of one account: with one more the tokens that end first go */

/* Options of mod_fast_auth_token. */
struct fast_options {
	int64_t access_ms;               /* how long a token is good */
	int64_t rotate_before_expire_ms; /* so long before its end its user gets another */
};

/* What somebody says who logs in with a token. */
struct fast_claim {
	struct str client;
	struct fast_token_use use;
	struct str binding_data; /* empty: none */
	struct str proof;
	int64_t count;      /* -1: not said */
	bool needs_count;   /* it came in a way in which it could be said again by somebody else: TLS early data */
	bool invalidates;   /* the client's tokens go */
	int64_t rotate_before_expire_ms;
};

enum fast_verdict { FAST_RIGHT, FAST_WRONG, FAST_EXPIRED, FAST_BANNED, FAST_FAILED };

struct fast_answer {
	enum fast_verdict verdict; /* what is not FAST_RIGHT or FAST_WRONG is said only of the right token, or FAST_FAILED: the store */
	struct str proof;          /* FAST_RIGHT: the server's; valid during the call */
	bool is_due;               /* time for another token */
};

typedef void fast_checked(void *context, const struct fast_answer *answer);

/* Everything given is copied. What the answer says is durable. */
void fast_check(struct account_asker asker, struct jid who, const struct fast_claim *claim, fast_checked *done);

struct fast_wish {
	struct str client;
	struct fast_token_use use;
	int64_t access_ms;
	int64_t since_ms; /* when the login began that it is for, Unix time */
};

/* ERR_NONE, ERR_ACCESS (fast_revoke came between the login and this), or what failed. The token is valid during the call. */
typedef void fast_issued(void *context, enum err result, struct str token, int64_t expiry_ms);

/* A fresh token for this client. The one it uses now stays good until the fresh one is used. */
void fast_issue(struct account_asker asker, struct jid who, const struct fast_wish *wish, fast_issued *done);

/* Steps of a job: all tokens of this owner go, and none is given for a login that has begun already. */
void fast_revoke(struct store_job *job, struct str owner);

#endif
