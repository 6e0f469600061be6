/* XML 1.0 §3 elements and their content. */
#include "xmpp/lexing.h"
#include "xmpp/ns.h"

static inline enum fault resolve_tag(struct lexer *l)
{
	struct node *n = &l->nodes[l->open];

	if (n->prefix_len) {
		if (!lexing_resolve(l, n))
			return FAULT_UNBOUND_PREFIX;
	} else {
		n->ns = l->scope.current.at;
		n->ns_len = l->scope.current.len;
	}
	return l->prefixed ? lexing_resolve_attributes(l) : FAULT_NONE;
}

/* The innermost element is complete; p is behind it. */
static inline const char *close_element(struct lexer *l, const char *p)
{
	uint32_t index = l->open;
	struct node *n = &l->nodes[index];

	n->end = l->token = lexing_offset(l, p);
	l->open = n->next;
	n->next = l->count;
	if (n->flags & NODE_SCOPED) {
		scope_leave(&l->scope, index);
		n->flags &= (uint8_t)~NODE_SCOPED;
	}
	l->state = --l->depth ? STATE_CONTENT : STATE_ELEMENT_DONE;
	return p;
}

const char *lexing_take_slash(struct lexer *l, const char *p, const char *end)
{
	struct node *n = &l->nodes[l->open];

	(void)end;
	if (*p != '>')
		return lexing_fail(l, p, FAULT_MARKUP);
	n->flags |= NODE_EMPTY_TAG;
	n->value = n->value_end = lexing_offset(l, p) + 1;
	return close_element(l, p + 1);
}

/* An opening tag of a stream where elements are expected would never be closed: RFC 6120 §4.3.2 has it only after a restart. */
static bool is_second_header(const struct lexer *l, const struct node *n)
{
	struct str ns = scope_text(&l->scope, l->base, (struct scope_ns){n->ns, n->ns_len});

	return !l->is_header && l->root.len && !memcmp(l->base + n->name, "stream", 6) && str_is(ns, NS_STREAM);
}

/* p is the '>' of the opening tag. */
static inline const char *end_tag(struct lexer *l, const char *p)
{
	enum fault fault = resolve_tag(l);
	struct node *n = &l->nodes[l->open];

	if (!fault && l->depth == 1 && n->name_len == 6 && is_second_header(l, n))
		fault = FAULT_HEADER_AGAIN;
	if (fault)
		return lexing_fail(l, p, fault);
	p++;
	n->value = n->value_end = l->token = lexing_offset(l, p);
	l->state = STATE_CONTENT;
	return l->is_header ? close_element(l, p) : p;
}

/* p is the '/' of an empty tag. */
static inline const char *end_empty_tag(struct lexer *l, const char *p, const char *end)
{
	enum fault fault = resolve_tag(l);

	if (fault)
		return lexing_fail(l, p, fault);
	l->state = STATE_SLASH;
	return ++p == end ? p : lexing_take_slash(l, p, end);
}

/* An attribute as nearly all are: there in one piece, a name in ASCII, no white space around '=', nothing to be unescaped. If it is
 * something else p itself is returned and nothing has happened. */
static inline const char *take_whole_attribute(struct lexer *l, const char *p, const char *end)
{
	const char *local = p, *name_end = scan_name(p, end), *value_end;
	struct node *n;

	if (name_end < end && *name_end == ':') {
		local = name_end + 1;
		name_end = scan_name(local, end);
	}
	if (end - name_end < 2 || name_end[0] != '=' || (name_end[1] != '\'' && name_end[1] != '"')
	    || !scan_is(*p, SCAN_NAME_START) || !scan_is(*local, SCAN_NAME_START) || name_end - p > l->limits->name_bytes)
		return p;
	value_end = scan_value(name_end + 2, end, name_end[1]);
	if (value_end == end || *value_end != name_end[1])
		return p;
	n = lexing_new_node(l);
	*n = (struct node){
		.start = lexing_offset(l, p),
		.end = lexing_offset(l, value_end) + 1,
		.name = lexing_offset(l, local),
		.value = lexing_offset(l, name_end) + 2,
		.value_end = lexing_offset(l, value_end),
		.next = l->count,
		.name_len = (uint16_t)(name_end - local),
		.kind = NODE_ATTRIBUTE,
		.prefix_len = (uint16_t)(local == p ? 0 : local - p - 1),
	};
	if (lexing_is_repeated(l, n))
		return lexing_fail(l, name_end, FAULT_ATTRIBUTE_TWICE);
	return lexing_end_attribute(l, value_end, n);
}

const char *lexing_take_tag(struct lexer *l, const char *p, const char *end)
{
	while (p < end) {
		if (*p == '>')
			return end_tag(l, p);
		if (*p == '/')
			return end_empty_tag(l, p, end);
		if (scan_is(*p, SCAN_SPACE)) {
			l->is_spaced = true;
			p++;
			continue;
		}
		if (l->is_spaced && l->count - l->open <= l->limits->attributes) {
			const char *behind = take_whole_attribute(l, p, end);

			if (!behind)
				return NULL;
			if (behind != p) {
				p = behind;
				continue;
			}
		}
		p = lexing_open_attribute(l, p, end);
		if (l->state != STATE_TAG)
			return p;
	}
	return p;
}

/* Elements and their content. */

