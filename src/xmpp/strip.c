#include "xmpp/strip.h"

#include "xmpp/node.h"
#include "xmpp/writer.h"

static const struct node *next_unwanted(const struct stanza *s, const struct node *n, strip_test *is_unwanted, const void *context)
{
	while (n && !is_unwanted(s, n, context))
		n = node_next_sibling(s, n);
	return n;
}

static void append(struct buf *out, const struct stanza *s, uint32_t start, uint32_t end)
{
	buf_append(out, s->bytes + start, end - start);
}

/* The head as it would be forwarded: with the prefixes of the stream that the stanza uses. */
static void append_head(struct buf *out, const struct stanza *s, const char *content_ns)
{
	writer_stanza(out, s, s->from, s->to, content_ns, false);
	out->len -= s->len - node_root(s)->value;
}

struct stanza *strip_children(const struct stanza *s, strip_test *is_unwanted, const void *context)
{
	const struct node *root = node_root(s), *n = next_unwanted(s, node_first_child(s, root), is_unwanted, context);
	uint32_t at = root->value;
	const char *content_ns;
	struct stanza *rest;
	struct arena scratch;
	struct buf b;

	if (!n)
		return NULL;
	arena_init(&scratch, 0);
	content_ns = arena_str(&scratch, str_make(s->bytes + s->content_ns, s->content_ns_len)).data;
	buf_init(&b);
	append_head(&b, s, content_ns);
	while (n) {
		append(&b, s, at, n->start);
		at = n->end;
		n = next_unwanted(s, node_next_sibling(s, n), is_unwanted, context);
	}
	append(&b, s, at, s->len);
	rest = stanza_from_text(buf_str(&b), content_ns);
	buf_fini(&b);
	arena_fini(&scratch);
	return rest;
}
