/* XML 1.0 (fifth edition) and Namespaces in XML 1.0 (third edition), less what RFC 6120 §11.1 takes out.
 The states are those of
 * lexing.h. */
#include "xmpp/lexer.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "xmpp/lexing.h"
#include "xmpp/ns.h"
#include "xmpp/scan.h"

/* Private use of a node's flags while its element is open: it has declarations. */
enum { NODE_SCOPED = 128 };

const char *lexing_fail(struct lexer *l, const char *p, enum fault fault)
{
	l->fault = (uint8_t)fault;
	l->state = STATE_FAILED;
	l->pos = lexing_offset(l, p) + 1;
	return NULL;
}

static const char *skip_spaces(const char *p, const char *end)
{
	while (p < end && scan_is(*p, SCAN_SPACE))
		p++;
	return p;
}

void lexing_grow(struct lexer *l)
{
	uint32_t cap = l->cap * 2;
	struct node *moved = mem_resize(l->is_heap ? l->nodes : NULL, cap * sizeof(struct node));

	if (!l->is_heap)
		memcpy(moved, l->nodes, l->count * sizeof(struct node));
	l->nodes = moved;
	l->cap = cap;
	l->is_heap = true;
}

/* Names. */

/* The name grows to `len` bytes, the last of them just taken. */
static inline bool is_too_long(const struct lexer *l, const char *p)
{
	return p - (l->base + l->token) > (ptrdiff_t)l->limits->name_bytes;
}

static const char *fail_too_long(struct lexer *l)
{
	return lexing_fail(l, l->base + l->token + l->limits->name_bytes, FAULT_LONG_NAME);
}

static const char *take_wide_name(struct lexer *l, const char *p, const char *end)
{
	uint32_t code;
	int len = scan_char(p, end, &code);
	const char *right_up_to = len > 0 ? p + len : len == 0 ? end : p - len - 1;

	if (is_too_long(l, right_up_to))
		return fail_too_long(l);
	if (len < 0)
		return lexing_fail(l, right_up_to, FAULT_NOT_UTF8);
	if (len == 0) {
		l->cut = (uint8_t)(end - p);
		return end;
	}
	if (!(lexing_offset(l, p) == l->part ? scan_is_name_start(code) : scan_is_name(code)))
		return lexing_fail(l, p + len - 1, FAULT_NAME);
	return p + len;
}

/* Takes what belongs to the name; the byte it stops at, unless it is end, does not. */
static inline const char *take_name_bytes(struct lexer *l, const char *p, const char *end)
{
	for (; p < end;) {
		if (lexing_offset(l, p) == l->part && !scan_is(*p, SCAN_NAME_START) && (uint8_t)*p < 0x80)
			return lexing_fail(l, p, FAULT_NAME);
		while (p < end && scan_is(*p, SCAN_NAME))
			p++;
		if (is_too_long(l, p))
			return fail_too_long(l);
		if (p == end)
			return p;
		if ((uint8_t)*p >= 0x80) {
			p = take_wide_name(l, p, end);
			if (!p)
				return NULL;
		} else if (*p == ':') {
			if (is_too_long(l, p + 1))
				return fail_too_long(l);
			if (l->part != l->token)
				return lexing_fail(l, p, FAULT_NAME);
			l->part = lexing_offset(l, ++p);
		} else {
			return p;
		}
	}
	return p;
}

static inline void begin_name(struct lexer *l, const char *p)
{
	l->token = l->part = lexing_offset(l, p);
}

static inline void end_name(const struct lexer *l, const char *p, struct node *n)
{
	n->name = l->part;
	n->name_len = (uint16_t)(lexing_offset(l, p) - l->part);
	n->prefix_len = (uint16_t)(l->part == l->token ? 0 : l->part - l->token - 1);
}

/* Namespaces, when a tag is complete. */

static bool resolve(struct lexer *l, struct node *n)
{
	struct str prefix = str_make(l->base + n->name - n->prefix_len - 1, n->prefix_len);
	struct scope_ns ns;

	if (!scope_find(&l->scope, l->base, prefix, &ns))
		return false;
	n->ns = ns.at;
	n->ns_len = ns.len;
	return true;
}

/* Two attributes with different prefixes for one namespace (Namespaces §6.3). */
static bool has_twin(const struct lexer *l, uint32_t index)
{
	const struct node *n = &l->nodes[index];
	struct str ns = scope_text(&l->scope, l->base, (struct scope_ns){n->ns, n->ns_len});

	for (uint32_t i = l->open + 1; i < index; i++) {
		const struct node *o = &l->nodes[i];

		if (o->ns_len && o->name_len == n->name_len && !memcmp(l->base + o->name, l->base + n->name, n->name_len)
		    && str_equal(ns, scope_text(&l->scope, l->base, (struct scope_ns){o->ns, o->ns_len})))
			return true;
	}
	return false;
}

