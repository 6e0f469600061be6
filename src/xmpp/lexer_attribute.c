/* XML 1.0 §3.1 attributes, those that are not there in one piece or have something to be looked at. */
#include "xmpp/lexing.h"

const char *lexing_declare(struct lexer *l, const char *p, struct node *n)
{
	enum fault fault = scope_declare(&l->scope, l->base, n, l->open);

	if (fault)
		return lexing_fail(l, p, fault);
	n->flags |= NODE_DECLARATION;
	l->nodes[l->open].flags |= NODE_SCOPED;
	return p + 1;
}

/* p is the closing quote. */
static const char *end_value(struct lexer *l, const char *p)
{
	struct node *n = &l->nodes[l->count - 1];

	n->value_end = lexing_offset(l, p);
	n->end = n->value_end + 1;
	n->next = l->count;
	n->flags = l->flags;
	l->flags = 0;
	l->quote = 0;
	l->state = STATE_TAG;
	return lexing_end_attribute(l, p, n);
}

const char *lexing_take_value(struct lexer *l, const char *p, const char *end)
{
	for (;;) {
		p = scan_value(p, end, l->quote);
		if (p == end)
			return p;
		if (*p == (char)l->quote)
			return end_value(l, p);
		if (*p == '<')
			return lexing_fail(l, p, FAULT_VALUE);
		if (*p == '&') {
			p = lexing_open_reference(l, p, end);
			if (l->state != STATE_VALUE)
				return p;
		} else {
			p = lexing_take_odd(l, p, end);
			if (!p)
				return NULL;
		}
	}
}

const char *lexing_take_quote(struct lexer *l, const char *p, const char *end)
{
	p = lexing_skip_spaces(p, end);
	if (p == end)
		return p;
	if (*p != '"' && *p != '\'')
		return lexing_fail(l, p, FAULT_ATTRIBUTE);
	l->quote = (uint8_t)*p++;
	l->nodes[l->count - 1].value = lexing_offset(l, p);
	l->state = STATE_VALUE;
	return p == end ? p : lexing_take_value(l, p, end);
}

const char *lexing_take_equals(struct lexer *l, const char *p, const char *end)
{
	p = lexing_skip_spaces(p, end);
	if (p == end)
		return p;
	if (*p != '=')
		return lexing_fail(l, p, FAULT_ATTRIBUTE);
	l->state = STATE_QUOTE;
	return ++p == end ? p : lexing_take_quote(l, p, end);
}

const char *lexing_take_attribute(struct lexer *l, const char *p, const char *end)
{
	struct node *n = &l->nodes[l->count - 1];

	p = lexing_take_name_bytes(l, p, end);
	if (!p || p == end)
		return p;
	lexing_end_name(l, p, n);
	if (lexing_is_repeated(l, n))
		return lexing_fail(l, p, FAULT_ATTRIBUTE_TWICE);
	l->state = STATE_EQUALS;
	return lexing_take_equals(l, p, end);
}

const char *lexing_open_attribute(struct lexer *l, const char *p, const char *end)
{
	if (!l->is_spaced)
		return lexing_fail(l, p, FAULT_MARKUP);
	if (l->count - l->open > l->limits->attributes)
		return lexing_fail(l, p, FAULT_MANY_ATTRIBUTES);
	lexing_begin_name(l, p);
	lexing_add_node(l, NODE_ATTRIBUTE, l->token);
	l->state = STATE_ATTRIBUTE;
	return lexing_take_attribute(l, p, end);
}
