/* Tokens are made here with OpenSSL, so that what is checked is not what checks. */
#include "auth/jwt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cmocka.h>

#include "base/codec.h"

enum { NOW = 1000000 };

static struct arena arena;
static EVP_PKEY *rsa, *ec256, *ec384;
static struct str rsa_pem, ec256_pem, ec384_pem;

static struct str pem_of(EVP_PKEY *key)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *data;
	long len;
	struct str text;

	assert_true(PEM_write_bio_PUBKEY(b, key));
	len = BIO_get_mem_data(b, &data);
	text = arena_str(&arena, str_make(data, (size_t)len));
	BIO_free(b);
	return text;
}

static int make_keys(void **state)
{
	(void)state;
	arena_init(&arena, 0);
	rsa = EVP_RSA_gen(2048);
	ec256 = EVP_EC_gen("P-256");
	ec384 = EVP_EC_gen("P-384");
	rsa_pem = pem_of(rsa);
	ec256_pem = pem_of(ec256);
	ec384_pem = pem_of(ec384);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(ec256);
	EVP_PKEY_free(ec384);
	arena_fini(&arena);
	return 0;
}

static struct str base64url(struct str data)
{
	struct str text = codec_base64(&arena, data.data, data.len);
	char *c = (char *)(uintptr_t)text.data;

	for (size_t i = 0; i < text.len; i++)
		c[i] = c[i] == '+' ? '-' : c[i] == '/' ? '_' : c[i];
	while (text.len > 0 && c[text.len - 1] == '=')
		text.len--;
	return text;
}

static struct str head_and_body(const char *header, const char *claims)
{
	struct str h = base64url(str_from(header)), c = base64url(str_from(claims));

	return str_from(arena_printf(&arena, "%.*s.%.*s", STR_ARGS(h), STR_ARGS(c)));
}

static struct str with_signature(struct str text, struct str signature)
{
	struct str s = base64url(signature);

	return str_from(arena_printf(&arena, "%.*s.%.*s", STR_ARGS(text), STR_ARGS(s)));
}

static struct str sign_hmac(const char *header, const char *claims, struct str secret)
{
	struct str text = head_and_body(header, claims);
	unsigned char made[EVP_MAX_MD_SIZE];
	unsigned len;

	assert_non_null(HMAC(EVP_sha256(), secret.data, (int)secret.len, (const unsigned char *)text.data, text.len, made, &len));
	return with_signature(text, str_make((char *)made, len));
}

static struct str sign_key(const char *header, const char *claims, EVP_PKEY *key, const EVP_MD *digest)
{
	struct str text = head_and_body(header, claims);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char made[1024];
	size_t len = sizeof made;

	assert_int_equal(EVP_DigestSignInit(c, NULL, digest, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(c, made, &len, (const unsigned char *)text.data, text.len), 1);
	EVP_MD_CTX_free(c);
	return with_signature(text, str_make((char *)made, len));
}

/* DER to the two numbers side by side. */
static struct str sign_ec(const char *header, const char *claims, EVP_PKEY *key, size_t number_bytes)
{
	struct str text = head_and_body(header, claims);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	unsigned char made[256], raw[132];
	const unsigned char *der = made;
	size_t len = sizeof made;
	ECDSA_SIG *pair;

	assert_int_equal(EVP_DigestSignInit(c, NULL, number_bytes == 32 ? EVP_sha256() : EVP_sha384(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(c, made, &len, (const unsigned char *)text.data, text.len), 1);
	EVP_MD_CTX_free(c);
	pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
	assert_true(BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, (int)number_bytes) > 0);
	assert_true(BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + number_bytes, (int)number_bytes) > 0);
	ECDSA_SIG_free(pair);
	return with_signature(text, str_make((char *)raw, 2 * number_bytes));
}

static enum jwt_verdict verify_with(struct str algorithm, struct str key_text, struct str token, struct str *name)
{
	struct why why = {""};
	struct jwt_key *k = jwt_key_new(algorithm, key_text, "sub", &why);
	enum jwt_verdict v;

	assert_non_null(k);
	v = jwt_verify(k, token, NOW, &arena, name);
	jwt_key_free(&k);
	assert_null(k);
	return v;
}

#define SECRET STR("a secret of enough bytes for SHA-256")
#define HS "{\"alg\":\"HS256\"}"

static enum jwt_verdict verify(struct str token)
{
	struct str name = STR_NONE;

