#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define DEFAULT_FIRST_BYTES 1024
/* Doubling stops here, so that a large arena wastes at most this much. */
#define LARGEST_BLOCK_BYTES ((size_t)256 * 1024)
#define ALIGNMENT alignof(max_align_t)

struct arena_block {
	struct arena_block *older;
	size_t size; /* of data */
	alignas(max_align_t) char data[];
};

void arena_init(struct arena *a, size_t first_bytes)
{
	*a = (struct arena){.first_bytes = first_bytes ? first_bytes : DEFAULT_FIRST_BYTES};
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *older = block->older;

		free(block);
		block = older;
	}
}

void arena_fini(struct arena *a)
{
	free_blocks(a->blocks);
	a->blocks = NULL;
	a->used = 0;
}

static size_t largest_ordinary_block(const struct arena *a)
{
	return a->first_bytes > LARGEST_BLOCK_BYTES ? a->first_bytes : LARGEST_BLOCK_BYTES;
}

void arena_reset(struct arena *a)
{
	struct arena_block *kept = a->blocks;

	a->used = 0;
	if (!kept)
		return;
	/* One giant request must not be held for ever by scratch that is used over and over. */
	if (kept->size > largest_ordinary_block(a)) {
		arena_fini(a);
		return;
	}
	free_blocks(kept->older);
	kept->older = NULL;
}

static struct arena_block *new_block(size_t size)
{
	check(size <= SIZE_MAX - sizeof(struct arena_block));

	struct arena_block *block = malloc(sizeof(*block) + size);

	check(block != NULL);
	block->older = NULL;
	block->size = size;
	return block;
}

static size_t next_block_size(const struct arena *a)
{
	size_t most = largest_ordinary_block(a);

	if (!a->blocks)
		return a->first_bytes;
	return a->blocks->size < most / 2 ? a->blocks->size * 2 : most;
}

static void *alloc_in_new_block(struct arena *a, size_t size)
{
	size_t block_size = next_block_size(a);
	struct arena_block *block = new_block(size > block_size ? size : block_size);

	if (size > block_size && a->blocks) {
		/* Its own block goes behind the newest, in which there may be room left. */
		block->older = a->blocks->older;
		a->blocks->older = block;
	} else {
		block->older = a->blocks;
		a->blocks = block;
		a->used = size;
	}
	return block->data;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t at = (a->used + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	void *p;

	if (a->blocks && at <= a->blocks->size && size <= a->blocks->size - at) {
		p = a->blocks->data + at;
		a->used = at + size;
	} else {
		p = alloc_in_new_block(a, size);
	}
	return memset(p, 0, size);
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	check(!__builtin_mul_overflow(count, size, &total));
	return arena_alloc(a, total);
}

struct str arena_str(struct arena *a, struct str s)
{
	check(s.len < SIZE_MAX);

	char *copy = arena_alloc(a, s.len + 1);

	if (s.len)
		memcpy(copy, s.data, s.len);
	return str_make(copy, s.len);
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? (char *)arena_str(a, str_from(s)).data : NULL;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text, *copy;

	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	check(len >= 0);
	copy = arena_alloc(a, (size_t)len + 1);
	memcpy(copy, text, (size_t)len + 1);
	free(text);
	return copy;
}

size_t arena_bytes(const struct arena *a)
{
	size_t total = 0;

	for (const struct arena_block *block = a->blocks; block; block = block->older)
		total += sizeof(*block) + block->size;
	return total;
}
