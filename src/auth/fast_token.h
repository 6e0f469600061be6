/* fast_token: tokens for fast logins (XEP-0484): how they are made, what the store keeps of them, what proves that somebody has one.
 *
 * No token is kept anywhere. What is kept is salt; with the server's key, which is not in the store, and whose token it is, that gives the
 * token again. So who reads the store cannot log in. A client of an account has up to two: one in use, and a fresh one that it was
 * given but has not used yet (§6.1). Threads: any. Test: test/unit/auth/fast_token_test.c */
#ifndef MEERKAT_AUTH_FAST_TOKEN_H
#define MEERKAT_AUTH_FAST_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "conf/config.h"

enum { FAST_TOKEN_KEY_BYTES = 32, FAST_TOKEN_SALT_BYTES = 16, FAST_TOKEN_CHARS = 44 };

/* What a proof is bound to: the second half of a mechanism's name. */
enum fast_token_binding { FAST_TOKEN_NONE, FAST_TOKEN_UNIQ, FAST_TOKEN_ENDP, FAST_TOKEN_EXPR, FAST_TOKEN_BINDINGS };

/* HT-SHA-256-EXPR and the like. A token is good for one only. */
struct fast_token_use {
	uint8_t hash;    /* enum config_hash */
	uint8_t binding; /* enum fast_token_binding */
};

/* What makes one token. */
struct fast_token {
	bool is_there;
	struct fast_token_use use;
	uint8_t salt[FAST_TOKEN_SALT_BYTES];
	int64_t expiry_ms; /* Unix time */
	int64_t count;     /* the last that was used with it; -1: none yet */
};

struct fast_token_pair {
	struct fast_token current, fresh;
};

/* Whose token it is. */
struct fast_token_owner {
	struct str account; /* bare address */
	struct str client;  /* id of the user agent */
};

/* The text that the client gets: zero-terminated, and its HMAC key. */
void fast_token_make(const uint8_t key[FAST_TOKEN_KEY_BYTES], struct fast_token_owner owner, const struct fast_token *t,
		     char out[FAST_TOKEN_CHARS + 1]);

/* What shows that one has the token: "Initiator" from the client, "Responder" from the server. out: digest_bytes of the hash. */
void fast_token_prove(enum config_hash hash, struct str token, const char *role, struct str binding_data, uint8_t *out);

void fast_token_encode(const struct fast_token_pair *p, struct buf *out);
/* False if the bytes are none, or of a newer version; then there are no tokens. */
bool fast_token_decode(struct str data, struct fast_token_pair *out);

#endif
