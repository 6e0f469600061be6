/* report: collects errors and warnings about a file and prints them sorted by their place, one line each:
 * "FILE:LINE:COL: error: PATH: TEXT".
 *
 * Threads: one at a time. Test: test/unit/conf/schema_test.c */
#ifndef MEERKAT_CONF_REPORT_H
#define MEERKAT_CONF_REPORT_H

#include <stdarg.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "conf/toml.h"

enum report_severity { REPORT_ERROR, REPORT_WARNING };

struct report_line {
	enum report_severity severity;
	struct toml_place at; /* line 0: about the file as a whole */
	struct str path;      /* of the option; may be empty */
	struct str text;
	size_t order;         /* of arrival, for lines with the same place */
};

struct report {
	const char *file;
	struct arena arena;
	struct report_line *lines;
	size_t count, cap, errors;
};

void report_init(struct report *r, const char *file);
void report_fini(struct report *r);

/* The text of the line, and a copy of its path, are made here. */
void report_add(struct report *r, struct report_line line, const char *format, ...) __attribute__((format(printf, 3, 4), nonnull(3)));
void report_add_list(struct report *r, struct report_line line, const char *format, va_list args)
	__attribute__((format(printf, 3, 0), nonnull(3)));

/* Appends all lines, sorted. */
void report_print(struct report *r, struct buf *out);

#endif
