/* log_kept: the last warnings and errors of the log, for whoever asks the server what went wrong lately.
 *
 * The last LOG_KEPT_MAX of them, each cut at LOG_KEPT_BYTES: 32 KiB and no more. They are what log.c wrote, so they have no secrets either.
 * Threads: any. Test: test/unit/base/log_kept_test.c */
#ifndef MEERKAT_BASE_LOG_KEPT_H
#define MEERKAT_BASE_LOG_KEPT_H

#include <stddef.h>

#include "base/log.h"

enum { LOG_KEPT_MAX = 64, LOG_KEPT_BYTES = 480 };

struct log_kept {
	uint64_t number; /* 1 is the first one since the start */
	int64_t time_ms; /* Unix time */
	enum log_level level;
	size_t len;
	char text[LOG_KEPT_BYTES]; /* "module: message key=value ...", UTF-8, not terminated */
};

/* Of log.c: a line, without its time and level. */
void log_kept_add(enum log_level level, int64_t time_ms, struct str text);

/* Copies those that are there, oldest first; `out` has room for LOG_KEPT_MAX. Returns how many. */
size_t log_kept_read(struct log_kept *out);

#endif
