/* The part of writer.h that copies what was received: stanzas and nodes. What a copy inherited in its old place (namespaces declared on
 * the stream or on elements around it) is declared on it in the new one. */
#include "base/check.h"
#include "xmpp/escape.h"
#include "xmpp/writer.h"

static struct str content_ns(const struct stanza *s)
{
	return str_make(s->bytes + s->content_ns, s->content_ns_len);
}

static struct str redeclare_of(const struct stanza *s)
{
	return str_make(s->bytes + s->redeclare, s->redeclare_len);
}

static struct str raw_value(const struct stanza *s, const struct node *n)
{
	return str_make(s->bytes + n->value, n->value_end - n->value);
}

static void append_attribute(struct buf *out, const char *name, struct str value)
{
	buf_append_char(out, ' ');
	buf_append_text(out, name);
	buf_append(out, "='", 2);
	escape_write(out, value, ESCAPE_ATTRIBUTE);
	buf_append_char(out, '\'');
}

static void append_as_received(struct buf *out, const struct stanza *s, const struct node *attribute)
{
	buf_append_char(out, ' ');
	buf_append_str(out, node_bytes(s, attribute));
}

static bool is_default(const struct node *declaration)
{
	return !declaration->prefix_len;
}

/* The element's own declaration of a prefix; "" is the default namespace. */
static const struct node *find_declaration(const struct stanza *s, const struct node *element, struct str prefix)
{
	for (const struct node *n = node_first_attribute(s, element); n; n = node_next_attribute(s, n))
		if ((n->flags & NODE_DECLARATION) && str_equal(is_default(n) ? STR("") : node_name(s, n), prefix))
			return n;
	return NULL;
}

/* One of " xmlns:p='...'" in stanza.redeclare. */
struct redeclaration {
	struct str all, prefix, value;
};

static bool next_redeclaration(struct str *rest, struct redeclaration *out)
{
	static const struct str start = STR(" xmlns");
	struct str tail, value_and_more, name;

	if (!rest->len)
		return false;
	name = str_split(*rest, '=', &tail);
	value_and_more = str_make(tail.data + 1, tail.len - 1);
	out->value = str_split(value_and_more, '\'', &tail);
	out->all = str_make(rest->data, (size_t)(tail.data - rest->data));
	out->prefix = STR("");
	if (name.len > start.len)
		out->prefix = str_make(name.data + start.len + 1, name.len - start.len - 1);
	*rest = tail;
	return true;
}

static bool redeclares_default(const struct stanza *s)
{
	struct str rest = redeclare_of(s);
	struct redeclaration r;

	while (next_redeclaration(&rest, &r))
		if (!r.prefix.len)
			return true;
	return false;
}

/* A stanza on its way: its bytes up to `at` are written or left out. */
struct copy {
	struct buf *out;
	const struct stanza *s;
	struct str ns;    /* content namespace where it goes */
	bool is_other_ns; /* than the stanza's own */
	uint32_t at;
};

/* The bytes up to `end` as they are; those from there to `next` not. */
static void pass(struct copy *c, uint32_t end, uint32_t next)
{
	buf_append(c->out, c->s->bytes + c->at, end - c->at);
	c->at = next;
}

/* A declaration of the content namespace becomes one of the new one, any other stays. */
static void pass_declaration(struct copy *c, const struct node *n)
{
	if (!c->is_other_ns || !str_equal(raw_value(c->s, n), content_ns(c->s)))
		return;
	pass(c, n->value, n->value_end);
	escape_write(c->out, c->ns, ESCAPE_ATTRIBUTE);
}

static void append_redeclarations(const struct copy *c)
{
	struct str rest = redeclare_of(c->s);
	struct redeclaration r;

	while (next_redeclaration(&rest, &r)) {
		if (c->is_other_ns && r.prefix.len && str_equal(r.value, content_ns(c->s))) {
			buf_append(c->out, r.all.data, (size_t)(r.value.data - r.all.data));
			escape_write(c->out, c->ns, ESCAPE_ATTRIBUTE);
			buf_append_char(c->out, '\'');
		} else {
			buf_append_str(c->out, r.all);
		}
	}
}

/* The head's default namespace is written anew or not at all when it is the content namespace. */
static bool drops_default(const struct stanza *s)
{
	const struct node *root = node_root(s);

	return !root->prefix_len && str_equal(node_ns(s, root), content_ns(s));
}

static bool needs_default(const struct stanza *s)
{
	if (!node_root(s)->prefix_len)
		return drops_default(s);
	return !find_declaration(s, node_root(s), STR("")) && !redeclares_default(s);
}

static bool is_address(const struct stanza *s, const struct node *n)
{
	const char *name = s->bytes + n->name;

	if (n->prefix_len)
		return false;
	return (n->name_len == 2 && memcmp(name, "to", 2) == 0) || (n->name_len == 4 && memcmp(name, "from", 4) == 0);
}

/* Attributes go in runs with the white space before each. */
static void pass_attributes(struct copy *c)
{
	bool is_dropped = drops_default(c->s);
	uint32_t before = c->at;

	for (const struct node *n = node_first_attribute(c->s, node_root(c->s)); n; n = node_next_attribute(c->s, n)) {
		bool is_declaration = n->flags & NODE_DECLARATION;

		if (is_declaration ? is_dropped && is_default(n) : is_address(c->s, n))
			pass(c, before, n->end);
		else if (is_declaration)
			pass_declaration(c, n);
		before = n->end;
	}
	if (c->s->redeclare_len) {
		pass(c, before, before);
		append_redeclarations(c);
	}
}

