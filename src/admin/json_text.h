/* json_text: JSON that somebody sent (RFC 8259), as a value: strict and bounded.
 *
 * A name that comes twice, what follows the value, numbers that do not fit and NUL in a string are errors; so is more than JSON_TEXT_DEPTH_MAX
 * levels, which is found before anything is built. How long it may be is for the caller to say. Threads: any.
 * Test: test/unit/admin/json_text_test.c, test/fuzz/json_text_fuzz.c */
#ifndef MEERKAT_ADMIN_JSON_TEXT_H
#define MEERKAT_ADMIN_JSON_TEXT_H

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

enum { JSON_TEXT_DEPTH_MAX = 32 };

/* A new value: an object or an array; or NULL with a sentence that says what is wrong and where (why may be NULL). */
json_t *json_text_read(struct str text, struct why *why);

#endif
