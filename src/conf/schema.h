/* schema: reads a TOML tree into option structs, as the option tables say, and collects everything that is wrong with it.
 *
 * Nothing stops at the first problem: the rest is still read and checked, values with errors stay zero. The recursion follows the option
 * tables, not the file. Used by this folder only; others see struct option_problems as an opaque name.
 * Threads: one at a time. Test: test/unit/conf/schema_test.c */
#ifndef MEERKAT_CONF_SCHEMA_H
#define MEERKAT_CONF_SCHEMA_H

#include "base/arena.h"
#include "conf/config.h"
#include "conf/option.h"
#include "conf/report.h"
#include "conf/toml.h"

/* A table of the file that is being read; the frames live on the stack. */
struct schema_place {
	const struct schema_place *parent;
	struct str key;  /* as written in the file; empty at the top */
	ptrdiff_t index; /* in an array of tables, -1: none */
	const struct option_table *table;
	struct toml_node *node; /* NULL: the table is absent and gets its presets */
};

struct schema_unsupported {
	struct toml_place at;
	struct str path;
};

struct option_problems {
	struct report report;
	struct arena *arena;  /* for values */
	struct arena scratch; /* for presets and texts, until schema_fini */
	struct config_prepare prepare;
	const struct schema_place *place;
	const struct config_place *places; /* of the values, for what finds fault with them later */
	struct schema_unsupported *unsupported;
	size_t unsupported_count, unsupported_cap;
};

/* `file` is named in the report and must live as long; `prepare` may have NULL functions (see config.h). */
void schema_init(struct option_problems *p, const char *file, struct arena *values, struct config_prepare prepare);
void schema_fini(struct option_problems *p);

/* Reads the whole tree into `values`, a struct of the table. */
void schema_read(struct option_problems *p, const struct option_table *table, struct toml_node *root, void *values);

/* Adds the one grouped error (or a warning for each) about known options that are not implemented. */
void schema_finish(struct option_problems *p, bool ignore_unsupported);

/* Adds a line to the report. */
void schema_error(struct option_problems *p, struct toml_place at, struct str path, const char *format, ...)
	__attribute__((format(printf, 4, 5), nonnull(4)));
void schema_warning(struct option_problems *p, struct toml_place at, struct str path, const char *format, ...)
	__attribute__((format(printf, 4, 5), nonnull(4)));

/* "listen.c2s[0].port" for a key (may be empty) and an index (-1: none) in the place; lives in scratch. */
struct str schema_path(struct option_problems *p, struct str key, ptrdiff_t index);

/* The path of a place, for those who walk option tables without a file. */
void schema_append_place(struct buf *path, const struct schema_place *place);

/* The same as it stands in brackets in a file: without the indexes of lists. */
void schema_append_heading(struct buf *path, const struct schema_place *place);

/* Remembers that what stands here is known but not implemented; the path must live in scratch. */
void schema_add_unsupported(struct option_problems *p, struct toml_place at, struct str path);

/* What was written for this key of the place, under its new or old name; NULL: nothing. */
struct toml_node *schema_given(const struct schema_place *place, const struct option *o);

/* The option of this name (the new one) in a table, or NULL. */
const struct option *schema_find_option(const struct option_table *table, struct str key);

#endif
