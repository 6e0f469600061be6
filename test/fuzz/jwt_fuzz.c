/* jwt_fuzz: "r" and any bytes as a token, which is never good; "h" and any bytes as the header, "c" as the claims, of one that is signed. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/jwt.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/codec.h"

enum { NOW_S = 1000000000, SIGNATURE_BYTES = 32 };

#define SECRET STR("a secret of enough bytes for SHA-256")

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Base64 of URLs, without padding. */
static void append_part(struct buf *out, struct arena *a, struct str bytes)
{
	struct str text = codec_base64(a, bytes.data, bytes.len);

	for (size_t i = 0; i < text.len && text.data[i] != '='; i++) {
		char c = text.data[i];

		if (c == '+')
			c = '-';
		else if (c == '/')
			c = '_';
		buf_append_char(out, c);
	}
}

static void make_token(struct buf *out, struct arena *a, struct str header, struct str claims)
{
	unsigned char signature[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	append_part(out, a, header);
	buf_append_char(out, '.');
	append_part(out, a, claims);
	check(HMAC(EVP_sha256(), SECRET.data, (int)SECRET.len, (const unsigned char *)out->data, out->len, signature, &len));
	check(len == SIGNATURE_BYTES);
	buf_append_char(out, '.');
	append_part(out, a, str_make((const char *)signature, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct jwt_key *key;
	struct str rest = str_make((const char *)data + 1, size ? size - 1 : 0), name = STR_NONE;
	bool is_raw;
	enum jwt_verdict v;
	struct arena a;
	struct buf token;

	if (size == 0)
		return 0;
	if (!key)
		key = jwt_key_new(STR("HS256"), SECRET, "sub", NULL);
	is_raw = data[0] != 'h' && data[0] != 'c';
	arena_init(&a, 0);
	buf_init(&token);
	if (is_raw)
		buf_append_str(&token, rest);
	else if (data[0] == 'h')
		make_token(&token, &a, rest, STR("{\"sub\":\"alice\"}"));
	else
		make_token(&token, &a, STR("{\"alg\":\"HS256\"}"), rest);
	v = jwt_verify(key, buf_str(&token), NOW_S, &a, &name);
	check(v != JWT_GOOD || (!is_raw && name.len > 0 && codec_utf8_is_valid(name)));
	check(jwt_verdict_text(v));
	buf_fini(&token);
	arena_fini(&a);
	return 0;
}
