/* XEP-0185 §3 */
#include "link/s2s/dialback_key.h"

#include "auth/digest.h"
#include "base/buf.h"
#include "base/codec.h"

enum { HASH_BYTES = DIALBACK_KEY_CHARS / 2 };

void dialback_key_make(char out[DIALBACK_KEY_CHARS + 1], const struct dialback_key_about *about)
{
	uint8_t hash[DIGEST_BYTES_MAX];
	char hashed[DIALBACK_KEY_CHARS + 1];
	struct buf text;

	digest_make(CONFIG_HASH_SHA256, about->secret, hash);
	codec_hex(hashed, hash, HASH_BYTES);
	buf_init(&text);
	buf_append_str(&text, about->receiving);
	buf_append_char(&text, ' ');
	buf_append_str(&text, about->originating);
	buf_append_char(&text, ' ');
	buf_append_str(&text, about->id);
	digest_hmac(CONFIG_HASH_SHA256, str_make(hashed, DIALBACK_KEY_CHARS), buf_str(&text), hash);
	codec_hex(out, hash, HASH_BYTES);
	codec_wipe(hashed, sizeof hashed);
	buf_fini(&text);
}

bool dialback_key_is(struct str text, const struct dialback_key_about *about)
{
	char key[DIALBACK_KEY_CHARS + 1];

	if (text.len != DIALBACK_KEY_CHARS)
		return false;
	dialback_key_make(key, about);
	return codec_equal_in_constant_time(key, text.data, DIALBACK_KEY_CHARS);
}
