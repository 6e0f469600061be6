/*
 * SASL PLAIN and SCRAM-SHA-1/-256 (RFC 5802, 7677), client side.
 *
 * The client's own PBKDF2 would make the load generator the bottleneck, so the
 * keys derived for a user are remembered (RFC 5802 section 5.1 allows it) and
 * may be kept in a file between runs. The server sees no difference.
 */
#include "xload_sasl.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int b64enc(char *out, const void *in, size_t n)
{
	return EVP_EncodeBlock((unsigned char *)out, in, (int)n);
}

static int b64dec(unsigned char *out, size_t cap, const char *in, size_t n)
{
	if (n % 4 || n / 4 * 3 > cap)
		return -1;
	int r = EVP_DecodeBlock(out, (const unsigned char *)in, (int)n);
	for (size_t i = n; r > 0 && i > 0 && in[i - 1] == '='; i--)
		r--;
	return r;
}

/* ---- cache of derived keys, one slot per user ---- */

struct keys {
	uint32_t check; /* hash of salt and iteration count; 0 when empty */
	unsigned char client[32], server[32];
};
static struct keys *cache;
static uint32_t cache_n;
static bool cache_dirty;
static const char *cache_file;

void scram_cache_open(const char *file, enum mech mech, uint32_t users)
{
	if (mech != M_SCRAM1 && mech != M_SCRAM256)
		return;
	cache = calloc(users, sizeof *cache);
	cache_n = users;
	cache_file = file;
	FILE *f = file ? fopen(file, "rb") : NULL;
	if (f) {
		if (fread(cache, sizeof *cache, users, f) == 0)
			fprintf(stderr, "xload: %s: empty key cache\n", file);
		fclose(f);
	}
}

void scram_cache_save(void)
{
	if (!cache || !cache_file || !cache_dirty)
		return;
	FILE *f = fopen(cache_file, "r+b"); /* an older file may hold more users: keep them */
	if (!f && !(f = fopen(cache_file, "wb")))
		return;
	fwrite(cache, sizeof *cache, cache_n, f);
	fclose(f);
}

static uint32_t fnv(uint32_t h, const void *p, size_t n)
{
	for (const unsigned char *b = p; n--; b++)
		h = (h ^ *b) * 16777619u;
	return h;
}

static unsigned hmac(const EVP_MD *md, const void *key, size_t klen, const char *msg, size_t n,
		     unsigned char *out)
{
	unsigned len = 0;
	HMAC(md, key, (int)klen, (const unsigned char *)msg, n, out, &len);
	return len;
}

static void derive(struct keys *k, const EVP_MD *md, const char *pass, const unsigned char *salt,
		   int slen, int iter)
{
	uint32_t check = fnv(fnv(2166136261u, salt, (size_t)slen), &iter, sizeof iter);
	check = fnv(check, pass, strlen(pass)) | 1;
	if (k->check == check)
		return;
	size_t hl = (size_t)EVP_MD_size(md);
	unsigned char salted[32];
	PKCS5_PBKDF2_HMAC(pass, (int)strlen(pass), salt, slen, iter, md, (int)hl, salted);
	hmac(md, salted, hl, "Client Key", 10, k->client);
	hmac(md, salted, hl, "Server Key", 10, k->server);
	k->check = check;
	cache_dirty = true;
}

/* ---- the exchange ---- */

int sasl_first(struct auth *a, const char *user, const char *pass, char *out, size_t cap)
{
	char msg[256];
	int n;
	if (a->mech == M_PLAIN) {
		n = snprintf(msg, sizeof msg, "%c%s%c%s", 0, user, 0, pass);
	} else {
		unsigned char rnd[18];
		RAND_bytes(rnd, sizeof rnd);
		b64enc(a->nonce, rnd, sizeof rnd);
		n = snprintf(msg, sizeof msg, "n,,n=%s,r=%s", user, a->nonce);
	}
	if (n < 0 || (size_t)n >= sizeof msg || cap < sizeof msg * 4 / 3 + 4)
		return -1;
	return b64enc(out, msg, (size_t)n);
}

int sasl_response(struct auth *a, uint32_t idx, const char *user, const char *pass,
		  const char *chal, size_t clen, char *out, size_t cap)
{
	unsigned char sf[512], salt[128];
	int n = b64dec(sf, sizeof sf - 1, chal, clen);
	if (n <= 0)
		return -1;
	sf[n] = 0;
	char *s = strstr((char *)sf, ",s="), *it = s ? strstr(s, ",i=") : NULL;
	if (strncmp((char *)sf, "r=", 2) || !it || strncmp((char *)sf + 2, a->nonce, strlen(a->nonce)))
		return -1;
	int slen = b64dec(salt, sizeof salt, s + 3, (size_t)(it - s - 3));
	int iter = atoi(it + 3), rlen = (int)(s - (char *)sf);
	if (slen <= 0 || iter <= 0)
		return -1;

	const EVP_MD *md = a->mech == M_SCRAM256 ? EVP_sha256() : EVP_sha1();
	size_t hl = (size_t)EVP_MD_size(md);
	struct keys local = {0}, *k = idx < cache_n ? &cache[idx] : &local;
	derive(k, md, pass, salt, slen, iter);

	char authmsg[1200], final[400];
	int m = snprintf(authmsg, sizeof authmsg, "n=%s,r=%s,%s,c=biws,%.*s", user, a->nonce, sf,
			 rlen, sf);
	if (m < 0 || (size_t)m >= sizeof authmsg)
		return -1;
	unsigned char stored[32], sig[32], proof[32];
	char proof64[64];
	EVP_Digest(k->client, hl, stored, NULL, md, NULL);
	hmac(md, stored, hl, authmsg, (size_t)m, sig);
	hmac(md, k->server, hl, authmsg, (size_t)m, a->server_sig);
	for (size_t i = 0; i < hl; i++)
		proof[i] = k->client[i] ^ sig[i];
	b64enc(proof64, proof, hl);
	m = snprintf(final, sizeof final, "c=biws,%.*s,p=%s", rlen, sf, proof64);
	if (m < 0 || (size_t)m >= sizeof final || cap < sizeof final * 4 / 3 + 4)
		return -1;
	return b64enc(out, final, (size_t)m);
}

/* text: base64 of "v=<server signature>"; an empty one is accepted only for PLAIN. */
bool sasl_final_ok(struct auth *a, const char *text, size_t n)
{
	unsigned char buf[256], sig[64];
	if (a->mech == M_PLAIN)
		return true;
	int m = b64dec(buf, sizeof buf, text, n);
	size_t hl = a->mech == M_SCRAM256 ? 32 : 20;
	if (m < 3 || memcmp(buf, "v=", 2))
		return false;
	int e = 2;
	while (e < m && buf[e] != ',')
		e++;
	return b64dec(sig, sizeof sig, (char *)buf + 2, (size_t)e - 2) == (int)hl &&
	       !CRYPTO_memcmp(sig, a->server_sig, hl);
}
