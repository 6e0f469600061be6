/* hashed_token: the mechanisms HT-* (draft-schmaus-kitten-sasl-ht-08): whoever can hash with a token has it. One round trip.
 *
 * For tokens of XEP-0484 only, which says what goes with them (struct sasl_token). Test: test/unit/auth/hashed_token_test.c */
#ifndef MEERKAT_AUTH_HASHED_TOKEN_H
#define MEERKAT_AUTH_HASHED_TOKEN_H

#include "auth/fast.h"
#include "auth/mechanism.h"

struct hashed_token_state {
	struct jid who;
	struct str proof; /* ours, while an account is looked for */
};

/* Strongest first. */
extern const struct mechanism hashed_token_mechanisms[];
extern const size_t hashed_token_mechanism_count;

/* What a token for this mechanism is good for. */
struct fast_token_use hashed_token_use(const struct mechanism *m);

/* Does the connection have what the mechanism binds to? */
bool hashed_token_fits(const struct mechanism *m, const struct sasl_context *c);

#endif
