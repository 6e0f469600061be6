/* lexing: the states of the lexer and what its files share: lexer_element.c has tags and content, lexer_attribute.c what is in tags,
 * lexer_name.c names and their namespaces, lexer_text.c characters, references and sections.
 *
 * Internal to xmpp. Each take function takes bytes from p on, at least one, and returns where it stopped: at end, or behind the last
 * byte that belonged to it, with l->state saying who is next; NULL when the bytes are wrong. Where the next state is certain and a
 * byte is left, it is called at once, so that a tag or an attribute that is there in one piece is read in one go.
 * Threads: one at a time. Test: test/unit/xmpp/parser_test.c */
#ifndef MEERKAT_XMPP_LEXING_H
#define MEERKAT_XMPP_LEXING_H

#include "xmpp/lexer.h"
#include "xmpp/scan.h"

enum lexing_state {
	STATE_CONTENT,   /* text; token is its start */
	STATE_LESS,      /* behind '<' */
	STATE_BANG,      /* behind "<!" */
	STATE_SECTION,   /* in CDATA */
	STATE_NAME,      /* in the name of an element */
	STATE_TAG,       /* behind the name or an attribute */
	STATE_SLASH,     /* behind the '/' of an empty tag */
	STATE_ATTRIBUTE, /* in the name of an attribute */
	STATE_EQUALS,    /* behind that name */
	STATE_QUOTE,     /* behind '=' */
	STATE_VALUE,     /* between the quotes */
	STATE_REFERENCE, /* behind '&' */
	STATE_DECIMAL,   /* behind "&#" */
	STATE_HEX,       /* behind "&#x" */
	STATE_CLOSE,     /* behind "</", in the name */
	STATE_CLOSED,    /* behind that name */
	STATE_COUNT,
	STATE_ELEMENT_DONE,
	STATE_CLOSE_DONE,
	STATE_FAILED,
};

/* Use of a node's flags among ourselves while its element is open: it has declarations. */
enum { NODE_SCOPED = 128 };

typedef const char *lexing_take(struct lexer *l, const char *p, const char *end);

/* One for each state. */
lexing_take lexing_take_content, lexing_take_less, lexing_take_bang, lexing_take_section;
lexing_take lexing_take_name, lexing_take_tag, lexing_take_slash, lexing_take_close, lexing_take_closed;
lexing_take lexing_take_attribute, lexing_take_equals, lexing_take_quote, lexing_take_value;
lexing_take lexing_take_reference, lexing_take_decimal, lexing_take_hex;

/* Behind white space in a tag: the first byte of an attribute. */
lexing_take lexing_open_attribute;

/* Bytes of a name; the byte it stops at, unless it is end, does not belong to it. */
lexing_take lexing_take_name_bytes;

/* Control characters and UTF-8, in text and values. */
lexing_take lexing_take_odd;

/* p is a '&'. */
lexing_take lexing_open_reference;

/* The attribute n is a declaration; p is its closing quote. */
const char *lexing_declare(struct lexer *l, const char *p, struct node *n);

/* Finds the namespace of an element or attribute with a prefix. */
bool lexing_resolve(struct lexer *l, struct node *n);
/* Of all attributes of the innermost element. */
enum fault lexing_resolve_attributes(struct lexer *l);

/* The bytes are wrong; p is the one that made it certain. Returns NULL. */
const char *lexing_fail(struct lexer *l, const char *p, enum fault fault);

/* Grows the room for nodes. */
void lexing_grow(struct lexer *l);

static inline uint32_t lexing_offset(const struct lexer *l, const char *p)
{
	return (uint32_t)(p - l->base);
}

/* Not filled in. */
static inline struct node *lexing_new_node(struct lexer *l)
{
	if (l->count == l->cap)
		lexing_grow(l);
	return &l->nodes[l->count++];
}

static inline struct node *lexing_add_node(struct lexer *l, enum node_kind kind, uint32_t start)
{
	struct node *n = lexing_new_node(l);

	*n = (struct node){.kind = (uint8_t)kind, .start = start};
	return n;
}

static inline const char *lexing_skip_spaces(const char *p, const char *end)
{
	while (p < end && scan_is(*p, SCAN_SPACE))
		p++;
	return p;
}

static inline void lexing_begin_name(struct lexer *l, const char *p)
{
	l->token = l->part = lexing_offset(l, p);
}

static inline void lexing_end_name(const struct lexer *l, const char *p, struct node *n)
{
	n->name = l->part;
	n->name_len = (uint16_t)(lexing_offset(l, p) - l->part);
	n->prefix_len = (uint16_t)(l->part == l->token ? 0 : l->part - l->token - 1);
}

/* Do the bytes before the '>' at p, of the text or section in progress, make it "]]>"? */
static inline bool lexing_ends_section(const struct lexer *l, const char *p)
{
	return lexing_offset(l, p) - l->token >= 2 && p[-1] == ']' && p[-2] == ']';
}

static inline void lexing_add_text(struct lexer *l, uint32_t start, uint32_t value, uint32_t value_end, uint32_t end)
{
	struct node *n = lexing_add_node(l, NODE_TEXT, start);

	n->name = start;
	n->value = value;
	n->value_end = value_end;
	n->end = end;
	n->next = l->count;
	n->flags = l->flags;
	l->flags = 0;
}

/* Has the tag an attribute written the same already? Only names that share a bit with another one are compared. */
static inline bool lexing_is_repeated(struct lexer *l, const struct node *n)
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

static inline bool lexing_is_declaration(const struct lexer *l, const struct node *n)
{
	if (n->prefix_len)
		return n->prefix_len == 5 && memcmp(l->base + n->start, "xmlns", 5) == 0;
	return n->name_len == 5 && memcmp(l->base + n->name, "xmlns", 5) == 0;
}

static inline bool lexing_is_xml(const struct lexer *l, const struct node *n)
{
	return n->prefix_len == 3 && memcmp(l->base + n->start, "xml", 3) == 0;
}

/* All of the attribute is known; p is its closing quote. */
static inline const char *lexing_end_attribute(struct lexer *l, const char *p, struct node *n)
{
	l->is_spaced = false;
	if (lexing_is_declaration(l, n))
		return lexing_declare(l, p, n);
	if (lexing_is_xml(l, n)) {
		/* Bound for good, and nothing else can be bound to it: there is nothing to wait for. */
		n->ns = SCOPE_XML;
		n->ns_len = SCOPE_XML_LEN;
		l->scope.uses_xml = true;
	} else if (n->prefix_len && l->prefixed < 2) {
		l->prefixed++;
	}
	return p + 1;
}

#endif
