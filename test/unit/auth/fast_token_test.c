#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/digest.h"
#include "auth/fast_token.h"
#include "base/codec.h"

#define CLIENT "d4565fa7-4d72-4749-b3d3-740edbf87770"

static const struct fast_token_owner owner = {{"alice@example.org", 17}, {CLIENT, 36}};

static struct fast_token token_of(enum config_hash hash, enum fast_token_binding binding)
{
	struct fast_token t = {.is_there = true, .expiry_ms = 1700000000123, .count = -1};

	t.use = (struct fast_token_use){(uint8_t)hash, (uint8_t)binding};
	memcpy(t.salt, "salt of 16 bytes", sizeof(t.salt));
	return t;
}

/* Made elsewhere: HMAC-SHA-256 of the key 00 01 ... 1f and account NUL client NUL use salt, base64. */
static void test_known_token(void **state)
{
	struct fast_token t = token_of(CONFIG_HASH_SHA256, FAST_TOKEN_EXPR);
	uint8_t key[FAST_TOKEN_KEY_BYTES];
	char text[FAST_TOKEN_CHARS + 1];

	(void)state;
	for (int i = 0; i < FAST_TOKEN_KEY_BYTES; i++)
		key[i] = (uint8_t)i;
	fast_token_make(key, owner, &t, text);
	assert_string_equal(text, "biSDKhBTXivLA8eGr6NHv9clMPQ7BJ1vo+CrcRpVmqo=");
}

/* Everything that a token is for is in it. */
static void test_tokens_differ(void **state)
{
	static const struct fast_token_owner others[] = {
		{{"alice@example.org", 17}, {CLIENT, 36}},
		{{"alicf@example.org", 17}, {CLIENT, 36}},
		{{"alice@example.org", 17}, {CLIENT, 35}},
	};
	char texts[6][FAST_TOKEN_CHARS + 1];
	uint8_t key[FAST_TOKEN_KEY_BYTES] = {1};
	struct fast_token t = token_of(CONFIG_HASH_SHA256, FAST_TOKEN_NONE);

	(void)state;
	for (int i = 0; i < 3; i++)
		fast_token_make(key, others[i], &t, texts[i]);
	t.salt[15]++;
	fast_token_make(key, owner, &t, texts[3]);
	t.use.binding = FAST_TOKEN_ENDP;
	fast_token_make(key, owner, &t, texts[4]);
	key[31]++;
	fast_token_make(key, owner, &t, texts[5]);
	for (int i = 0; i < 6; i++)
		for (int k = 0; k < i; k++)
			assert_string_not_equal(texts[i], texts[k]);
}

/* Made elsewhere. */
static void test_known_proofs(void **state)
{
	static const struct {
		enum config_hash hash;
		const char *role, *binding_data, *proof;
	} rows[] = {
		{CONFIG_HASH_SHA256, "Responder", "", "76fbbccc23d9eb0d28264f911f7f05e132ee2e4deaf3fccf8446412c1762a78b"},
		{CONFIG_HASH_SHA256, "Initiator", "binding data", "db0e2b67a8d1e1c3ef240929503a08231c76272608b54e6f0a48d637b82cf960"},
		{CONFIG_HASH_SHA384, "Initiator", "binding data",
		 "f97fa3f6b8016eeee709d22fa14761155bacf0f0ae7c55cc5f00592c64169ce103ecb87fc33e81e9a93155f089a3fa5f"},
		{CONFIG_HASH_SHA512, "Initiator", "binding data",
		 "bfe85a604bec93889c9356b6d3bd3b02f06b9cecacbb7c194db6a0b885bff443"
		 "cd9c79ef7d645bd69f1296ad8a6201ea79f3a0e5fe0fd8de73e97430a57672a7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t proof[DIGEST_BYTES_MAX];
		char text[2 * DIGEST_BYTES_MAX + 1];

		fast_token_prove(rows[i].hash, STR("token-text"), rows[i].role, str_from(rows[i].binding_data), proof);
		codec_hex(text, proof, digest_bytes(rows[i].hash));
		assert_string_equal(text, rows[i].proof);
	}
}

static void assert_same(const struct fast_token *a, const struct fast_token *b)
{
	assert_int_equal(a->is_there, b->is_there);
	if (!a->is_there)
		return;
	assert_memory_equal(a->salt, b->salt, sizeof(a->salt));
	assert_int_equal(a->use.hash, b->use.hash);
	assert_int_equal(a->use.binding, b->use.binding);
	assert_true(a->expiry_ms == b->expiry_ms && a->count == b->count);
}

static void test_round_trip(void **state)
{
	(void)state;
	for (int which = 0; which < 4; which++) {
		struct fast_token_pair pair = {0}, again;
		struct buf b;

		if (which & 1)
			pair.current = token_of(CONFIG_HASH_SHA512, FAST_TOKEN_ENDP);
		if (which & 2)
			pair.fresh = token_of(CONFIG_HASH_SHA256, FAST_TOKEN_NONE);
		pair.current.count = INT64_MAX;
		buf_init(&b);
		fast_token_encode(&pair, &b);
		assert_true(fast_token_decode(buf_str(&b), &again));
		assert_same(&pair.current, &again.current);
		assert_same(&pair.fresh, &again.fresh);
		/* Shortened it is none, but where one token ends. */
		for (size_t len = 0; len < b.len; len++)
			if (fast_token_decode(str_make(b.data, len), &again))
				assert_int_equal(len % 35, 1);
		buf_fini(&b);
	}
}

static void test_malformed(void **state)
{
	static const struct {
		size_t at;
		char byte;
	} rows[] = {{0, 0}, {0, 2}, {1, 0}, {1, 3}, {2, CONFIG_HASH_COUNT}, {2, -1}, {3, FAST_TOKEN_BINDINGS}, {36, 1}};
	struct fast_token_pair pair = {.current = token_of(CONFIG_HASH_SHA256, FAST_TOKEN_NONE)}, out;
	struct buf b;

	(void)state;
	pair.fresh = pair.current;
	buf_init(&b);
	fast_token_encode(&pair, &b);
	assert_int_equal(b.len, 71);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char before = b.data[rows[i].at];

		b.data[rows[i].at] = rows[i].byte;
		assert_false(fast_token_decode(buf_str(&b), &out));
		assert_false(out.current.is_there || out.fresh.is_there);
		b.data[rows[i].at] = before;
	}
	assert_false(fast_token_decode(STR_NONE, &out));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_token), cmocka_unit_test(test_tokens_differ), cmocka_unit_test(test_known_proofs),
		cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
