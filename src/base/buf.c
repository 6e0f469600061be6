#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define FIRST_BYTES 64

void buf_init(struct buf *b)
{
	*b = (struct buf){0};
}

void buf_fini(struct buf *b)
{
	free(b->data);
	buf_init(b);
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->over = false;
}

void buf_tidy(struct buf *b, size_t most_bytes)
{
	check(b->len == 0);
	if (b->cap <= most_bytes)
		return;
	free(b->data);
	b->data = NULL;
	b->cap = 0;
}

static void grow(struct buf *b, size_t needed)
{
	size_t cap = b->cap ? b->cap : FIRST_BYTES;

	while (cap < needed)
		cap = cap > SIZE_MAX / 2 ? needed : cap * 2;
	if (b->limit_bytes && cap > b->limit_bytes)
		cap = b->limit_bytes;
	b->data = mem_resize(b->data, cap);
	b->cap = cap;
}

char *buf_reserve(struct buf *b, size_t len)
{
	size_t needed;

	if (__builtin_add_overflow(b->len, len, &needed) || (b->limit_bytes && needed > b->limit_bytes)) {
		check(b->limit_bytes);
		b->over = true;
		return NULL;
	}
	if (needed > b->cap || !b->data)
		grow(b, needed);
	return b->data + b->len;
}

void buf_claim(struct buf *b, size_t len)
{
	check(len <= b->cap - b->len);
	b->len += len;
}

/* Formatted aside: vsnprintf writes a zero after the text, for which the limit may leave no room. */
static void append_formatted(struct buf *b, size_t len, const char *format, va_list args)
{
	char *room = buf_reserve(b, len);
	char *text;

	if (!room)
		return;
	text = mem_new(len + 1);
	vsnprintf(text, len + 1, format, args);
	memcpy(room, text, len);
	b->len += len;
	free(text);
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	size_t room = b->cap - b->len;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(room ? b->data + b->len : NULL, room, format, args);
	check(len >= 0);
	if ((size_t)len < room)
		b->len += (size_t)len;
	else if (len > 0)
		append_formatted(b, (size_t)len, format, again);
	va_end(again);
	va_end(args);
}

void buf_consume(struct buf *b, size_t len)
{
	check(len <= b->len);
	b->len -= len;
	if (b->len && len)
		memmove(b->data, b->data + len, b->len);
}

struct str buf_str(const struct buf *b)
{
	return str_make(b->data ? b->data : "", b->len);
}

char *buf_take(struct buf *b, size_t *len_out)
{
	char *taken = mem_resize(b->data, b->len + 1);

	taken[b->len] = '\0';
	if (len_out)
		*len_out = b->len;
	b->data = NULL;
	b->len = b->cap = 0;
	b->over = false;
	return taken;
}
