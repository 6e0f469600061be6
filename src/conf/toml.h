/* toml: reads TOML 1.0 text into a plain tree whose keys and values know where they stand.
 *
 * The only C++ of the tree is behind this header (over toml++). The tree and all its texts live in the caller's arena. At most
 * TOML_MAX_BYTES of text and TOML_MAX_DEPTH levels of nesting are read; a table's keys are in the order of the text. Lines and columns
 * count from 1, columns in characters. Threads: any. Test: test/unit/conf/toml_test.c, test/fuzz/toml_fuzz.c */
#ifndef MEERKAT_CONF_TOML_H
#define MEERKAT_CONF_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum { TOML_MAX_BYTES = 1 << 20, TOML_MAX_DEPTH = 32 };

enum toml_kind {
	TOML_KIND_TABLE,
	TOML_KIND_ARRAY,
	TOML_KIND_STRING,
	TOML_KIND_INT,
	TOML_KIND_FLOAT,
	TOML_KIND_BOOL,
	TOML_KIND_DATE /* date, time or both; kept as text */
};

struct toml_place {
	uint32_t line, column;
};

struct toml_node {
	enum toml_kind kind;
	bool used, bad;    /* for the reader of the tree; false at first */
	struct str key;    /* in a table; STR_NONE in an array and at the top */
	struct toml_place key_at, at;
	struct toml_node *items; /* TABLE, ARRAY */
	size_t count;
	struct str text; /* STRING, DATE; zero-terminated, but a string may hold zeros itself */
	union {
		int64_t integer;
		double real;
		bool truth;
	};
};

struct toml_error {
	struct toml_place at;
	char text[256];
};

#ifdef __cplusplus
extern "C" {
#endif

/* The table at the top, or NULL and the error: too large, too deep, not UTF-8, or not TOML. */
struct toml_node *toml_parse(struct arena *a, struct str text, struct toml_error *error_out);

/* The item of this key in a table, or NULL. */
struct toml_node *toml_find(const struct toml_node *table, struct str key);

/* "a string", "an integer", ... for messages. */
const char *toml_kind_name(enum toml_kind kind);

#ifdef __cplusplus
}
#endif

#endif
