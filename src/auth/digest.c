#include "auth/digest.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/codec.h"
#include "base/mem.h"

enum { BLOCK_BYTES_MAX = 128 };

static const struct {
	const char *name; /* OpenSSL's */
	size_t bytes, block_bytes;
} facts[CONFIG_HASH_COUNT] = {
	[CONFIG_HASH_SHA1] = {"SHA1", 20, 64},
	[CONFIG_HASH_SHA224] = {"SHA2-224", 28, 64},
	[CONFIG_HASH_SHA256] = {"SHA2-256", 32, 64},
	[CONFIG_HASH_SHA384] = {"SHA2-384", 48, 128},
	[CONFIG_HASH_SHA512] = {"SHA2-512", 64, 128},
};

/* What a thread keeps: a context for each hash, so that none is ever set up for another. */
struct contexts {
	EVP_MD_CTX *of[CONFIG_HASH_COUNT];
};

static EVP_MD *algorithms[CONFIG_HASH_COUNT];
static pthread_key_t contexts_key;

static void free_contexts(void *p)
{
	struct contexts *c = p;

	for (int h = 0; h < CONFIG_HASH_COUNT; h++)
		EVP_MD_CTX_free(c->of[h]);
	free(c);
}

static void fetch_algorithms(void)
{
	for (int h = 0; h < CONFIG_HASH_COUNT; h++) {
		algorithms[h] = EVP_MD_fetch(NULL, facts[h].name, NULL);
		check(algorithms[h] && (size_t)EVP_MD_get_size(algorithms[h]) == facts[h].bytes);
	}
	check(pthread_key_create(&contexts_key, free_contexts) == 0);
}

static EVP_MD_CTX *new_context(void)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	check(c != NULL);
	return c;
}

/* This thread's, for a hash that begins. */
static EVP_MD_CTX *begin(enum config_hash h)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct contexts *c;

	pthread_once(&once, fetch_algorithms);
	c = pthread_getspecific(contexts_key);
	if (!c) {
		c = mem_new(sizeof(*c));
		check(pthread_setspecific(contexts_key, c) == 0);
	}
	if (!c->of[h])
		c->of[h] = new_context();
	check(EVP_DigestInit_ex2(c->of[h], algorithms[h], NULL));
	return c->of[h];
}

static void add(EVP_MD_CTX *context, const void *data, size_t len)
{
	check(EVP_DigestUpdate(context, data, len));
}

static void finish(EVP_MD_CTX *context, uint8_t *out)
{
	check(EVP_DigestFinal_ex(context, out, NULL));
}

size_t digest_bytes(enum config_hash h)
{
	return facts[h].bytes;
}

void digest_make(enum config_hash h, struct str data, uint8_t *out)
{
	EVP_MD_CTX *context = begin(h);

	add(context, data.data, data.len);
	finish(context, out);
}

/* The key as RFC 2104 wants it: one block, exclusive-ored with a byte. */
static void make_pad(enum config_hash h, struct str key, uint8_t byte, uint8_t pad_out[BLOCK_BYTES_MAX])
{
	memset(pad_out, 0, BLOCK_BYTES_MAX);
	if (key.len > facts[h].block_bytes)
		digest_make(h, key, pad_out);
	else if (key.len > 0)
		memcpy(pad_out, key.data, key.len);
	for (size_t i = 0; i < facts[h].block_bytes; i++)
		pad_out[i] ^= byte;
}

enum { INNER_BYTE = 0x36, OUTER_BYTE = 0x5c };

void digest_hmac(enum config_hash h, struct str key, struct str data, uint8_t *out)
{
	uint8_t pad[BLOCK_BYTES_MAX], inner[DIGEST_BYTES_MAX];
	EVP_MD_CTX *context;

	make_pad(h, key, INNER_BYTE, pad);
	context = begin(h);
	add(context, pad, facts[h].block_bytes);
	add(context, data.data, data.len);
	finish(context, inner);
	for (size_t i = 0; i < facts[h].block_bytes; i++)
		pad[i] ^= INNER_BYTE ^ OUTER_BYTE;
	context = begin(h);
	add(context, pad, facts[h].block_bytes);
	add(context, inner, facts[h].bytes);
	finish(context, out);
	codec_wipe(pad, sizeof pad);
}

/* A context that has taken in the pad: where both hashes of each iteration start from. */
static EVP_MD_CTX *new_padded(enum config_hash h, struct str key, uint8_t byte)
{
	uint8_t pad[BLOCK_BYTES_MAX];
	EVP_MD_CTX *context = new_context();

	make_pad(h, key, byte, pad);
	check(EVP_DigestInit_ex2(context, algorithms[h], NULL));
	add(context, pad, facts[h].block_bytes);
	codec_wipe(pad, sizeof pad);
	return context;
}

void digest_pbkdf2(enum config_hash h, struct str password, struct str salt, uint32_t iterations, uint8_t *out)
{
	static const uint8_t first_block[4] = {0, 0, 0, 1};
	EVP_MD_CTX *work = begin(h), *inner = new_padded(h, password, INNER_BYTE), *outer = new_padded(h, password, OUTER_BYTE);
	size_t bytes = facts[h].bytes;
	uint8_t u[DIGEST_BYTES_MAX];

	memset(out, 0, bytes);
	for (uint32_t i = 0; i < iterations; i++) {
		check(EVP_MD_CTX_copy_ex(work, inner));
		if (i == 0) {
			add(work, salt.data, salt.len);
			add(work, first_block, sizeof first_block);
		} else {
			add(work, u, bytes);
		}
		finish(work, u);
		check(EVP_MD_CTX_copy_ex(work, outer));
		add(work, u, bytes);
		finish(work, u);
		for (size_t b = 0; b < bytes; b++)
			out[b] ^= u[b];
	}
	EVP_MD_CTX_free(inner);
	EVP_MD_CTX_free(outer);
	codec_wipe(u, sizeof u);
}