static enum fault resolve_attributes(struct lexer *l)
{
	for (uint32_t i = l->open + 1; i < l->count; i++) {
		struct node *n = &l->nodes[i];

		if (!n->prefix_len || (n->flags & NODE_DECLARATION))
			continue;
		if (!resolve(l, n))
			return FAULT_UNBOUND_PREFIX;
		if (l->prefixed > 1 && has_twin(l, i))
			return FAULT_ATTRIBUTE_TWICE;
	}
	return FAULT_NONE;
}

static inline enum fault resolve_tag(struct lexer *l)
{
	struct node *n = &l->nodes[l->open];

	if (n->prefix_len) {
		if (!resolve(l, n))
			return FAULT_UNBOUND_PREFIX;
	} else {
		n->ns = l->scope.current.at;
		n->ns_len = l->scope.current.len;
	}
	return l->prefixed ? resolve_attributes(l) : FAULT_NONE;
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

static const char *take_slash(struct lexer *l, const char *p, const char *end)
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
	return ++p == end ? p : take_slash(l, p, end);
}

/* Attributes. */

static inline bool is_declaration(const struct lexer *l, const struct node *n)
{
	if (n->prefix_len)
		return n->prefix_len == 5 && memcmp(l->base + n->start, "xmlns", 5) == 0;
	return n->name_len == 5 && memcmp(l->base + n->name, "xmlns", 5) == 0;
}

static const char *declare(struct lexer *l, const char *p, struct node *n)
{
	enum fault fault = scope_declare(&l->scope, l->base, n, l->open);

	if (fault)
		return lexing_fail(l, p, fault);
	n->flags |= NODE_DECLARATION;
	l->nodes[l->open].flags |= NODE_SCOPED;
	return p + 1;
}

/* p is the closing quote. */
static inline const char *end_value(struct lexer *l, const char *p)
{
	struct node *n = &l->nodes[l->count - 1];

	n->value_end = lexing_offset(l, p);
	n->end = n->value_end + 1;
	n->next = l->count;
	n->flags = l->flags;
	l->flags = 0;
	l->quote = 0;
	l->is_spaced = false;
	l->state = STATE_TAG;
	if (is_declaration(l, n))
		return declare(l, p, n);
	if (n->prefix_len && l->prefixed < 2)
		l->prefixed++;
	return p + 1;
}

static inline const char *take_value(struct lexer *l, const char *p, const char *end)
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

static inline const char *take_quote(struct lexer *l, const char *p, const char *end)
{
	p = skip_spaces(p, end);
	if (p == end)
		return p;
	if (*p != '"' && *p != '\'')
		return lexing_fail(l, p, FAULT_ATTRIBUTE);
	l->quote = (uint8_t)*p++;
	l->nodes[l->count - 1].value = lexing_offset(l, p);
	l->state = STATE_VALUE;
	return p == end ? p : take_value(l, p, end);
}

static inline const char *take_equals(struct lexer *l, const char *p, const char *end)
{
	p = skip_spaces(p, end);
	if (p == end)
		return p;
	if (*p != '=')
		return lexing_fail(l, p, FAULT_ATTRIBUTE);
	l->state = STATE_QUOTE;
	return ++p == end ? p : take_quote(l, p, end);
}

/* Has the tag an attribute written the same already? Only names that share a bit with another one are compared. */
static inline bool is_repeated(struct lexer *l, const struct node *n)
{
	const char *name = l->base + n->start;
	size_t len = n->name + n->name_len - n->start;
	uint64_t bit = 1ull << ((len * 7 + (uint8_t)name[0] + (uint8_t)name[len - 1] * 3u) & 63);

	if (!(l->seen & bit)) {
		l->seen |= bit;
		return false;
	}
	for (const struct node *o = &l->nodes[l->open + 1]; o < n; o++)
		if (o->name + o->name_len - o->start == len && memcmp(l->base + o->start, name, len) == 0)
			return true;
	return false;
}

static inline const char *take_attribute(struct lexer *l, const char *p, const char *end)
{
	struct node *n = &l->nodes[l->count - 1];

	p = take_name_bytes(l, p, end);
	if (!p || p == end)
		return p;
	end_name(l, p, n);
	if (is_repeated(l, n))
		return lexing_fail(l, p, FAULT_ATTRIBUTE_TWICE);
	l->state = STATE_EQUALS;
	return take_equals(l, p, end);
}

static inline const char *open_attribute(struct lexer *l, const char *p, const char *end)
{
	if (!l->is_spaced)
		return lexing_fail(l, p, FAULT_MARKUP);
	if (l->count - l->open > l->limits->attributes)
		return lexing_fail(l, p, FAULT_MANY_ATTRIBUTES);
	begin_name(l, p);
	lexing_add_node(l, NODE_ATTRIBUTE, l->token);
	l->state = STATE_ATTRIBUTE;
	return take_attribute(l, p, end);
}

