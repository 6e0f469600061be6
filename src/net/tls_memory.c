#include "net/tls_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/check.h"

static _Thread_local bool is_counting;
static _Thread_local size_t freed_bytes;

static void *take(size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return len ? malloc(len) : NULL;
}

static void give(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	if (is_counting && block)
		freed_bytes += malloc_usable_size(block);
	free(block);
}

static void *resize(void *block, size_t len, const char *file, int line)
{
	if (len)
		return realloc(block, len);
	give(block, file, line);
	return NULL;
}

void tls_memory_watch(void)
{
	/* It refuses when it has taken memory already. */
	check(CRYPTO_set_mem_functions(take, resize, give) == 1);
}

void tls_memory_begin(void)
{
	is_counting = true;
	freed_bytes = 0;
}

size_t tls_memory_end(void)
{
	is_counting = false;
	return freed_bytes;
}
