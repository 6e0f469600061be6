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
static struct str one_line(struct report *r, struct str text)
{
	struct str copy = arena_str(&r->arena, text);
	for (char *c = (char *)(uintptr_t)copy.data; c < copy.data + copy.len; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
	return copy;
}

__attribute__((nonnull(2))) static struct str format_text(struct report *r, const char *format, va_list args)
{
	struct buf text;
	va_list again;
	buf_init(&text);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	check(len >= 0);
	char *room = buf_reserve(&text, (size_t)len + 1);
	vsnprintf(room, (size_t)len + 1, format, args);
	buf_claim(&text, (size_t)len);
	struct str line = one_line(r, buf_str(&text));
	buf_fini(&text);
	return line;
}

void report_add_list(struct report *r, struct report_line line, const char *format, va_list args)
{
	if (r->count == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 16;
		r->lines = mem_resize(r->lines, r->cap * sizeof *r->lines);
	}
	line.path = one_line(r, line.path);
	line.text = format_text(r, format, args);
	line.order = r->count;
	r->lines[r->count++] = line;
	r->errors += line.severity == REPORT_ERROR;
}

void report_add(struct report *r, struct report_line line, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report_add_list(r, line, format, args);
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
		if (line->path.len > 0)
			buf_printf(out, "%.*s: ", STR_ARGS(line->path));
		buf_append_str(out, line->text);
		buf_append_char(out, '\n');
	}
}
