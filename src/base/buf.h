/* buf: a growing run of bytes.
 *
 * Grows by doubling; with a limit set, an append that would pass it marks the buffer as over and adds nothing, so that a builder can
 * append without looking and ask once at the end. Owner: whoever made it. Threads: one at a time. Test: test/unit/base/buf_test.c */
#ifndef MEERKAT_BASE_BUF_H
#define MEERKAT_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct buf {
	char *data; /* NULL until the first append; not terminated */
	size_t len, cap;
	size_t limit_bytes; /* 0: none; set while it is empty */
	bool over;          /* an append was refused */
};

void buf_init(struct buf *b);
void buf_fini(struct buf *b);

/* Empties it and keeps the memory. */
void buf_clear(struct buf *b);

/* For an empty one that is used over and over: gives the memory back if it is more than most_bytes, as one giant use has left it. */
void buf_tidy(struct buf *b, size_t most_bytes);

/* Room for len more bytes at the end, to be written by the caller and then claimed with buf_claim; NULL when over the limit. */
char *buf_reserve(struct buf *b, size_t len);
void buf_claim(struct buf *b, size_t len);

/* Here, as most texts are short literals, whose copying takes less than a call. */
static inline void buf_append(struct buf *b, const void *data, size_t len)
{
	if (len == 0)
		return;

	char *room = b->cap - b->len >= len ? b->data + b->len : buf_reserve(b, len);

	if (!room)
		return;
	memcpy(room, data, len);
	b->len += len;
}

static inline void buf_append_str(struct buf *b, struct str s)
{
	buf_append(b, s.data, s.len);
}

static inline void buf_append_text(struct buf *b, const char *text)
{
	buf_append(b, text, strlen(text));
}

static inline void buf_append_char(struct buf *b, char c)
{
	buf_append(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops the first len bytes. */
void buf_consume(struct buf *b, size_t len);

/* What is in it; valid until the next change. */
struct str buf_str(const struct buf *b);

/* The bytes with a terminating zero become the caller's (free); the buffer is empty again. */
char *buf_take(struct buf *b, size_t *len_out);

#endif
