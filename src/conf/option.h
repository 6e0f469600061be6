/* option: how one configuration option is described; parsing, errors, defaults, docs/options.md and `meerkat --options` come from it.
 *
 * A table of options describes one TOML table and fills one C struct: an option's value is stored at its offset. Tables nest. An options
 * struct is made in the configuration's arena, is constant afterwards and lives as long as the configuration (counted).
 * What is stored: BOOL bool; INT, PORT int64_t; INT_OR_INFINITY int64_t with OPTION_INFINITY; STRING, NAME, DOMAIN, IP, FILE struct str
 * (STR_NONE when absent without default; DOMAIN prepared, IP normalised); ENUM int (index in values); INT_OR_NAME struct option_int_or_name;
 * lists struct option_list; TABLE the struct itself in place (or a pointer to it, NULL when absent, with OPTION_POINTER); TABLES (array of
 * tables), NAMED (table of tables) and NAMED_TABLES (table of arrays of tables) struct option_list of structs.
 * An absent table in place gets the presets of its options. Threads: tables are constant. Test: test/unit/conf/option_test.c */
#ifndef MEERKAT_CONF_OPTION_H
#define MEERKAT_CONF_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum option_type {
	OPTION_BOOL,
	OPTION_INT,             /* min..max, or one of values ("4|6") */
	OPTION_INT_OR_INFINITY, /* min..max or the string "infinity" */
	OPTION_PORT,            /* 0..65535 */
	OPTION_STRING,          /* min: shortest length; with values: one of them, stored as text */
	OPTION_NAME,            /* non-empty string, a name of something in the file */
	OPTION_DOMAIN,          /* prepared as a domain part; "@HOST@" is allowed where the host replaces it */
	OPTION_IP,              /* an address as text, IPv4 or IPv6; stored in its usual form ("127.1" as "127.0.0.1") */
	OPTION_FILE,            /* an existing readable regular file; relative to the working directory */
	OPTION_ENUM,            /* one of values; stored as the index */
	OPTION_INT_OR_NAME,     /* an integer or a non-empty string */
	OPTION_LIST_STRING,     /* struct option_list of struct str; with values: each one of them */
	OPTION_LIST_DOMAIN,
	OPTION_LIST_FILE,
	OPTION_LIST_ENUM, /* of int, no value twice */
	OPTION_LIST_INT,  /* of int64_t */
	OPTION_TABLE,     /* without a table of options: any content, not stored */
	OPTION_TABLES,    /* [[x]] : list of structs in the order of the file */
	OPTION_NAMED,     /* [x.NAME] : list of structs, sorted as in the file; the struct begins with a struct str for the name */
	OPTION_NAMED_TABLES, /* x.NAME = [{...}, {...}] : list of struct option_named_list, sorted as in the file */
};

#define OPTION_INFINITY INT64_MAX

enum option_flag {
	OPTION_REQUIRED = 1,
	OPTION_POINTER = 2,     /* TABLE: stored as a pointer, NULL when absent */
	OPTION_NON_EMPTY = 4,   /* lists */
	OPTION_UNIQUE = 8,      /* lists: no value twice */
	OPTION_SECRET = 16,     /* never shown or logged */
	OPTION_UNSUPPORTED = 32,/* known, type-checked, not implemented: part of the one grouped error */
	OPTION_IGNORED = 64,    /* known, has no meaning here: accepted with a warning, not stored */
	OPTION_NOT_STORED = 128,/* type-checked only; the offset is not used */
	OPTION_MODULE = 256,    /* TABLE of a module: "backend" and "iqdisc" are accepted in it and have no effect */
	OPTION_IDENTITY = 512,  /* in [[x]], PORT or text: items with the same value are the same item, before and after a reload */
};

/* What a reload can do with a change. */
enum option_reload { OPTION_AT_ONCE, OPTION_NEW_CONNECTIONS, OPTION_RESTART };

struct option_table;

struct option {
	const char *key;
	enum option_type type;
	unsigned flags;
	size_t offset;
	int64_t min, max;         /* INT: range when max != 0 or min != 0, without an upper end when max < min; STRING: length */
	const char *values;       /* ENUM and LIST_ENUM: "starttls|starttls_required|tls", the index is what is stored */
	const char *preset;       /* default as TOML text: "5222", "\"infinity\"", "true", "[\"sha\"]"; NULL: zero, empty or absent */
	const char *old_key;      /* former spelling, accepted with one warning */
	const char *since;        /* version the option came with, when it matters; NULL otherwise */
	enum option_reload reload;
	const struct option_table *table; /* TABLE, TABLES, NAMED, NAMED_TABLES */
	const char *unit;         /* "ms", "s", "bytes"; NULL */
	const char *help;         /* one line */
	const char *example;      /* TOML value; NULL */
};

struct option_problems; /* collects errors and warnings with their places, see schema.h */

struct option_table {
	const char *name;            /* "listen.c2s", for documentation */
	size_t size;                 /* of the struct it fills; 0: everything in it is checked only */
	const struct option *options; /* ended by key NULL */
	/* Fills in what follows from other options, before examine; also called for an absent table in place. May be NULL. */
	void (*complete)(void *values, struct option_problems *p);
	/* What needs more than one option to see; may be NULL; not called for an absent table. Problems are reported with option_problem. */
	void (*examine)(const void *values, struct option_problems *p);
	const char *help;            /* a paragraph for docs/options.md */
};

struct option_list {
	const void *items; /* of the type the option's type says */
	size_t count;
};

struct option_int_or_name {
	bool is_int;
	int64_t number;
	struct str name;
};

struct option_named_list {
	struct str name;
	struct option_list items;
};

/* For complete and examine: an error (or warning) at `key` of the table being examined (NULL: the table itself); the text completes
 * "FILE:LINE:COL: error: PATH.key: ". */
void option_problem(struct option_problems *p, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4), nonnull(3)));
void option_warning(struct option_problems *p, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4), nonnull(3)));

/* The same at one item of the list `key`. */
void option_item_problem(struct option_problems *p, const char *key, size_t index, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* `key`, or one value of it when `value` is not NULL, is known but not implemented: part of the one grouped error. */
void option_not_implemented(struct option_problems *p, const char *key, const char *value);

/* Was this key written in the file (rather than preset)? */
bool option_was_given(const struct option_problems *p, const char *key);

/* Does what was written for this key have errors (then its value is the preset or zero)? */
bool option_has_errors(const struct option_problems *p, const char *key);

/* Where the values live: as long as the configuration. */
struct arena *option_arena(struct option_problems *p);

/* The text of one of `values` ("a|b|c") by its index; STR_NONE past the end. */
struct str option_value_name(const char *values, size_t index);

/* The text with "@HOST@" replaced by the host, made in the arena (or the text itself when there is nothing to replace). */
struct str option_with_host(struct str text, struct arena *a, struct str host);

/* A list of texts (struct str), made anew in the arena, for what outlives the configuration. */
struct option_list option_copy_names(struct arena *a, const struct option_list *names);

#endif
