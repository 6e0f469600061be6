/* RFC 7515 §3.1: header.payload.signature, each base64url without padding. RFC 7518 §3.2 to §3.4: HMAC, RSASSA-PKCS1-v1_5, ECDSA. */
#include "auth/jwt.h"

#include <stdlib.h>

#include <jansson.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "base/codec.h"
#include "base/mem.h"

enum family { FAMILY_HMAC, FAMILY_RSA, FAMILY_ECDSA };

struct algorithm {
	const char *name;
	enum family family;
	const char *digest;
	const char *curve;     /* ECDSA: what OpenSSL calls it */
	size_t number_bytes;   /* ECDSA: of each half of a signature */
};

static const struct algorithm algorithms[] = {
	{"HS256", FAMILY_HMAC, "SHA256", NULL, 0},         {"HS384", FAMILY_HMAC, "SHA384", NULL, 0},
	{"HS512", FAMILY_HMAC, "SHA512", NULL, 0},         {"RS256", FAMILY_RSA, "SHA256", NULL, 0},
	{"RS384", FAMILY_RSA, "SHA384", NULL, 0},          {"RS512", FAMILY_RSA, "SHA512", NULL, 0},
	{"ES256", FAMILY_ECDSA, "SHA256", "prime256v1", 32}, {"ES384", FAMILY_ECDSA, "SHA384", "secp384r1", 48},
	{"ES512", FAMILY_ECDSA, "SHA512", "secp521r1", 66},
};

enum { ALGORITHM_COUNT = sizeof algorithms / sizeof algorithms[0], RSA_BITS_MIN = 1024 };

struct jwt_key {
	const struct algorithm *algorithm;
	EVP_MD *digest;
	char *claim;
	char *secret; /* HMAC */
	size_t secret_len;
	EVP_PKEY *key; /* the others */
};

/* Keys */

static const struct algorithm *find_algorithm(struct str name)
{
	for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
		if (str_is(name, algorithms[i].name))
			return &algorithms[i];
	}
	return NULL;
}

/* A certificate holds a public key, too. */
static EVP_PKEY *read_pem(struct str text)
{
	BIO *b = BIO_new_mem_buf(text.data, (int)text.len);
	EVP_PKEY *key = PEM_read_bio_PUBKEY(b, NULL, NULL, NULL);
	X509 *certificate = NULL;

	if (!key) {
		BIO_reset(b);
		certificate = PEM_read_bio_X509(b, NULL, NULL, NULL);
	}
	if (certificate)
		key = X509_get_pubkey(certificate);
	X509_free(certificate);
	BIO_free(b);
	return key;
}

