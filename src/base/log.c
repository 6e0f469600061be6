#include "base/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/log_kept.h"

/* A pipe takes up to PIPE_BUF (4096) bytes whole or not at all. */
#define LINE_BYTES 4096
/* What one value may take of it, so that one long field does not hide the others. */
#define VALUE_BYTES 1024
/* The longest thing that stands for one character: \x and two digits for each of four bytes. */
#define ESCAPED_BYTES 16
/* Room that a field needs besides its key. */
#define FIELD_BYTES 24

struct line {
	char text[LINE_BYTES];
	size_t len, head_len; /* the head: time and level */
	struct timespec time;
};

_Atomic int log_level_now = LOG_INFO;

/* One line at a time looks for room and is written, so that lines of two threads cannot fill it together. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t lost_lines; /* under the lock */

static const char *const level_names[] = {"none", "error", "warn", "info", "debug", "trace"};

void log_set_level(enum log_level level)
{
	log_level_now = (int)level;
}

bool log_level_from_name(struct str name, enum log_level *out)
{
	static const struct {
		const char *name;
		enum log_level level;
	} table[] = {
		{"none", LOG_NONE},
		{"emergency", LOG_ERROR},
		{"alert", LOG_ERROR},
		{"critical", LOG_ERROR},
		{"error", LOG_ERROR},
		{"warning", LOG_WARN},
		{"warn", LOG_WARN},
		{"notice", LOG_WARN},
		{"info", LOG_INFO},
		{"debug", LOG_DEBUG},
		{"trace", LOG_TRACE},
		{"all", LOG_TRACE},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (str_is(name, table[i].name)) {
			*out = table[i].level;
			return true;
		}
	}
	return false;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

static size_t room(const struct line *l)
{
	return sizeof(l->text) - 1 - l->len; /* one for the line feed */
}

__attribute__((format(printf, 2, 3))) static void add(struct line *l, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(l->text + l->len, room(l) + 1, format, args);
	va_end(args);
	if (len > 0)
		l->len += (size_t)len < room(l) ? (size_t)len : room(l);
}

/* How many bytes at s make one character that can be shown as it is; 0 if the first byte is to be escaped. */
static size_t showable_char(struct str s)
{
	unsigned char first = (unsigned char)s.data[0];
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first < 0x20 || first == 0x7f || first == '"' || first == '\\')
		return 0;
	if (len > s.len || !codec_utf8_is_valid(str_make(s.data, len)))
		return 0;
	/* U+0080 to U+009F: terminals take them as control characters too. */
	if (first == 0xc2 && (unsigned char)s.data[1] < 0xa0)
		return 0;
	return len;
}

static void add_escaped_byte(struct line *l, unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		add(l, "\\%c", c);
		break;
	case '\n':
		add(l, "\\n");
		break;
	case '\r':
		add(l, "\\r");
		break;
	case '\t':
		add(l, "\\t");
		break;
	default:
		add(l, "\\x%02x", c);
	}
}

static void add_quoted(struct line *l, struct str s)
{
	size_t start = l->len;

	add(l, "\"");
	while (s.len) {
		size_t len = showable_char(s);

		if (l->len - start > VALUE_BYTES || room(l) < ESCAPED_BYTES) {
			add(l, "...");
			break;
		}
		if (len) {
			memcpy(l->text + l->len, s.data, len);
			l->len += len;
		} else {
			add_escaped_byte(l, (unsigned char)s.data[0]);
			len = 1;
		}
		s = str_make(s.data + len, s.len - len);
	}
	add(l, "\"");
}

static void add_head(struct line *l, enum log_level level, const char *module, const char *message)
{
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &l->time);
	gmtime_r(&l->time.tv_sec, &utc);
	l->len = strftime(l->text, sizeof(l->text), "%Y-%m-%dT%H:%M:%S", &utc);
	add(l, ".%03dZ %-5s ", (int)(l->time.tv_nsec / 1000000), log_level_name(level));
	l->head_len = l->len;
	add(l, "%s: %s", module, message);
}

static void add_fields(struct line *l, const struct log_field *fields)
{
	for (const struct log_field *f = fields; f && f->key; f++) {
		/* No room for a key and a number or a cut value: the rest of the fields is left out. */
		if (room(l) < strlen(f->key) + FIELD_BYTES) {
			if (room(l) >= 4)
				add(l, " ...");
			return;
		}
		add(l, " %s=", f->key);
		if (f->kind == LOG_FIELD_INT)
			add(l, "%lld", (long long)f->number);
		else
			add_quoted(l, f->text);
	}
}

/* False if the reader is not reading: then the line is given up rather than waited for. */
static bool write_line(struct line *l)
{
	struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};

	if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT))
		return false;
	l->text[l->len++] = '\n';
	return write(STDERR_FILENO, l->text, l->len) >= 0;
}

static void tell_lost_lines(void)
{
	struct line l;

	add_head(&l, LOG_WARN, "log", "lines were lost as nobody read them");
	add(&l, " count=%llu", (unsigned long long)lost_lines);
	if (write_line(&l))
		lost_lines = 0;
}

void log_write(enum log_level level, const char *module, const char *message, const struct log_field *fields)
{
	struct line l;

	add_head(&l, level, module, message);
	add_fields(&l, fields);
	if (level <= LOG_WARN)
		log_kept_add(level, (int64_t)l.time.tv_sec * 1000 + l.time.tv_nsec / 1000000,
			     str_make(l.text + l.head_len, l.len - l.head_len));
	pthread_mutex_lock(&lock);
	if (lost_lines)
		tell_lost_lines();
	if (!write_line(&l))
		lost_lines++;
	pthread_mutex_unlock(&lock);
}

bool log_throttle_pass(struct log_throttle *t, uint64_t now_ms, uint64_t *suppressed_out)
{
	uint64_t last = t->last_ms, now = now_ms + 1; /* 0 means never */

	if ((last && now < last + 1000) || !atomic_compare_exchange_strong(&t->last_ms, &last, now)) {
		t->suppressed++;
		return false;
	}
	*suppressed_out = atomic_exchange(&t->suppressed, 0);
	return true;
}
