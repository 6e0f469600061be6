/* log: one line per event on stderr: time, level, module, fixed message, fields.
 *
 * The message never contains values; values are fields, quoted and with control characters escaped, so that a peer cannot forge a line.
 * Secrets are never passed here. A line is one write; a reader that does not read costs lines, not time.
 * Threads: any. Test: test/unit/base/log_test.c */
#ifndef MEERKAT_BASE_LOG_H
#define MEERKAT_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_NONE, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE };

struct log_field {
	const char *key; /* NULL ends the list */
	enum { LOG_FIELD_STR, LOG_FIELD_INT } kind;
	struct str text;
	int64_t number;
};

#define LOG_STR(key, value) ((struct log_field){(key), LOG_FIELD_STR, (value), 0})
#define LOG_TEXT(key, value) ((struct log_field){(key), LOG_FIELD_STR, str_from(value), 0})
#define LOG_NUM(key, value) ((struct log_field){(key), LOG_FIELD_INT, {0}, (int64_t)(value)})
#define LOG_END ((struct log_field){0})

extern _Atomic int log_level_now;

static inline bool log_on(enum log_level level)
{
	return (int)level <= log_level_now;
}

void log_set_level(enum log_level level);

/* LOG_ERROR for "error" and so on; also MongooseIM's names (none, emergency, alert, critical, error, warning, notice, info, debug,
 * all). False if the name is none of them. */
bool log_level_from_name(struct str name, enum log_level *out);
const char *log_level_name(enum log_level level);

__attribute__((cold)) void log_write(enum log_level level, const char *module, const char *message, const struct log_field *fields);

/* log_event(LOG_INFO, "c2s", "session opened", LOG_STR("jid", jid), LOG_NUM("loop", 1)) */
#define log_event(level, module, message, ...)                                                                      \
	(log_on(level) ? log_write((level), (module), (message), (const struct log_field[]){__VA_ARGS__ __VA_OPT__(,) LOG_END}) \
		       : (void)0)

/* At most one line per key and second is let through; false means: say nothing. For events that a peer can repeat. */
struct log_throttle {
	_Atomic uint64_t last_ms;
	_Atomic uint64_t suppressed;
};
bool log_throttle_pass(struct log_throttle *t, uint64_t now_ms, uint64_t *suppressed_out);

#endif
