/* digest: the hashes of SCRAM, HMAC (RFC 2104) and PBKDF2 (RFC 8018 §5.2) over them.
 *
 * OpenSSL's algorithms are fetched once for the process and its contexts made once for each thread, because fetching and making cost
 * more than a hash of some hundred bytes. A failure of OpenSSL is a failed check. Threads: any. Test: test/unit/auth/digest_test.c */
#ifndef MEERKAT_AUTH_DIGEST_H
#define MEERKAT_AUTH_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "conf/config.h"

enum { DIGEST_BYTES_MAX = 64 };

/* Of what the hash gives: 20 for SHA-1. */
size_t digest_bytes(enum config_hash h);

/* All outputs have room for digest_bytes. */
void digest_make(enum config_hash h, struct str data, uint8_t *out);
void digest_hmac(enum config_hash h, struct str key, struct str data, uint8_t *out);

/* One block of it, as long as the hash. Slow: each iteration is two hashes. */
void digest_pbkdf2(enum config_hash h, struct str password, struct str salt, uint32_t iterations, uint8_t *out);

#endif
