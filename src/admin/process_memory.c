#include "admin/process_memory.h"

#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

static int64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long size = 0, resident = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	fclose(file);
	return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

struct process_memory process_memory_read(void)
{
	struct mallinfo2 heap = mallinfo2();

	return (struct process_memory){
		.resident = resident_bytes(),
		.heap_used = (int64_t)(heap.uordblks + heap.hblkhd),
		.heap_free = (int64_t)heap.fordblks,
	};
}
