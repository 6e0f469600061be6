/* date: points in time as text: "2026-11-22T17:55:00Z" (XEP-0082 §3.2, a profile of ISO 8601). Threads: any. Test: test/unit/base/date_test.c */
#ifndef MEERKAT_BASE_DATE_H
#define MEERKAT_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { DATE_TEXT_BYTES = 32 };

/* In UTC, to the second; milliseconds since 1970 in the years 0 to 9999 (check). Returns out. */
const char *date_write(int64_t time_ms, char out[DATE_TEXT_BYTES]);

/* With a fraction of a second or without, in UTC (Z) or with an offset (+02:00). False: it is no date. */
bool date_read(struct str text, int64_t *time_ms_out);

#endif
