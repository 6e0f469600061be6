#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

/* What glibc's malloc keeps at hand for each thread; its calloc goes past that, to the slow part of it. */
enum { AT_HAND_BYTES = 1032 };

void *mem_new(size_t size)
{
	void *p = size <= AT_HAND_BYTES ? malloc(size ? size : 1) : calloc(1, size);

	check(p != NULL);
	return size <= AT_HAND_BYTES ? memset(p, 0, size) : p;
}

void *mem_new_array(size_t count, size_t size)
{
	size_t total;

	check(!__builtin_mul_overflow(count, size, &total));
	return mem_new(total);
}

void *mem_resize(void *p, size_t size)
{
	void *resized = realloc(p, size == 0 ? 1 : size);

	check(resized != NULL);
	return resized;
}
