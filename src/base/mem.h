/* mem: heap memory that is there or the process is not.
 *
 * Out of memory is a failed check: with sizes bounded before they are asked for, it is an operator's matter, and the supervisor restarts.
 * Free with free(). Threads: any. */
#ifndef MEERKAT_BASE_MEM_H
#define MEERKAT_BASE_MEM_H

#include <stddef.h>

/* Zeroed memory of this size. */
void *mem_new(size_t size);

/* Zeroed memory for count items; an overflow is a failed check. */
void *mem_new_array(size_t count, size_t size);

/* Like realloc; the new part is not zeroed. */
void *mem_resize(void *p, size_t size);

#endif