const char *lexing_take_name(struct lexer *l, const char *p, const char *end)
{
	p = lexing_take_name_bytes(l, p, end);
	if (!p || p == end)
		return p;
	lexing_end_name(l, p, &l->nodes[l->open]);
	l->state = STATE_TAG;
	return lexing_take_tag(l, p, end);
}

/* A name as nearly all are: there in one piece, in ASCII, without prefix. Returns p itself if it is something else. */
static inline const char *take_whole_name(struct lexer *l, const char *p, const char *end, struct node *n)
{
	const char *name_end = scan_name(p, end);

	if (name_end == end || !(*name_end == '>' || *name_end == '/' || scan_is(*name_end, SCAN_SPACE))
	    || name_end - p > l->limits->name_bytes)
		return p;
	n->name = lexing_offset(l, p);
	n->name_len = (uint16_t)(name_end - p);
	return name_end;
}

static inline const char *open_element(struct lexer *l, const char *p, const char *end)
{
	const char *name_end;
	struct node *n;

	if (l->depth == l->limits->depth)
		return lexing_fail(l, p, FAULT_TOO_DEEP);
	n = lexing_add_node(l, NODE_ELEMENT, lexing_offset(l, p) - 1);
	n->next = l->open; /* the parent, until it is closed */
	l->open = l->count - 1;
	l->depth++;
	l->seen = 0;
	l->prefixed = 0;
	l->is_spaced = false;
	l->state = STATE_TAG;
	name_end = take_whole_name(l, p, end, n);
	if (name_end != p)
		return lexing_take_tag(l, name_end, end);
	lexing_begin_name(l, p);
	l->state = STATE_NAME;
	return lexing_take_name(l, p, end);
}

const char *lexing_take_closed(struct lexer *l, const char *p, const char *end)
{
	p = lexing_skip_spaces(p, end);
	if (p == end)
		return p;
	if (*p != '>')
		return lexing_fail(l, p, FAULT_CLOSING_TAG);
	p++;
	if (l->depth) {
		l->nodes[l->open].value_end = l->token - 2;
		return close_element(l, p);
	}
	l->state = STATE_CLOSE_DONE;
	return p;
}

static struct str name_to_close(const struct lexer *l)
{
	const struct node *n = &l->nodes[l->open];

	if (!l->depth)
		return l->root;
	return str_make(l->base + n->start + 1, n->name + n->name_len - n->start - 1);
}

const char *lexing_take_close(struct lexer *l, const char *p, const char *end)
{
	struct str name = name_to_close(l);
	size_t done = lexing_offset(l, p) - l->token;
	size_t len = name.len - done;

	if (len > (size_t)(end - p))
		len = (size_t)(end - p);
	if (memcmp(p, name.data + done, len) != 0) {
		while (*p == name.data[done])
			p++, done++;
		return lexing_fail(l, p, FAULT_CLOSING_TAG);
	}
	p += len;
	if (p == end)
		return p;
	l->state = STATE_CLOSED;
	return lexing_take_closed(l, p, end);
}

const char *lexing_take_less(struct lexer *l, const char *p, const char *end)
{
	if (scan_is(*p, SCAN_NAME_START) || (uint8_t)*p >= 0x80)
		return open_element(l, p, end);
	switch (*p) {
	case '/':
		if (!l->depth && !l->root.len)
			return lexing_fail(l, p, FAULT_MARKUP);
		l->state = STATE_CLOSE;
		l->token = lexing_offset(l, ++p);
		return p == end ? p : lexing_take_close(l, p, end);
	case '!':
		l->state = STATE_BANG;
		l->token = lexing_offset(l, ++p);
		return p;
	case '?':
		return lexing_fail(l, p, FAULT_INSTRUCTION);
	default:
		return lexing_fail(l, p, FAULT_MARKUP);
	}
}

/* The closing tag at p if it is there in one piece and as it should be; otherwise p itself. */
static inline const char *take_whole_close(struct lexer *l, const char *p, const char *end)
{
	struct str name = name_to_close(l);
	const char *found = p + 2, *found_end;

	if (end - p < 3 || p[1] != '/' || (size_t)(end - found) <= name.len)
		return p;
	found_end = found + name.len;
	if (*found_end != '>' || !scan_same(name.data, found, name.len, end))
		return p;
	l->nodes[l->open].value_end = lexing_offset(l, p);
	return close_element(l, found_end + 1);
}

/* p is the '<' behind text. */
static inline const char *end_text(struct lexer *l, const char *p, const char *end)
{
	uint32_t at = lexing_offset(l, p);
	const char *behind;

	if (at > l->token)
		lexing_add_text(l, l->token, l->token, at, at);
	behind = take_whole_close(l, p, end);
	if (behind != p)
		return behind;
	l->state = STATE_LESS;
	return ++p == end ? p : lexing_take_less(l, p, end);
}

const char *lexing_take_content(struct lexer *l, const char *p, const char *end)
{
	while (l->state == STATE_CONTENT) {
		p = scan_text(p, end);
		if (p == end)
			return p;
		if (*p == '<') {
			p = end_text(l, p, end);
		} else if (*p == '&') {
			p = lexing_open_reference(l, p, end);
		} else if (*p == '>') {
			if (lexing_ends_section(l, p))
				return lexing_fail(l, p, FAULT_SECTION_END);
			p++;
		} else {
			p = lexing_take_odd(l, p, end);
		}
	}
	return p;
}
