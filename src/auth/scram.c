/* RFC 5802 §3: SaltedPassword is PBKDF2; ClientKey and ServerKey are HMACs of it over two fixed texts; StoredKey is the hash of
 * ClientKey. The client proves that it has ClientKey by sending it exclusive-ored with a signature made with StoredKey. */
#include "auth/scram.h"

#include <stdlib.h>
#include <stringprep.h>

#include "auth/digest.h"
#include "base/arena.h"
#include "base/codec.h"
#include "base/mem.h"

_Static_assert((int)SCRAM_HASH_BYTES_MAX == (int)DIGEST_BYTES_MAX, "keys have room for every hash");

/* Preparing costs time that grows with the length, and nobody types more. */
enum { PASSWORD_BYTES_MAX = 1024 };

const char *scram_hash_name(enum config_hash h)
{
	static const char *const names[CONFIG_HASH_COUNT] = {"SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512"};

	return names[h];
}

size_t scram_hash_bytes(enum config_hash h)
{
	return digest_bytes(h);
}

static struct str bytes(const uint8_t *data, size_t len)
{
	return str_make((const char *)data, len);
}

/* The salts of the RFCs' examples have other lengths than ours. */
static void derive(struct scram_keys *out, enum config_hash h, struct str password, struct str salt, uint32_t iterations)
{
	size_t len = digest_bytes(h);
	uint8_t salted[SCRAM_HASH_BYTES_MAX], client_key[SCRAM_HASH_BYTES_MAX];

	digest_pbkdf2(h, password, salt, iterations, salted);
	digest_hmac(h, bytes(salted, len), STR("Client Key"), client_key);
	digest_make(h, bytes(client_key, len), out->stored_key);
	digest_hmac(h, bytes(salted, len), STR("Server Key"), out->server_key);
	out->iterations = iterations;
	out->present = true;
	codec_wipe(salted, sizeof salted);
	codec_wipe(client_key, sizeof client_key);
}

void scram_derive(struct scram_keys *out, enum config_hash h, struct str password, const uint8_t salt[SCRAM_SALT_BYTES], uint32_t iterations)
{
	*out = (struct scram_keys){0};
	memcpy(out->salt, salt, SCRAM_SALT_BYTES);
	derive(out, h, password, bytes(salt, SCRAM_SALT_BYTES), iterations);
}

bool scram_verify_password(const struct scram_keys *keys, enum config_hash h, struct str password)
{
	struct scram_keys own;
	bool fits;

	scram_derive(&own, h, password, keys->salt, keys->iterations);
	fits = codec_equal_in_constant_time(own.stored_key, keys->stored_key, digest_bytes(h));
	codec_wipe(&own, sizeof own);
	return fits && keys->present;
}

bool scram_check_proof(const struct scram_keys *keys, enum config_hash h, struct str auth_message, const uint8_t *proof, uint8_t *signature_out)
{
	size_t len = digest_bytes(h);
	uint8_t client_key[SCRAM_HASH_BYTES_MAX], hashed[SCRAM_HASH_BYTES_MAX];
	bool fits;

	digest_hmac(h, bytes(keys->stored_key, len), auth_message, client_key);
	for (size_t i = 0; i < len; i++)
		client_key[i] ^= proof[i];
	digest_make(h, bytes(client_key, len), hashed);
	fits = codec_equal_in_constant_time(hashed, keys->stored_key, len);
	digest_hmac(h, bytes(keys->server_key, len), auth_message, signature_out);
	codec_wipe(client_key, sizeof client_key);
	return fits && keys->present;
}

static bool is_printable_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] < 0x20 || s.data[i] > 0x7e)
			return false;
	}
	return true;
}

