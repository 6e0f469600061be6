#include "conf/report.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

void report_init(struct report *r, const char *file)
{
	*r = (struct report){.file = file};
	arena_init(&r->arena, 0);
}

void report_fini(struct report *r)
{
	arena_fini(&r->arena);
	free(r->lines);
	r->lines = NULL;
	r->count = r->cap = 0;
}

/* A line of the report is a line: what the file contains cannot break it. */
__attribute__((nonnull(3))) static struct str one_line(struct report *r, struct str path, const char *format, va_list args)
{
	struct buf text;
	buf_init(&text);
	if (path.len > 0) {
		buf_append_str(&text, path);
		buf_append_text(&text, ": ");
	}
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	check(len >= 0);
	char *room = buf_reserve(&text, (size_t)len + 1);
	vsnprintf(room, (size_t)len + 1, format, args);
	buf_claim(&text, (size_t)len);
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
			text.data[i] = '?';
	}
	struct str copy = arena_str(&r->arena, buf_str(&text));
	buf_fini(&text);
	return copy;
}

void report_add_list(struct report *r, enum report_severity severity, struct toml_place at, struct str path, const char *format,
		     va_list args)
{
	if (r->count == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 16;
		r->lines = mem_resize(r->lines, r->cap * sizeof *r->lines);
	}
	r->lines[r->count] = (struct report_line){severity, at, r->count, one_line(r, path, format, args)};
	r->count++;
	r->errors += severity == REPORT_ERROR;
}

void report_add(struct report *r, enum report_severity severity, struct toml_place at, struct str path, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report_add_list(r, severity, at, path, format, args);
	va_end(args);
}

static int compare_lines(const void *left, const void *right)
{
	const struct report_line *x = left, *y = right;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	if (x->at.column != y->at.column)
		return x->at.column < y->at.column ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void report_print(struct report *r, struct buf *out)
{
	if (r->count > 0)
		qsort(r->lines, r->count, sizeof *r->lines, compare_lines);
	for (size_t i = 0; i < r->count; i++) {
		const struct report_line *line = &r->lines[i];
		buf_append_text(out, r->file);
		if (line->at.line > 0)
			buf_printf(out, ":%u:%u", line->at.line, line->at.column);
		buf_append_text(out, line->severity == REPORT_ERROR ? ": error: " : ": warning: ");
		buf_append_str(out, line->text);
		buf_append_char(out, '\n');
	}
}
