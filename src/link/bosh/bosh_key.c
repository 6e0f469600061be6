/* XEP-0124 §15: each key is the one whose hash was the key before; the last of a sequence comes with the first of the next */
#include "link/bosh/bosh_key.h"

#include <openssl/sha.h>

#include "base/codec.h"

_Static_assert(BOSH_KEY_CHARS == 2 * SHA_DIGEST_LENGTH, "keys are hashes");

static bool is_next(const struct bosh_key *k, struct str key)
{
	unsigned char hash[SHA_DIGEST_LENGTH];
	char hex[BOSH_KEY_CHARS + 1];

	if (!key.data)
		return false;
	SHA1((const unsigned char *)key.data, key.len, hash);
	codec_hex(hex, hash, sizeof(hash));
	return codec_equal_in_constant_time(hex, k->last, BOSH_KEY_CHARS);
}

bool bosh_key_take(struct bosh_key *k, struct str key, struct str newkey)
{
	struct str next = newkey.data ? newkey : k->last[0] ? key : STR_NONE;

	if (k->last[0] && !is_next(k, key))
		return false;
	if (next.data && next.len != BOSH_KEY_CHARS)
		return false;
	if (next.len)
		memcpy(k->last, next.data, next.len);
	return true;
}