static const char *take_tag(struct lexer *l, const char *p, const char *end)
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
		p = open_attribute(l, p, end);
		if (l->state != STATE_TAG)
			return p;
	}
	return p;
}

/* Elements and their content. */

static inline const char *take_name(struct lexer *l, const char *p, const char *end)
{
	p = take_name_bytes(l, p, end);
	if (!p || p == end)
		return p;
	end_name(l, p, &l->nodes[l->open]);
	l->is_spaced = false;
	l->state = STATE_TAG;
	return take_tag(l, p, end);
}

static inline const char *open_element(struct lexer *l, const char *p, const char *end)
{
	struct node *n;

	if (l->depth == l->limits->depth)
		return lexing_fail(l, p, FAULT_TOO_DEEP);
	begin_name(l, p);
	n = lexing_add_node(l, NODE_ELEMENT, l->token - 1);
	n->next = l->open; /* the parent, until it is closed */
	l->open = l->count - 1;
	l->depth++;
	l->seen = 0;
	l->prefixed = 0;
	l->state = STATE_NAME;
	return take_name(l, p, end);
}

static const char *take_closed(struct lexer *l, const char *p, const char *end)
{
	p = skip_spaces(p, end);
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

static const char *take_close(struct lexer *l, const char *p, const char *end)
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
	return take_closed(l, p, end);
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
		return p == end ? p : take_close(l, p, end);
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

static const char *(*const takes[STATE_COUNT])(struct lexer *, const char *, const char *) = {
	[STATE_CONTENT] = lexing_take_content,
	[STATE_LESS] = lexing_take_less,
	[STATE_BANG] = lexing_take_bang,
	[STATE_SECTION] = lexing_take_section,
	[STATE_NAME] = take_name,
	[STATE_TAG] = take_tag,
	[STATE_SLASH] = take_slash,
	[STATE_ATTRIBUTE] = take_attribute,
	[STATE_EQUALS] = take_equals,
	[STATE_QUOTE] = take_quote,
	[STATE_VALUE] = take_value,
	[STATE_REFERENCE] = lexing_take_reference,
	[STATE_DECIMAL] = lexing_take_decimal,
	[STATE_HEX] = lexing_take_hex,
	[STATE_CLOSE] = take_close,
	[STATE_CLOSED] = take_closed,
};

enum lexer_result lexer_run(struct lexer *l, const char *base, size_t len)
{
	const char *p = base + l->pos, *end = base + len;

	l->base = base;
	l->cut = 0;
	l->scope.limit = l->limits->declarations ? l->limits->declarations : SCOPE_DECLARATIONS_MAX;
	while (l->state < STATE_COUNT && p < end)
		p = takes[l->state](l, p, end);
	if (l->state == STATE_FAILED)
		return LEXER_FAILED;
	l->pos = lexing_offset(l, p) - l->cut;
	if (l->state < STATE_COUNT)
		return LEXER_MORE;
	return l->state == STATE_CLOSE_DONE ? LEXER_CLOSE : LEXER_ELEMENT;
}

void lexer_init(struct lexer *l, struct lexer_room *room, const struct parser_header *header, struct str content_ns,
		bool is_header)
{
	l->nodes = room->nodes;
	l->count = 0;
	l->cap = LEXER_ROOM_NODES;
	l->root = header && !is_header ? header->tag : STR("");
	l->pos = 1;
	l->token = 0;
	l->open = 0;
	l->depth = 0;
	l->state = STATE_LESS;
	l->fault = FAULT_NONE;
	l->quote = 0;
	l->flags = 0;
	l->is_heap = false;
	l->is_header = is_header;
	l->scope.bindings = room->bindings;
	l->scope.cap = LEXER_ROOM_BINDINGS;
	scope_init(&l->scope, content_ns, is_header ? STR("") : header ? header->default_ns : content_ns, header);
}

void lexer_fini(struct lexer *l)
{
	if (l->is_heap)
		free(l->nodes);
	scope_fini(&l->scope);
}

void lexer_keep(struct lexer *l)
{
	if (!l->is_heap) {
		struct node *moved;

		l->cap = l->count < 8 ? 8 : l->count;
		moved = mem_resize(NULL, l->cap * sizeof(struct node));
		if (l->count)
			memcpy(moved, l->nodes, l->count * sizeof(struct node));
		l->nodes = moved;
		l->is_heap = true;
	}
	scope_keep(&l->scope);
}

size_t lexer_held_bytes(const struct lexer *l)
{
	size_t bytes = l->scope.tail.cap + l->scope.redeclare.cap;

	if (l->is_heap)
		bytes += l->cap * sizeof(struct node);
	if (l->scope.is_heap)
		bytes += l->scope.cap * sizeof(struct scope_binding);
	return bytes;
}