static bool key_fits(const struct algorithm *a, const EVP_PKEY *key, struct why *why)
{
	char curve[32] = "";
	size_t len;

	if (a->family == FAMILY_RSA) {
		if (!EVP_PKEY_is_a(key, "RSA"))
			return err_because(ERR_INVALID, why, "%s needs an RSA key", a->name), false;
		if (EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
			return err_because(ERR_INVALID, why, "the RSA key has fewer than %d bits", RSA_BITS_MIN), false;
		return true;
	}
	if (!EVP_PKEY_is_a(key, "EC") || !EVP_PKEY_get_group_name(key, curve, sizeof curve, &len) || strcmp(curve, a->curve) != 0)
		return err_because(ERR_INVALID, why, "%s needs an EC key on the curve %s", a->name, a->curve), false;
	return true;
}

static bool take_secret(struct jwt_key *k, struct str text, struct why *why)
{
	if (text.len == 0)
		return err_because(ERR_INVALID, why, "the secret is empty"), false;
	if (str_starts_with(text, STR("-----BEGIN ")))
		return err_because(ERR_INVALID, why, "the secret is a key in PEM, which %s does not use", k->algorithm->name), false;
	k->secret = str_dup(text);
	k->secret_len = text.len;
	return true;
}

static bool take_public_key(struct jwt_key *k, struct str text, struct why *why)
{
	k->key = text.len < 65536 ? read_pem(text) : NULL;
	if (!k->key)
		return err_because(ERR_INVALID, why, "%s needs a public key or a certificate in PEM", k->algorithm->name), false;
	return key_fits(k->algorithm, k->key, why);
}

struct jwt_key *jwt_key_new(struct str algorithm, struct str text, const char *claim, struct why *why)
{
	struct jwt_key *k = mem_new(sizeof(*k));
	bool is_good;

	k->algorithm = find_algorithm(algorithm);
	check(k->algorithm);
	k->digest = EVP_MD_fetch(NULL, k->algorithm->digest, NULL);
	check(k->digest);
	k->claim = str_dup(str_from(claim));
	is_good = k->algorithm->family == FAMILY_HMAC ? take_secret(k, text, why) : take_public_key(k, text, why);
	if (!is_good)
		jwt_key_free(&k);
	return k;
}

void jwt_key_free(struct jwt_key **key)
{
	struct jwt_key *k = *key;

	*key = NULL;
	if (!k)
		return;
	if (k->secret)
		codec_wipe(k->secret, k->secret_len);
	free(k->secret);
	free(k->claim);
	EVP_PKEY_free(k->key);
	EVP_MD_free(k->digest);
	free(k);
}

bool jwt_key_is_short(const struct jwt_key *k)
{
	return k->secret && k->secret_len < (size_t)EVP_MD_get_size(k->digest);
}

/* Parts */

/* Strict: the alphabet of URLs, no padding, no bits left over. */
static bool decode_part(struct arena *a, struct str part, struct str *out)
{
	size_t padding = (4 - part.len % 4) % 4;
	char *text = arena_alloc(a, part.len + padding + 1);

	if (part.len == 0 || part.len % 4 == 1)
		return false;
	for (size_t i = 0; i < part.len; i++) {
		char c = part.data[i];

		if (c == '+' || c == '/' || c == '=')
			return false;
		text[i] = c;
		if (c == '-')
			text[i] = '+';
		else if (c == '_')
			text[i] = '/';
	}
	memset(text + part.len, '=', padding);
	return codec_base64_decode(a, str_make(text, part.len + padding), out);
}

static json_t *parse_object(struct str text)
{
	json_t *j = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);

	if (j && json_is_object(j))
		return j;
	json_decref(j);
	return NULL;
}

/* Signatures */

static bool check_hmac(const struct jwt_key *k, struct str text, struct str signature)
{
	unsigned char made[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	check(HMAC(k->digest, k->secret, (int)k->secret_len, (const unsigned char *)text.data, text.len, made, &len) != NULL);
	return signature.len == len && codec_equal_in_constant_time(made, signature.data, len);
}

/* The two numbers of a signature, which OpenSSL wants in DER. The result is OpenSSL's, to be freed. */
static unsigned char *encode_numbers(const struct algorithm *a, struct str signature, int *len_out)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn((const unsigned char *)signature.data, (int)a->number_bytes, NULL);
	BIGNUM *s = BN_bin2bn((const unsigned char *)signature.data + a->number_bytes, (int)a->number_bytes, NULL);
	unsigned char *der = NULL;

	check(pair && r && s && ECDSA_SIG_set0(pair, r, s));
	*len_out = i2d_ECDSA_SIG(pair, &der);
	ECDSA_SIG_free(pair);
	return der;
}

static bool check_with_key(const struct jwt_key *k, struct str text, const unsigned char *signature, size_t len)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	bool is_right;

	check(c != NULL);
	is_right = EVP_DigestVerifyInit(c, NULL, k->digest, NULL, k->key) == 1 &&
		   EVP_DigestVerify(c, signature, len, (const unsigned char *)text.data, text.len) == 1;
	EVP_MD_CTX_free(c);
	return is_right;
}

