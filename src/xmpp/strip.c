#include "xmpp/strip.h"

#include "xmpp/node.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

static bool has_unwanted(const struct stanza *s, strip_test *is_unwanted, const void *context)
{
	for (const struct node *n = node_first_child(s, node_root(s)); n; n = node_next_sibling(s, n))
		if (is_unwanted(s, n, context))
			return true;
	return false;
}

/* Addresses are written from what was stamped; attributes in namespaces of the peer are not ours to carry on. */
static bool is_kept_attribute(const struct stanza *s, const struct node *n)
{
	if (n->flags & NODE_DECLARATION)
		return false;
	if (n->prefix_len > 0)
		return str_is(node_ns(s, n), NS_XML);
	return !str_is(node_name(s, n), "from") && !str_is(node_name(s, n), "to");
}

static void write_head(struct writer *w, const struct stanza *s)
{
	writer_open(w, stanza_kind_name(s->kind), NULL);
	writer_attribute(w, "xmlns", str_make(s->bytes + s->content_ns, s->content_ns_len));
	if (jid_is_set(s->from))
		writer_attribute_jid(w, "from", s->from);
	if (jid_is_set(s->to))
		writer_attribute_jid(w, "to", s->to);
	for (const struct node *n = node_first_attribute(s, node_root(s)); n; n = node_next_attribute(s, n))
		if (is_kept_attribute(s, n)) {
			buf_append_char(w->out, ' ');
			buf_append_str(w->out, node_bytes(s, n));
		}
}

struct stanza *strip_children(const struct stanza *s, strip_test *is_unwanted, const void *context)
{
	static const char *const content[] = {NS_CLIENT, NS_SERVER, NS_COMPONENT};
	struct str ns = str_make(s->bytes + s->content_ns, s->content_ns_len);
	const char *content_ns = NS_CLIENT;
	struct stanza *rest;
	struct writer w;
	struct buf b;

	if (!has_unwanted(s, is_unwanted, context))
		return NULL;
	for (size_t i = 0; i < sizeof(content) / sizeof(content[0]); i++)
		if (str_is(ns, content[i]))
			content_ns = content[i];
	buf_init(&b);
	writer_init(&w, &b);
	write_head(&w, s);
	for (const struct node *n = node_first_child(s, node_root(s)); n; n = node_next_sibling(s, n))
		if (!is_unwanted(s, n, context))
			writer_node(&w, s, n);
	writer_close(&w);
	rest = stanza_from_text(buf_str(&b), content_ns);
	buf_fini(&b);
	return rest;
}
