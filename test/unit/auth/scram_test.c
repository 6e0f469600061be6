#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/scram.h"
#include "base/codec.h"

static const uint8_t salt[SCRAM_SALT_BYTES] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void test_self_test(void **state)
{
	(void)state;
	assert_true(scram_self_test());
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(scram_hash_name(CONFIG_HASH_SHA1), "SHA-1");
	assert_string_equal(scram_hash_name(CONFIG_HASH_SHA224), "SHA-224");
	assert_string_equal(scram_hash_name(CONFIG_HASH_SHA512), "SHA-512");
	assert_int_equal(scram_hash_bytes(CONFIG_HASH_SHA384), 48);
}

/* "pencil", the salt above, 100 iterations; by Python's hashlib and hmac. */
static void test_derive(void **state)
{
	static const struct {
		const char *stored, *server;
	} expected[CONFIG_HASH_COUNT] = {
		{"d57217f99ec753f5c6339c0bcda286b9dbb6b61a", "0361500060b45a08e6ba9c0cef0046414f8cd806"},
		{"3dda9a1589f76573efa91d15dbb6eedd0df1e4e70dd12aadc0d04832", "aa24550a19ee032d3eb0088f034a8aae83ac2e3e2545260f4b649cc9"},
		{"b02322b9ef1c853574bad68f5e7f7f9de0e6970fc913252fd218a2c6c22b8fcc",
		 "6ff860a48eca2b2ea9af4a564ec78411078b4ca271bff4b0dcc8e862046d93a6"},
		{"7291723e0822f811299f9c905a8bc65104a73276b97c6cccd2a0966821e3b2680cc8810ac3ca91990c43f9acb0fa85f1",
		 "4a3ffbd2d2a73c64be78d35c9d023ae2e58777028295becc163feba8913389954cc74227a86a0da26a176c88acd50769"},
		{"81b61dad1684c578ebb33cdcc2143fc02d1df731dce0c58274a57bacbc09dfa74807662d6252ed2810edf5ebf24e01d78dc87aadddbd20f4a0d24b15e75be1f7",
		 "ca553182db3471636aa273397f6a634cc2961efc1dcac7bce65b4baa236af2f563a23c736a9218b145e9e59a6e8d8303163055e9a188de62446da8a125a48426"},
	};

	(void)state;
	for (int h = 0; h < CONFIG_HASH_COUNT; h++) {
		struct scram_keys keys;
		char hex[2 * SCRAM_HASH_BYTES_MAX + 1];

		scram_derive(&keys, (enum config_hash)h, STR("pencil"), salt, 100);
		assert_true(keys.present);
		assert_int_equal(keys.iterations, 100);
		assert_memory_equal(keys.salt, salt, sizeof salt);
		codec_hex(hex, keys.stored_key, scram_hash_bytes((enum config_hash)h));
		assert_string_equal(hex, expected[h].stored);
		codec_hex(hex, keys.server_key, scram_hash_bytes((enum config_hash)h));
		assert_string_equal(hex, expected[h].server);
	}
}

static void test_verify_password(void **state)
{
	struct scram_keys keys, absent = {.iterations = 3};

	(void)state;
	for (int h = 0; h < CONFIG_HASH_COUNT; h++) {
		enum config_hash hash = (enum config_hash)h;

		scram_derive(&keys, hash, STR("pencil"), salt, 3);
		assert_true(scram_verify_password(&keys, hash, STR("pencil")));
		assert_false(scram_verify_password(&keys, hash, STR("pencil ")));
		assert_false(scram_verify_password(&keys, hash, STR("")));
		keys.stored_key[scram_hash_bytes(hash) - 1] ^= 1;
		assert_false(scram_verify_password(&keys, hash, STR("pencil")));
		assert_false(scram_verify_password(&absent, hash, STR("pencil")));
	}
}

/* Also where the proof fits, keys that are only pretended let nobody in. */
static void test_pretended_keys(void **state)
{
	struct scram_keys keys;
	uint8_t proof[SCRAM_HASH_BYTES_MAX] = {0}, signature[SCRAM_HASH_BYTES_MAX];

	(void)state;
	scram_derive(&keys, CONFIG_HASH_SHA1, STR("pencil"), salt, 3);
	assert_false(scram_check_proof(&keys, CONFIG_HASH_SHA1, STR("message"), proof, signature));
	keys.present = false;
	assert_false(scram_check_proof(&keys, CONFIG_HASH_SHA1, STR("message"), proof, signature));
	assert_false(scram_verify_password(&keys, CONFIG_HASH_SHA1, STR("pencil")));
}

/* RFC 4013 §3 and what else may not be. */
static void test_prepare_password(void **state)
{
	static const struct {
		const char *password, *prepared;
	} cases[] = {
		{"secret", "secret"},
		{" spaces and ~ signs ", " spaces and ~ signs "},
		{"I\xc2\xadX", "IX"},
		{"USER", "USER"},
		{"\xc2\xaa", "a"},
		{"\xe2\x85\xa8", "IX"},
		{"p\xc3\xa4ss", "p\xc3\xa4ss"},
		{"no\xc2\xa0room", "no room"},
		{"\x07", NULL},
		{"tab\there", NULL},
		{"\xd8\xa7\x31", NULL}, /* right-to-left, and ends in a digit */
		{"\xc2\xad", NULL},     /* nothing is left */
		{"", NULL},
		{"\xff", NULL},
		{"\xed\xa0\x80", NULL},
	};
	char *prepared = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(scram_prepare_password(str_from(cases[i].password), &prepared), cases[i].prepared != NULL);
		if (cases[i].prepared) {
			assert_string_equal(prepared, cases[i].prepared);
			free(prepared);
		}
	}
	assert_false(scram_prepare_password(str_make("a\0b", 3), &prepared));
	assert_false(scram_prepare_password(STR_NONE, &prepared));
}

static void test_longest_password(void **state)
{
	char password[1025];
	char *prepared = NULL;

	(void)state;
	memset(password, 'x', sizeof password);
	assert_true(scram_prepare_password(str_make(password, 1024), &prepared));
	assert_int_equal(strlen(prepared), 1024);
	free(prepared);
	assert_false(scram_prepare_password(str_make(password, 1025), &prepared));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_self_test),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_derive),
		cmocka_unit_test(test_verify_password),
		cmocka_unit_test(test_pretended_keys),
		cmocka_unit_test(test_prepare_password),
		cmocka_unit_test(test_longest_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
