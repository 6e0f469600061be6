/* csv: rows of comma-separated values (RFC 4180): fields may be quoted, a quote in them is doubled, and quoted fields may have line ends in them.
 *
 * LF, CR LF and the end of the text end a row; empty lines are no rows. Threads: any. Test: test/unit/admin/csv_test.c, test/fuzz/csv_fuzz.c */
#ifndef MEERKAT_ADMIN_CSV_H
#define MEERKAT_ADMIN_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

struct csv {
	struct str rest; /* not read yet */
	size_t line;     /* where the row that was read last begins, from 1 */
	size_t next_line;
	size_t count; /* how many fields that row has */
	bool is_good; /* its quotes match */
};

void csv_init(struct csv *c, struct str text);

/* Reads the next row: at most `most` of its fields, made in the arena, which end with a zero. False at the end. Reading goes on behind a row that
 * is not good. */
bool csv_next(struct csv *c, struct arena *a, struct str fields[], size_t most);

#endif
