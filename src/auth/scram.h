/* scram: the arithmetic of SCRAM (RFC 5802, 7677, and the same with SHA-224, -384, -512), and the keys stored in place of passwords.
 *
 * Known-answer tests run at start (scram_self_test). Threads: any; scram_derive takes milliseconds and belongs on a job thread.
 * Test: test/unit/auth/scram_test.c */
#ifndef MEERKAT_AUTH_SCRAM_H
#define MEERKAT_AUTH_SCRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "conf/config.h"

enum { SCRAM_HASH_BYTES_MAX = 64, SCRAM_SALT_BYTES = 16 };

/* The keys of one hash. */
struct scram_keys {
	bool present;
	uint8_t salt[SCRAM_SALT_BYTES];
	uint32_t iterations;
	uint8_t stored_key[SCRAM_HASH_BYTES_MAX], server_key[SCRAM_HASH_BYTES_MAX];
};

/* What an account has: one entry per enum config_hash. */
struct scram_record {
	struct scram_keys hash[CONFIG_HASH_COUNT];
};

const char *scram_hash_name(enum config_hash h);  /* "SHA-1": as in the mechanism's name */
size_t scram_hash_bytes(enum config_hash h);

/* Keys from a password that is already prepared (saslprep). PBKDF2: slow. */
void scram_derive(struct scram_keys *out, enum config_hash h, struct str password, const uint8_t salt[SCRAM_SALT_BYTES], uint32_t iterations);

/* Does the password give these keys? PBKDF2: slow; compares in constant time. */
bool scram_verify_password(const struct scram_keys *keys, enum config_hash h, struct str password);

/* Does the client's proof (scram_hash_bytes long) fit the messages exchanged (RFC 5802 §3, AuthMessage)? Signs them as the server too,
 * and does the same work whatever the answer. */
bool scram_check_proof(const struct scram_keys *keys, enum config_hash h, struct str auth_message, const uint8_t *proof, uint8_t *signature_out);

/* Prepares a password (RFC 4013); false if it cannot be one. The result is on the heap, zero-terminated. */
bool scram_prepare_password(struct str password, char **out);

/* False if the library computes something else than the RFCs' examples. */
bool scram_self_test(void);

#endif