static bool check_signature(const struct jwt_key *k, struct str text, struct str signature)
{
	unsigned char *der;
	bool is_right;
	int len;

	if (k->algorithm->family == FAMILY_HMAC)
		return check_hmac(k, text, signature);
	if (k->algorithm->family == FAMILY_RSA)
		return check_with_key(k, text, (const unsigned char *)signature.data, signature.len);
	if (signature.len != 2 * k->algorithm->number_bytes)
		return false;
	der = encode_numbers(k->algorithm, signature, &len);
	is_right = der && len > 0 && check_with_key(k, text, der, (size_t)len);
	OPENSSL_free(der);
	return is_right;
}

/* Claims */

static enum jwt_verdict check_header(const struct jwt_key *k, struct str text)
{
	json_t *header = parse_object(text);
	const char *algorithm = json_string_value(json_object_get(header, "alg"));
	enum jwt_verdict v = JWT_GOOD;

	if (!header || json_object_get(header, "crit"))
		v = JWT_MALFORMED;
	else if (!algorithm || strcmp(algorithm, k->algorithm->name) != 0)
		v = JWT_WRONG_ALGORITHM;
	json_decref(header);
	return v;
}

/* The claim as a time; false if it is there and is none. Absent: otherwise. */
static bool read_time(const json_t *claims, const char *name, double otherwise, double *out)
{
	const json_t *claim = json_object_get(claims, name);

	*out = claim ? json_number_value(claim) : otherwise;
	return !claim || json_is_number(claim);
}

static enum jwt_verdict check_times(const json_t *claims, double now)
{
	double expires, not_before, issued;

	if (!read_time(claims, "exp", now + 1, &expires) || !read_time(claims, "nbf", now, &not_before) ||
	    !read_time(claims, "iat", now, &issued))
		return JWT_MALFORMED;
	if (!(now < expires))
		return JWT_EXPIRED;
	return not_before <= now && issued <= now ? JWT_GOOD : JWT_TOO_EARLY;
}

static enum jwt_verdict check_claims(const struct jwt_key *k, struct str text, int64_t now_s, struct arena *a, struct str *name_out)
{
	json_t *claims = parse_object(text);
	const json_t *name = json_object_get(claims, k->claim);
	enum jwt_verdict v = claims ? check_times(claims, (double)now_s) : JWT_MALFORMED;

	if (v == JWT_GOOD && json_string_length(name) == 0)
		v = JWT_NO_NAME;
	if (v == JWT_GOOD)
		*name_out = arena_str(a, str_make(json_string_value(name), json_string_length(name)));
	json_decref(claims);
	return v;
}

enum jwt_verdict jwt_verify(const struct jwt_key *k, struct str token, int64_t now_s, struct arena *a, struct str *name_out)
{
	struct str rest, header_part, payload_part, header, payload, signature;
	enum jwt_verdict v;

	if (token.len > JWT_TOKEN_BYTES_MAX)
		return JWT_MALFORMED;
	header_part = str_split(token, '.', &rest);
	payload_part = str_split(rest, '.', &rest);
	if (!decode_part(a, header_part, &header) || !decode_part(a, payload_part, &payload))
		return JWT_MALFORMED;
	v = check_header(k, header);
	if (v != JWT_GOOD)
		return v;
	if (!decode_part(a, rest, &signature))
		return JWT_MALFORMED;
	if (!check_signature(k, str_make(token.data, (size_t)(payload_part.data + payload_part.len - token.data)), signature))
		return JWT_WRONG_SIGNATURE;
	return check_claims(k, payload, now_s, a, name_out);
}

const char *jwt_verdict_text(enum jwt_verdict v)
{
	static const char *const texts[] = {
		[JWT_GOOD] = "the token is good",
		[JWT_MALFORMED] = "this is not a token",
		[JWT_WRONG_ALGORITHM] = "the token is signed with another algorithm",
		[JWT_WRONG_SIGNATURE] = "the token's signature is wrong",
		[JWT_EXPIRED] = "the token has expired",
		[JWT_TOO_EARLY] = "the token is not valid yet",
		[JWT_NO_NAME] = "the token names nobody",
	};

	return texts[v];
}
