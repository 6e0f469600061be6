/* Any bytes as comma-separated values: every row has a field, lines count upwards, and reading comes to an end. */
#include <stddef.h>
#include <stdint.h>

#include "admin/csv.h"
#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct csv c;
	struct str fields[MOST];
	size_t line = 0;
	struct arena a;

	arena_init(&a, 0);
	csv_init(&c, str_make((const char *)data, size));
	while (csv_next(&c, &a, fields, MOST)) {
		check(c.count > 0);
		check(c.line > line);
		line = c.line;
		for (size_t i = 0; i < c.count && i < MOST; i++)
			check(fields[i].len <= size && fields[i].data[fields[i].len] == 0);
	}
	check(c.rest.len == 0);
	arena_fini(&a);
	return 0;
}
