/* str: a borrowed piece of bytes: pointer and length, no terminator promised.
 *
 * A struct str never owns. {NULL, 0} is "absent", {"", 0} is "present and empty"; both have length 0. Threads: any. */
#ifndef MEERKAT_BASE_STR_H
#define MEERKAT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *data;
	size_t len;
};

/* For string literals; for printf use "%.*s" with STR_ARGS. */
#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){NULL, 0})
#define STR_ARGS(s) (int)(s).len, (s).data

static inline struct str str_from(const char *text)
{
	return (struct str){text, text ? strlen(text) : 0};
}

static inline struct str str_make(const char *data, size_t len)
{
	return (struct str){data, len};
}

static inline bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Compares with a C string; for literals the compiler knows the length. */
#define str_is(s, text) str_equal((s), str_from(text))

/* ASCII only. */
bool str_equal_ignoring_case(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);

/* strcmp-like order of the bytes. */
int str_compare(struct str a, struct str b);

/* Index of the first c, or -1. */
ptrdiff_t str_find_char(struct str s, char c);

/* Cuts at the first c: the part before it is returned, *rest becomes what follows ({NULL, 0} if there was no c). */
struct str str_split(struct str s, char c, struct str *rest_out);

/* Without leading and trailing space, tab, CR, LF. */
struct str str_trim(struct str s);

/* A decimal integer that fills s whole and lies in min..max; false otherwise. */
bool str_to_int(struct str s, int64_t min, int64_t max, int64_t *out);

/* A copy on the heap with a terminating zero; the caller frees it. */
char *str_dup(struct str s);

/* SipHash-1-3 with a key drawn once per process: for hash tables whose keys a peer chooses, and for the home of an address. */
uint64_t str_hash(struct str s);

#endif
