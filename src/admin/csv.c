#include "admin/csv.h"

#include "base/buf.h"

void csv_init(struct csv *c, struct str text)
{
	*c = (struct csv){.rest = text, .next_line = 1};
	/* What some spreadsheets put in front. */
	if (str_starts_with(text, STR("\xef\xbb\xbf")))
		c->rest = str_make(text.data + 3, text.len - 3);
}

static char peek(const struct csv *c)
{
	return c->rest.len > 0 ? c->rest.data[0] : '\n';
}

static char take(struct csv *c)
{
	char first = peek(c);
	if (c->rest.len > 0) {
		c->next_line += first == '\n';
		c->rest = str_make(c->rest.data + 1, c->rest.len - 1);
	}
	return first;
}

static bool is_at_line_end(const struct csv *c)
{
	return peek(c) == '\n' || (peek(c) == '\r' && (c->rest.len == 1 || c->rest.data[1] == '\n'));
}

static void skip_line_ends(struct csv *c)
{
	while (c->rest.len > 0 && is_at_line_end(c))
		take(c);
}

/* Behind the opening quote. False if there is no closing one. */
static bool read_quoted(struct csv *c, struct buf *out)
{
	while (c->rest.len > 0) {
		char next = take(c);
		if (next == '"' && (c->rest.len == 0 || peek(c) != '"'))
			return true;
		if (next == '"')
			take(c);
		buf_append_char(out, next);
	}
	return false;
}

/* Up to the comma or the end of the line, which stay. */
static bool read_field(struct csv *c, struct buf *out)
{
	bool is_quoted = c->rest.len > 0 && peek(c) == '"', is_good = true;
	if (is_quoted) {
		take(c);
		is_good = read_quoted(c, out);
	}
	while (!is_at_line_end(c) && peek(c) != ',') {
		char next = take(c);
		is_good = is_good && !is_quoted && next != '"';
		buf_append_char(out, next);
	}
	return is_good;
}

bool csv_next(struct csv *c, struct arena *a, struct str fields[], size_t most)
{
	struct buf field;
	skip_line_ends(c);
	c->line = c->next_line;
	c->count = 0;
	c->is_good = true;
	if (c->rest.len == 0)
		return false;
	buf_init(&field);
	for (bool has_more = true; has_more;) {
		field.len = 0;
		c->is_good &= read_field(c, &field);
		if (c->count < most)
			fields[c->count] = arena_str(a, buf_str(&field));
		c->count++;
		has_more = peek(c) == ',';
		if (has_more)
			take(c);
	}
	buf_fini(&field);
	return true;
}
