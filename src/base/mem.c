#include "base/mem.h"

#include <stdlib.h>

#include "base/check.h"

void *mem_new(size_t size)
{
	return mem_new_array(1, size);
}

void *mem_new_array(size_t count, size_t size)
{
	/* calloc refuses what overflows; of nothing it may return NULL, which would look like failure. */
	void *p = count == 0 || size == 0 ? calloc(1, 1) : calloc(count, size);

	check(p != NULL);
	return p;
}

void *mem_resize(void *p, size_t size)
{
	void *resized = realloc(p, size == 0 ? 1 : size);

	check(resized != NULL);
	return resized;
}