/* Of a child that is in the content namespace. Deeper declarations are payload (a forwarded message) and stay. */
static void pass_child_head(struct copy *c, const struct node *child)
{
	if (!str_equal(node_ns(c->s, child), content_ns(c->s)))
		return;
	for (const struct node *n = node_first_attribute(c->s, child); n; n = node_next_attribute(c->s, n))
		if (n->flags & NODE_DECLARATION)
			pass_declaration(c, n);
}

static void append_address(struct buf *out, struct str start, struct jid address)
{
	if (!jid_is_set(address))
		return;
	buf_append_str(out, start);
	escape_write(out, jid_str(address), ESCAPE_ATTRIBUTE);
	buf_append_char(out, '\'');
}

void writer_stanza(struct buf *out, const struct stanza *s, struct jid from, struct jid to, const char *stream_ns,
		   bool explicit_ns)
{
	const struct node *root = node_root(s);
	struct copy c = {.out = out, .s = s, .ns = str_from(stream_ns)};
	uint32_t name_end = root->name + root->name_len;

	c.is_other_ns = !str_equal(c.ns, content_ns(s));
	pass(&c, name_end, name_end);
	if (explicit_ns && needs_default(s))
		append_attribute(out, "xmlns", c.ns);
	append_address(out, STR(" from='"), from);
	append_address(out, STR(" to='"), to);
	pass_attributes(&c);
	for (const struct node *n = c.is_other_ns ? node_first_child(s, root) : NULL; n; n = node_next_sibling(s, n))
		pass_child_head(&c, n);
	pass(&c, s->len, s->len);
}

/* Nodes. */

/* The declarations in force around a node, one for each prefix, as an array of pointers in a buf. */
static size_t count_of(const struct buf *declarations)
{
	return declarations->len / sizeof(const struct node *);
}

static const struct node **item_of(const struct buf *declarations, size_t index)
{
	return (const struct node **)(void *)declarations->data + index;
}

static const struct node **find_in(const struct buf *declarations, const struct stanza *s, const struct node *like)
{
	for (size_t i = 0; i < count_of(declarations); i++) {
		const struct node **item = item_of(declarations, i);

		if (is_default(*item) == is_default(like) && str_equal(node_name(s, *item), node_name(s, like)))
			return item;
	}
	return NULL;
}

static void collect_own(struct buf *declarations, const struct stanza *s, const struct node *element)
{
	for (const struct node *n = node_first_attribute(s, element); n; n = node_next_attribute(s, n)) {
		const struct node **outer;

		if (!(n->flags & NODE_DECLARATION))
			continue;
		outer = find_in(declarations, s, n);
		if (outer)
			*outer = n;
		else
			buf_append(declarations, &n, sizeof(const struct node *));
	}
}

/* Those of the elements around n, from the root down. */
static void collect_around(struct buf *declarations, const struct stanza *s, const struct node *n)
{
	const struct node *element = node_root(s);

	while (element != n) {
		collect_own(declarations, s, element);
		element = node_first_child(s, element);
		while (s->nodes + element->next <= n)
			element = node_next_sibling(s, element);
	}
}

static bool is_declared(const struct buf *declarations, const struct stanza *s, struct str prefix)
{
	for (size_t i = 0; i < count_of(declarations); i++) {
		const struct node *n = *item_of(declarations, i);

		if (str_equal(is_default(n) ? STR("") : node_name(s, n), prefix))
			return true;
	}
	return false;
}

static bool uses_prefixes(const struct stanza *s, const struct node *n)
{
	for (const struct node *end = s->nodes + n->next; n < end; n++)
		if (n->prefix_len && !(n->flags & NODE_DECLARATION))
			return true;
	return false;
}

/* All that is declared around the node, whether it is used in it or not; finding its place takes a walk from the root. */
static void append_all_inherited(struct buf *out, const struct stanza *s, const struct node *n)
{
	struct str rest = redeclare_of(s);
	struct redeclaration r;
	struct buf around;

	buf_init(&around);
	collect_around(&around, s, n);
	for (size_t i = 0; i < count_of(&around); i++) {
		const struct node *d = *item_of(&around, i);

		if (!find_declaration(s, n, is_default(d) ? STR("") : node_name(s, d)))
			append_as_received(out, s, d);
	}
	while (next_redeclaration(&rest, &r))
		if (!is_declared(&around, s, r.prefix) && !find_declaration(s, n, r.prefix))
			buf_append_str(out, r.all);
	if (!redeclares_default(s) && !is_declared(&around, s, STR("")) && !find_declaration(s, n, STR("")))
		append_attribute(out, "xmlns", content_ns(s));
	buf_fini(&around);
}

static void append_inherited(struct buf *out, const struct stanza *s, const struct node *n)
{
	if (uses_prefixes(s, n))
		append_all_inherited(out, s, n);
	else if (!find_declaration(s, n, STR("")))
		append_attribute(out, "xmlns", node_ns(s, n));
}

void writer_node(struct writer *w, const struct stanza *s, const struct node *n)
{
	uint32_t name_end = n->name + n->name_len;

	check(n->kind == NODE_ELEMENT);
	writer_raw(w, str_make(s->bytes + n->start, name_end - n->start));
	append_inherited(w->out, s, n);
	writer_raw(w, str_make(s->bytes + name_end, n->end - name_end));
}
