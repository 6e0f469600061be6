/* scram_text: keys of SCRAM as text, as MongooseIM writes them for services that keep accounts for it.
 *
 * ==SCRAM==,STORED,SERVER,SALT,ITERATIONS has SHA-1 only; ==MULTI_SCRAM==,ITERATIONS,===SHA1===SALT|STORED|SERVER,==SHA224==... any of the
 * five. Salts of other than 16 bytes are not understood. Threads: any. Test: test/unit/auth/scram_text_test.c */
#ifndef MEERKAT_AUTH_SCRAM_TEXT_H
#define MEERKAT_AUTH_SCRAM_TEXT_H

#include <stdbool.h>

#include "auth/scram.h"
#include "base/arena.h"
#include "base/buf.h"

/* The hashes that are present; they have the same number of iterations. */
void scram_text_write(const struct scram_record *r, struct buf *out);

/* Does it begin like keys, so that it is not a password? */
bool scram_text_is_keys(struct str text);

/* False if it is not what it seems to be. */
bool scram_text_read(struct str text, struct scram_record *out);

#endif
