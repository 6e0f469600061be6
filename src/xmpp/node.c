#include "xmpp/node.h"

#include "xmpp/escape.h"
#include "xmpp/stanza.h"

static const struct node *end_of(const struct stanza *s)
{
	return s->nodes + s->node_count;
}

static struct str raw_value(const struct stanza *s, const struct node *n)
{
	return str_make(s->bytes + n->value, n->value_end - n->value);
}

const struct node *node_root(const struct stanza *s)
{
	return s->nodes;
}

const struct node *node_first_attribute(const struct stanza *s, const struct node *of)
{
	return of + 1 < s->nodes + of->next && of[1].kind == NODE_ATTRIBUTE ? of + 1 : NULL;
}

const struct node *node_next_attribute(const struct stanza *s, const struct node *after)
{
	return after + 1 < end_of(s) && after[1].kind == NODE_ATTRIBUTE ? after + 1 : NULL;
}

const struct node *node_first_content(const struct stanza *s, const struct node *of)
{
	const struct node *end = s->nodes + of->next;
	const struct node *n = of + 1;

	while (n < end && n->kind == NODE_ATTRIBUTE)
		n++;
	return n < end ? n : NULL;
}

/* Nodes do not know their parent, but content has no gaps: what follows in the same element begins where this ends, while behind the
 * last child comes the parent's closing tag. */
const struct node *node_next_content(const struct stanza *s, const struct node *after)
{
	const struct node *next = s->nodes + after->next;

	return next < end_of(s) && next->start == after->end ? next : NULL;
}

static const struct node *skip_text(const struct stanza *s, const struct node *n)
{
	while (n && n->kind != NODE_ELEMENT)
		n = node_next_content(s, n);
	return n;
}

const struct node *node_first_child(const struct stanza *s, const struct node *of)
{
	return skip_text(s, node_first_content(s, of));
}

const struct node *node_next_sibling(const struct stanza *s, const struct node *after)
{
	return skip_text(s, node_next_content(s, after));
}

const struct node *node_find_child(const struct stanza *s, const struct node *of, const char *name, const char *ns)
{
	const struct node *n = node_first_child(s, of);

	while (n && !node_is(s, n, name, ns))
		n = node_next_sibling(s, n);
	return n;
}

struct str node_name(const struct stanza *s, const struct node *n)
{
	return str_make(s->bytes + n->name, n->name_len);
}

struct str node_ns(const struct stanza *s, const struct node *n)
{
	return str_make(s->bytes + n->ns, n->ns_len);
}

bool node_is(const struct stanza *s, const struct node *n, const char *name, const char *ns)
{
	return str_is(node_name(s, n), name) && (!ns || str_is(node_ns(s, n), ns));
}

static const struct node *find_attribute(const struct stanza *s, const struct node *element, const char *name)
{
	struct str wanted = str_from(name);
	const struct node *n = node_first_attribute(s, element);

	while (n && (n->prefix_len || !str_equal(node_name(s, n), wanted)))
		n = node_next_attribute(s, n);
	return n;
}

struct str node_attribute_raw(const struct stanza *s, const struct node *element, const char *name)
{
	const struct node *n = find_attribute(s, element, name);

	return n ? raw_value(s, n) : STR_NONE;
}

struct str node_attribute(const struct stanza *s, const struct node *element, const char *name, struct arena *a)
{
	const struct node *n = find_attribute(s, element, name);

	return n ? node_value(s, n, a) : STR_NONE;
}

struct str node_attribute_ns(const struct stanza *s, const struct node *element, const char *name, const char *ns,
			     struct arena *a)
{
	for (const struct node *n = node_first_attribute(s, element); n; n = node_next_attribute(s, n))
		if (n->ns_len && node_is(s, n, name, ns))
			return node_value(s, n, a);
	return STR_NONE;
}

static enum escape_kind escape_of(const struct node *n)
{
	if (n->kind == NODE_ATTRIBUTE)
		return ESCAPE_ATTRIBUTE;
	return n->flags & NODE_CDATA ? ESCAPE_SECTION : ESCAPE_TEXT;
}

struct str node_value(const struct stanza *s, const struct node *n, struct arena *a)
{
	struct str raw = raw_value(s, n);
	char *text;

	if (!(n->flags & NODE_ESCAPED))
		return raw;
	text = arena_alloc(a, raw.len);
	return str_make(text, escape_read(raw, escape_of(n), text));
}

/* The next text directly in the element. */
static const struct node *next_text(const struct stanza *s, const struct node *n)
{
	while (n && n->kind != NODE_TEXT)
		n = node_next_content(s, n);
	return n;
}

struct str node_text(const struct stanza *s, const struct node *element, struct arena *a)
{
	const struct node *first = next_text(s, node_first_content(s, element));
	size_t room = 0, len = 0;
	char *text;

	if (!first)
		return STR("");
	if (!next_text(s, node_next_content(s, first)))
		return node_value(s, first, a);
	for (const struct node *n = first; n; n = next_text(s, node_next_content(s, n)))
		room += n->value_end - n->value;
	text = arena_alloc(a, room);
	for (const struct node *n = first; n; n = next_text(s, node_next_content(s, n)))
		len += escape_read(raw_value(s, n), n->flags & NODE_ESCAPED ? escape_of(n) : ESCAPE_SECTION, text + len);
	return str_make(text, len);
}

struct str node_bytes(const struct stanza *s, const struct node *n)
{
	return str_make(s->bytes + n->start, n->end - n->start);
}

struct str node_inner(const struct stanza *s, const struct node *n)
{
	return raw_value(s, n);
}