	return verify_with(STR("HS256"), SECRET, token, &name);
}

static void takes_good_tokens(void **state)
{
	static const char claims[] = "{\"sub\":\"alice\",\"exp\":1000001,\"nbf\":1000000,\"iat\":999999}";
	struct str name = STR_NONE;

	(void)state;
	assert_int_equal(verify_with(STR("HS256"), SECRET, sign_hmac(HS, claims, SECRET), &name), JWT_GOOD);
	assert_true(str_is(name, "alice"));
	assert_int_equal(verify_with(STR("RS256"), rsa_pem, sign_key("{\"alg\":\"RS256\"}", claims, rsa, EVP_sha256()), &name), JWT_GOOD);
	assert_int_equal(verify_with(STR("RS512"), rsa_pem, sign_key("{\"alg\":\"RS512\"}", claims, rsa, EVP_sha512()), &name), JWT_GOOD);
	assert_int_equal(verify_with(STR("ES256"), ec256_pem, sign_ec("{\"alg\":\"ES256\"}", claims, ec256, 32), &name), JWT_GOOD);
	assert_int_equal(verify_with(STR("ES384"), ec384_pem, sign_ec("{\"alg\":\"ES384\"}", claims, ec384, 48), &name), JWT_GOOD);
}

/* RFC 7515 appendix A.1, whose token has expired long ago and names nobody. */
static void knows_the_example_of_the_rfc(void **state)
{
	static const char token[] =
		"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
		"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
		"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
	struct str key, name;

	(void)state;
	assert_true(codec_base64_decode(
		&arena, STR("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ+EstJQLr/T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="),
		&key));
	assert_int_equal(verify_with(STR("HS256"), key, str_from(token), &name), JWT_NO_NAME);
}

static void refuses_other_algorithms(void **state)
{
	static const char claims[] = "{\"sub\":\"alice\"}";
	struct str none = head_and_body("{\"alg\":\"none\"}", claims), name;

	(void)state;
	assert_int_equal(verify(str_from(arena_printf(&arena, "%.*s.", STR_ARGS(none)))), JWT_WRONG_ALGORITHM);
	assert_int_equal(verify(with_signature(none, STR("x"))), JWT_WRONG_ALGORITHM);
	assert_int_equal(verify(sign_hmac("{\"alg\":\"None\"}", claims, SECRET)), JWT_WRONG_ALGORITHM);
	assert_int_equal(verify(sign_hmac("{\"alg\":\"HS384\"}", claims, SECRET)), JWT_WRONG_ALGORITHM);
	assert_int_equal(verify(sign_hmac("{\"alg\":[\"HS256\"]}", claims, SECRET)), JWT_WRONG_ALGORITHM);
	assert_int_equal(verify(sign_hmac("{}", claims, SECRET)), JWT_WRONG_ALGORITHM);
	/* The public key, which everybody has, as the secret of an HMAC. */
	assert_int_equal(verify_with(STR("RS256"), rsa_pem, sign_hmac(HS, claims, rsa_pem), &name), JWT_WRONG_ALGORITHM);
	assert_int_equal(verify_with(STR("RS256"), rsa_pem, sign_hmac("{\"alg\":\"RS256\"}", claims, rsa_pem), &name), JWT_WRONG_SIGNATURE);
	assert_int_equal(verify_with(STR("ES256"), ec256_pem, sign_key("{\"alg\":\"RS256\"}", claims, rsa, EVP_sha256()), &name),
			 JWT_WRONG_ALGORITHM);
}

static void refuses_wrong_signatures(void **state)
{
	static const char claims[] = "{\"sub\":\"alice\"}";
	static char zeros[64];
	struct str good = sign_hmac(HS, claims, SECRET), text = head_and_body("{\"alg\":\"ES256\"}", claims), name;

	(void)state;
	assert_int_equal(verify(sign_hmac(HS, claims, STR("another secret"))), JWT_WRONG_SIGNATURE);
	assert_int_equal(verify(with_signature(head_and_body(HS, claims), STR("short"))), JWT_WRONG_SIGNATURE);
	assert_int_not_equal(verify(str_make(good.data, good.len - 4)), JWT_GOOD);
	assert_int_equal(verify_with(STR("ES256"), ec256_pem, with_signature(text, str_make(zeros, sizeof zeros)), &name), JWT_WRONG_SIGNATURE);
	assert_int_equal(verify_with(STR("ES256"), ec256_pem, with_signature(text, str_make(zeros, 63)), &name), JWT_WRONG_SIGNATURE);
	/* In DER, as other protocols have it. */
	assert_int_equal(verify_with(STR("ES256"), ec256_pem, sign_key("{\"alg\":\"ES256\"}", claims, ec256, EVP_sha256()), &name),
			 JWT_WRONG_SIGNATURE);
}

static void refuses_what_is_no_token(void **state)
{
	static const char *const bad[] = {"", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d.e", "e30..", "!!!!.e30.e30", "e30=.e30.e30"};
	char *large = arena_alloc(&arena, JWT_TOKEN_BYTES_MAX + 1);

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(verify(str_from(bad[i])), JWT_MALFORMED);
	assert_int_not_equal(verify(head_and_body(HS, "{\"sub\":\"a\"}")), JWT_GOOD);
	memset(large, 'A', JWT_TOKEN_BYTES_MAX + 1);
	assert_int_equal(verify(str_make(large, JWT_TOKEN_BYTES_MAX + 1)), JWT_MALFORMED);
	assert_int_equal(verify(sign_hmac("[]", "{\"sub\":\"a\"}", SECRET)), JWT_MALFORMED);
	assert_int_equal(verify(sign_hmac("{\"alg\":\"HS256\",\"alg\":\"none\"}", "{\"sub\":\"a\"}", SECRET)), JWT_MALFORMED);
	assert_int_equal(verify(sign_hmac("{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", "{\"sub\":\"a\"}", SECRET)), JWT_MALFORMED);
	assert_int_equal(verify(sign_hmac(HS, "no object", SECRET)), JWT_MALFORMED);
	assert_int_equal(verify(sign_hmac(HS, "{\"sub\":\"a\",\"sub\":\"b\"}", SECRET)), JWT_MALFORMED);
	assert_int_equal(verify(sign_hmac(HS, "{\"sub\":\"a\",\"exp\":\"never\"}", SECRET)), JWT_MALFORMED);
}

static void honours_times(void **state)
{
	static const struct {
		const char *claims;
		enum jwt_verdict verdict;
	} cases[] = {
		{"{\"sub\":\"a\"}", JWT_GOOD},
		{"{\"sub\":\"a\",\"exp\":1000000.5}", JWT_GOOD},
		{"{\"sub\":\"a\",\"exp\":1000000}", JWT_EXPIRED},
		{"{\"sub\":\"a\",\"exp\":-1}", JWT_EXPIRED},
		{"{\"sub\":\"a\",\"nbf\":1000001}", JWT_TOO_EARLY},
		{"{\"sub\":\"a\",\"iat\":1000001}", JWT_TOO_EARLY},
		{"{\"sub\":\"a\",\"nbf\":1000000,\"iat\":1000000}", JWT_GOOD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(verify(sign_hmac(HS, cases[i].claims, SECRET)), cases[i].verdict);
}

static void needs_a_name(void **state)
{
	static const char *const nobody[] = {"{}", "{\"sub\":\"\"}", "{\"sub\":7}", "{\"sub\":null}", "{\"name\":\"alice\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++)
		assert_int_equal(verify(sign_hmac(HS, nobody[i], SECRET)), JWT_NO_NAME);
}

static void refuses_keys_that_do_not_fit(void **state)
{
	const struct {
		struct str algorithm, text;
	} cases[] = {
		{STR("HS256"), STR("")}, {STR("HS256"), rsa_pem},   {STR("RS256"), STR("secret")}, {STR("RS256"), ec256_pem},
		{STR("ES256"), rsa_pem}, {STR("ES256"), ec384_pem}, {STR("ES512"), ec256_pem},     {STR("RS256"), STR("")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct why why = {""};

		assert_null(jwt_key_new(cases[i].algorithm, cases[i].text, "sub", &why));
		assert_true(why.text[0]);
	}
}

static void tells_short_secrets(void **state)
{
	struct jwt_key *k = jwt_key_new(STR("HS256"), STR("short"), "sub", NULL);

	(void)state;
	assert_true(jwt_key_is_short(k));
	jwt_key_free(&k);
	k = jwt_key_new(STR("HS256"), SECRET, "sub", NULL);
	assert_false(jwt_key_is_short(k));
	jwt_key_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_good_tokens),
		cmocka_unit_test(knows_the_example_of_the_rfc),
		cmocka_unit_test(refuses_other_algorithms),
		cmocka_unit_test(refuses_wrong_signatures),
		cmocka_unit_test(refuses_what_is_no_token),
		cmocka_unit_test(honours_times),
		cmocka_unit_test(needs_a_name),
		cmocka_unit_test(refuses_keys_that_do_not_fit),
		cmocka_unit_test(tells_short_secrets),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