bool scram_prepare_password(struct str password, char **out)
{
	char *prepared = NULL;

	if (password.len == 0 || password.len > PASSWORD_BYTES_MAX || memchr(password.data, 0, password.len) || !codec_utf8_is_valid(password))
		return false;
	*out = str_dup(password);
	if (is_printable_ascii(password))
		return true; /* saslprep changes none of these */
	if (stringprep_profile(*out, &prepared, "SASLprep", 0) != STRINGPREP_OK)
		prepared = NULL;
	codec_wipe(*out, password.len);
	free(*out);
	*out = prepared;
	if (prepared && !prepared[0]) {
		free(prepared);
		*out = NULL;
	}
	return *out != NULL;
}

/* Known answers: the examples of RFC 5802 §5 and RFC 7677 §3, and for the other hashes what another implementation computed. */
static const struct known_answer {
	enum config_hash hash;
	uint32_t iterations;
	const char *salt, *auth_message, *proof, *signature; /* base64 but for the message */
} known_answers[] = {
	{CONFIG_HASH_SHA1, 4096, "QSXCR+Q6sek8bf92",
	 "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,c=biws,"
	 "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
	 "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="},
	{CONFIG_HASH_SHA224, 16, "AAECAwQFBgcICQoLDA0ODw==",
	 "n=user,r=client,r=clientserver,s=AAECAwQFBgcICQoLDA0ODw==,i=16,c=biws,r=clientserver",
	 "9uvT9ezBCMALaBG4y5ygo7mx/U1qNkChHS0e1g==", "0nQovSBJWbefI3agWn9OpVcd5Mg5nlbTgTkCWw=="},
	{CONFIG_HASH_SHA256, 4096, "W22ZaJ0SNY7soEsUEjb6gQ==",
	 "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,"
	 "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
	 "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
	{CONFIG_HASH_SHA384, 16, "AAECAwQFBgcICQoLDA0ODw==",
	 "n=user,r=client,r=clientserver,s=AAECAwQFBgcICQoLDA0ODw==,i=16,c=biws,r=clientserver",
	 "+gw/2kRQF/UtgyB+TbJG3wTr6G1e6hhyEyeIJNnvYLj7/JVsarh5YQ6yiRYFXrbV",
	 "Vg7JjgYlOFf9gqsuvRfJ7T0kdMjQIzzWmcqHEaf77CcNt2/kQS+7q3TYtvUBMybU"},
	{CONFIG_HASH_SHA512, 16, "AAECAwQFBgcICQoLDA0ODw==",
	 "n=user,r=client,r=clientserver,s=AAECAwQFBgcICQoLDA0ODw==,i=16,c=biws,r=clientserver",
	 "lJ1t+o8xIIvUkEqwlWojOpATHYLdo4YWkS9d3CGnlf569xtw+OM5fEuSvHsqnF+pm8tQDByNgOOXKk0lIlSJhw==",
	 "A+nLJ1sOWFBBy2HC7J8keUHMqClBtSwy0VQkDFs8494YSA8joxoGYsUl7Lit6th/gDuq7FB70HFjPrHNqinMSw=="},
};

static bool answer_is_right(const struct known_answer *k, struct arena *a)
{
	struct scram_keys keys = {0};
	uint8_t signature[SCRAM_HASH_BYTES_MAX];
	struct str salt, proof, expected;
	bool is_decoded = codec_base64_decode(a, str_from(k->salt), &salt) && codec_base64_decode(a, str_from(k->proof), &proof) &&
			  codec_base64_decode(a, str_from(k->signature), &expected);

	if (!is_decoded || proof.len != digest_bytes(k->hash))
		return false;
	derive(&keys, k->hash, STR("pencil"), salt, k->iterations);
	return scram_check_proof(&keys, k->hash, str_from(k->auth_message), (const uint8_t *)proof.data, signature) &&
	       str_equal(bytes(signature, digest_bytes(k->hash)), expected);
}

bool scram_self_test(void)
{
	struct arena a;
	bool is_right = true;

	arena_init(&a, 0);
	for (size_t i = 0; i < sizeof known_answers / sizeof known_answers[0]; i++)
		is_right = answer_is_right(&known_answers[i], &a) && is_right;
	arena_fini(&a);
	return is_right;
}
