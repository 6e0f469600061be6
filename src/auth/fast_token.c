/* XEP-0484; draft-schmaus-kitten-sasl-ht-08 §3: HMAC(token, "Initiator" || cb-data), HMAC(token, "Responder" || cb-data) */
#include "auth/fast_token.h"

#include <string.h>

#include "auth/digest.h"
#include "base/arena.h"
#include "base/check.h"
#include "base/codec.h"

enum { VERSION = 1, TOKEN_BYTES = 1 + 2 + FAST_TOKEN_SALT_BYTES + 8 + 8, CURRENT = 1, FRESH = 2 };

void fast_token_make(const uint8_t key[FAST_TOKEN_KEY_BYTES], struct fast_token_owner owner, const struct fast_token *t,
		     char out[FAST_TOKEN_CHARS + 1])
{
	uint8_t made[DIGEST_BYTES_MAX];
	struct arena scratch;
	struct str text;
	struct buf about;

	/* The parts cannot run into each other: neither of the first two has a zero byte in it, the others are of a fixed size. */
	buf_init(&about);
	buf_append_str(&about, owner.account);
	buf_append_char(&about, '\0');
	buf_append_str(&about, owner.client);
	buf_append_char(&about, '\0');
	buf_append_char(&about, (char)t->use.hash);
	buf_append_char(&about, (char)t->use.binding);
	buf_append(&about, t->salt, sizeof(t->salt));
	digest_hmac(CONFIG_HASH_SHA256, str_make((const char *)key, FAST_TOKEN_KEY_BYTES), buf_str(&about), made);
	buf_fini(&about);
	arena_init(&scratch, 128);
	text = codec_base64(&scratch, made, digest_bytes(CONFIG_HASH_SHA256));
	check(text.len == FAST_TOKEN_CHARS);
	memcpy(out, text.data, text.len + 1);
	codec_wipe((char *)(uintptr_t)text.data, text.len);
	codec_wipe(made, sizeof(made));
	arena_fini(&scratch);
}

void fast_token_prove(enum config_hash hash, struct str token, const char *role, struct str binding_data, uint8_t *out)
{
	struct buf said;

	buf_init(&said);
	buf_append_text(&said, role);
	buf_append_str(&said, binding_data);
	digest_hmac(hash, token, buf_str(&said), out);
	buf_fini(&said);
}

/* ---- in the store: a version, then tokens: which of the two, use, salt, expiry and count, the higher bytes first ---- */

static void append_number(struct buf *out, int64_t n)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		buf_append_char(out, (char)((uint64_t)n >> shift));
}

static void append_token(struct buf *out, char which, const struct fast_token *t)
{
	if (!t->is_there)
		return;
	buf_append_char(out, which);
	buf_append_char(out, (char)t->use.hash);
	buf_append_char(out, (char)t->use.binding);
	buf_append(out, t->salt, sizeof(t->salt));
	append_number(out, t->expiry_ms);
	append_number(out, t->count);
}

void fast_token_encode(const struct fast_token_pair *p, struct buf *out)
{
	buf_append_char(out, VERSION);
	append_token(out, CURRENT, &p->current);
	append_token(out, FRESH, &p->fresh);
}

static int64_t read_number(const char *bytes)
{
	uint64_t n = 0;

	for (int i = 0; i < 8; i++)
		n = n << 8 | (uint8_t)bytes[i];
	return (int64_t)n;
}

static bool read_token(const char *bytes, struct fast_token *out)
{
	if (out->is_there || (uint8_t)bytes[1] >= CONFIG_HASH_COUNT || (uint8_t)bytes[2] >= FAST_TOKEN_BINDINGS)
		return false;
	out->is_there = true;
	out->use = (struct fast_token_use){(uint8_t)bytes[1], (uint8_t)bytes[2]};
	memcpy(out->salt, bytes + 3, sizeof(out->salt));
	out->expiry_ms = read_number(bytes + 3 + FAST_TOKEN_SALT_BYTES);
	out->count = read_number(bytes + 3 + FAST_TOKEN_SALT_BYTES + 8);
	return true;
}

bool fast_token_decode(struct str data, struct fast_token_pair *out)
{
	struct fast_token_pair found = {0};

	*out = found;
	if (data.len == 0 || data.data[0] != VERSION || (data.len - 1) % TOKEN_BYTES != 0)
		return false;
	for (size_t at = 1; at < data.len; at += TOKEN_BYTES) {
		char which = data.data[at];

		if ((which != CURRENT && which != FRESH) || !read_token(data.data + at, which == CURRENT ? &found.current : &found.fresh))
			return false;
	}
	*out = found;
	return true;
}
