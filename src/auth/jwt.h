/* jwt: tells whether a signed token is good, and whom it names (RFC 7519, RFC 7515, RFC 7518).
 *
 * The algorithm is the configuration's and never the token's: a token whose header says another one is refused before anything is
 * computed, so that neither "none" nor a public key taken for an HMAC secret can get through. Encrypted tokens (JWE), several signatures and
 * critical extensions are refused. Written over OpenSSL and jansson, see docs/decisions.
 * Threads: any, a key is constant. Test: test/unit/auth/jwt_test.c */
#ifndef MEERKAT_AUTH_JWT_H
#define MEERKAT_AUTH_JWT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { JWT_TOKEN_BYTES_MAX = 16384 };

struct jwt_key;

/* `algorithm` is one of HS256 to ES512. The text is the secret itself for HS..., otherwise a public key or a certificate in PEM. The claim is
 * the one that names the user. NULL with why if algorithm and text do not go together. */
struct jwt_key *jwt_key_new(struct str algorithm, struct str text, const char *claim, struct why *why);
void jwt_key_free(struct jwt_key **k);

enum jwt_verdict {
	JWT_GOOD,
	JWT_MALFORMED,
	JWT_WRONG_ALGORITHM,
	JWT_WRONG_SIGNATURE,
	JWT_EXPIRED,   /* exp */
	JWT_TOO_EARLY, /* nbf, iat */
	JWT_NO_NAME,   /* the claim is not there, or no text */
};

/* For the log: "the token has expired". */
const char *jwt_verdict_text(enum jwt_verdict v);

/* Good: *name_out is the text of the claim, in the arena. now_s: seconds since 1970. */
enum jwt_verdict jwt_verify(const struct jwt_key *k, struct str token, int64_t now_s, struct arena *a, struct str *name_out);

/* An HMAC secret that is shorter than its hash is easier to guess than RFC 7518 §3.2 allows. */
bool jwt_key_is_short(const struct jwt_key *k);

#endif
