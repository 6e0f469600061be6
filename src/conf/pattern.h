/* pattern: matches a text against a glob or a regular expression of the configuration.
 *
 * Regular expressions are POSIX extended ones, searched anywhere in the text; of what other engines have besides, \d \D \w \W \s \S (also in
 * brackets) and (?:...) are understood, the rest is refused. Patterns come from the operator, texts from anybody: no match takes more than
 * the product of both lengths. Threads: any. Test: test/unit/conf/pattern_test.c */
#ifndef MEERKAT_CONF_PATTERN_H
#define MEERKAT_CONF_PATTERN_H

#include <regex.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

enum { PATTERN_MAX_BYTES = 512 };

/* "*" stands for any number of characters, "?" for one (UTF-8). */
bool pattern_glob_matches(struct str glob, struct str text);

/* Compiles; closed with pattern_close. ERR_INVALID with the reason. */
must_use enum err pattern_open(regex_t *out, struct str expression, struct why *why);
void pattern_close(regex_t *r);
bool pattern_matches(const regex_t *r, struct str text);

#endif
