/* fast_key: the secret of this server that makes tokens of what the store knows (fast_token.h): a file beside the store and not in it.
 *
 * Threads: the start of the process. Test: test/unit/auth/fast_key_test.c */
#ifndef MEERKAT_AUTH_FAST_KEY_H
#define MEERKAT_AUTH_FAST_KEY_H

#include "auth/fast_token.h"
#include "base/err.h"

/* From the file "token.key" of the directory, for its owner only; without one it is made, and all tokens there were are good no more. */
must_use enum err fast_key_load(const char *state_dir, uint8_t key_out[FAST_TOKEN_KEY_BYTES], struct why *why);

#endif
