/* process_memory: what the process has in memory. Threads: any. Test: test/unit/admin/watch_operations_test.c */
#ifndef MEERKAT_ADMIN_PROCESS_MEMORY_H
#define MEERKAT_ADMIN_PROCESS_MEMORY_H

#include <stdint.h>

/* In bytes. */
struct process_memory {
	int64_t resident;            /* pages that the process has in memory */
	int64_t heap_used, heap_free; /* allocated; free, and kept for later */
};

struct process_memory process_memory_read(void);

#endif
