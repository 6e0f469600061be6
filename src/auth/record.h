/* record: what the store keeps of an account: keys for some hashes, and the password itself only where the configuration asks for it.
 *
 * Bytes: a version (1), then fields of a tag, a length (two bytes, the higher one first) and content. Tag 1 + hash: iterations (four bytes),
 * salt, stored key, server key. Tag 64: the prepared password. Threads: any. Test: test/unit/auth/record_test.c */
#ifndef MEERKAT_AUTH_RECORD_H
#define MEERKAT_AUTH_RECORD_H

#include <stdbool.h>

#include "auth/scram.h"
#include "base/buf.h"
#include "base/str.h"

struct record {
	struct scram_record keys;
	struct str password; /* data NULL: not kept */
};

void record_encode(const struct record *r, struct buf *out);

/* False if the bytes are not a record, or one of a newer version. The password points into the bytes. */
bool record_decode(struct str data, struct record *out);

#endif
