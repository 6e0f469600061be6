#include "support/describe.h"

#include "base/check.h"

void describe_name(struct buf *out, struct str ns, struct str name)
{
	buf_append_char(out, '{');
	buf_append_str(out, ns);
	buf_append_char(out, '}');
	buf_append_str(out, name);
}

void describe_value(struct buf *out, struct str value)
{
	buf_append_char(out, '\'');
	buf_append_str(out, value);
	buf_append_char(out, '\'');
}

static void describe_tag(struct buf *out, const struct stanza *s, const struct node *n, struct arena *a)
{
	describe_name(out, node_ns(s, n), node_name(s, n));
	for (const struct node *at = node_first_attribute(s, n); at; at = node_next_attribute(s, at)) {
		if (at->flags & NODE_DECLARATION)
			continue;
		buf_append_char(out, ' ');
		if (at->prefix_len)
			describe_name(out, node_ns(s, at), node_name(s, at));
		else
			buf_append_str(out, node_name(s, at));
		buf_append_char(out, '=');
		describe_value(out, node_value(s, at, a));
	}
	buf_append_char(out, '(');
}

/* A run of texts as one. Returns what follows. */
static const struct node *describe_text(struct buf *out, const struct stanza *s, const struct node *n, struct arena *a)
{
	size_t before = out->len;

	buf_append_char(out, '\'');
	for (; n && n->kind == NODE_TEXT; n = node_next_content(s, n))
		buf_append_str(out, node_value(s, n, a));
	if (out->len == before + 1)
		out->len = before; /* empty CDATA is nothing */
	else
		buf_append_char(out, '\'');
	return n;
}

void describe_stanza(struct buf *out, const struct stanza *s)
{
	const struct node *open[DESCRIBE_DEPTH_MAX], *n = node_root(s);
	size_t depth = 0;
	struct arena a;

	arena_init(&a, 0);
	do {
		if (n && n->kind == NODE_TEXT) {
			n = describe_text(out, s, n, &a);
		} else if (n) {
			check(depth < DESCRIBE_DEPTH_MAX);
			describe_tag(out, s, n, &a);
			open[depth++] = n;
			n = node_first_content(s, n);
		} else {
			buf_append_char(out, ')');
			n = --depth ? node_next_content(s, open[depth]) : NULL;
		}
	} while (depth);
	arena_fini(&a);
}
