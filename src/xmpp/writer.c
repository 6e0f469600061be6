#include "xmpp/writer.h"

#include <stdio.h>

#include "base/check.h"
#include "xmpp/escape.h"
#include "xmpp/ns.h"

void writer_init(struct writer *w, struct buf *out)
{
	w->out = out;
	w->depth = 0;
	w->tag_is_open = false;
}

static void end_tag(struct writer *w)
{
	if (w->tag_is_open)
		buf_append_char(w->out, '>');
	w->tag_is_open = false;
}

void writer_open(struct writer *w, const char *name, const char *ns)
{
	check(w->depth < WRITER_DEPTH_MAX);
	end_tag(w);
	buf_append_char(w->out, '<');
	buf_append_text(w->out, name);
	w->open[w->depth++] = name;
	w->tag_is_open = true;
	if (ns)
		writer_attribute_text(w, "xmlns", ns);
}

void writer_attribute(struct writer *w, const char *name, struct str value)
{
	check(w->tag_is_open);
	buf_append_char(w->out, ' ');
	buf_append_text(w->out, name);
	buf_append(w->out, "='", 2);
	escape_write(w->out, value, ESCAPE_ATTRIBUTE);
	buf_append_char(w->out, '\'');
}

void writer_attribute_text(struct writer *w, const char *name, const char *value)
{
	writer_attribute(w, name, str_from(value));
}

void writer_attribute_int(struct writer *w, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	writer_attribute_text(w, name, text);
}

void writer_attribute_jid(struct writer *w, const char *name, struct jid value)
{
	writer_attribute(w, name, jid_str(value));
}

void writer_text(struct writer *w, struct str text)
{
	end_tag(w);
	escape_write(w->out, text, ESCAPE_TEXT);
}

void writer_close(struct writer *w)
{
	const char *name;

	check(w->depth > 0);
	name = w->open[--w->depth];
	if (w->tag_is_open) {
		buf_append(w->out, "/>", 2);
		w->tag_is_open = false;
		return;
	}
	buf_append(w->out, "</", 2);
	buf_append_text(w->out, name);
	buf_append_char(w->out, '>');
}

void writer_empty(struct writer *w, const char *name, const char *ns)
{
	writer_open(w, name, ns);
	writer_close(w);
}

void writer_leaf(struct writer *w, const char *name, const char *ns, struct str text)
{
	writer_open(w, name, ns);
	writer_text(w, text);
	writer_close(w);
}

void writer_raw(struct writer *w, struct str xml)
{
	end_tag(w);
	buf_append_str(w->out, xml);
}

void writer_escape(struct buf *out, struct str text)
{
	escape_write(out, text, ESCAPE_ATTRIBUTE);
}

static void attribute_as_received(struct writer *w, const struct stanza *s, const char *name)
{
	for (const struct node *n = node_first_attribute(s, node_root(s)); n; n = node_next_attribute(s, n)) {
		if (n->prefix_len || !str_is(node_name(s, n), name))
			continue;
		buf_append_char(w->out, ' ');
		buf_append_str(w->out, node_bytes(s, n));
	}
}

static void open_answer(struct writer *w, const struct stanza *s, struct jid from, struct jid to, const char *type)
{
	writer_open(w, stanza_kind_name(s->kind), NULL);
	if (jid_is_set(from))
		writer_attribute_jid(w, "from", from);
	if (jid_is_set(to))
		writer_attribute_jid(w, "to", to);
	writer_attribute_text(w, "type", type);
	attribute_as_received(w, s, "id");
}

void writer_stanza_error(struct buf *out, const struct stanza *s, struct jid from, struct jid to, enum stanza_error e,
			 struct str text)
{
	struct writer w;

	writer_init(&w, out);
	open_answer(&w, s, from, to, "error");
	writer_open(&w, "error", NULL);
	writer_attribute_text(&w, "type", xerror_stanza_type(e));
	writer_empty(&w, xerror_stanza_condition(e), NS_STANZA_ERROR);
	if (text.len)
		writer_leaf(&w, "text", NS_STANZA_ERROR, text);
	writer_close(&w);
	writer_close(&w);
}

void writer_iq_result(struct writer *w, const struct stanza *request, struct jid from, struct jid to)
{
	check(request->kind == STANZA_IQ);
	open_answer(w, request, from, to, "result");
}
