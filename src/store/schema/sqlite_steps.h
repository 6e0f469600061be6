/* sqlite_steps: how the tables came about, one numbered step after the other.
 *
 * A step that has been in a release never changes: what is to be different is a new step. Each runs once, in its own transaction, and is
 * recorded in schema_step. */
#ifndef MEERKAT_STORE_SCHEMA_SQLITE_STEPS_H
#define MEERKAT_STORE_SCHEMA_SQLITE_STEPS_H

#include <stddef.h>

struct sqlite_step {
	int number; /* 1, 2, ... */
	const char *name;
	const char *sql;
};

extern const struct sqlite_step sqlite_steps[];
extern const size_t sqlite_step_count;

#endif
