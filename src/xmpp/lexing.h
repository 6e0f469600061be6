/* lexing: the states of the lexer and what its two halves share: lexer.c has the tags, lexer_text.c what is between and in them.
 *
 * Internal to xmpp. Each take function takes bytes from p on, at least one, and returns where it stopped: at end, or behind the last
 * byte that belonged to it, with l->state saying who is next; NULL when the bytes are wrong. Where the next state is certain and a
 * byte is left, it is called at once, so that a tag or an attribute that is there in one piece is read in one go.
 * Threads: one at a time. Test: test/unit/xmpp/parser_test.c */
#ifndef MEERKAT_XMPP_LEXING_H
#define MEERKAT_XMPP_LEXING_H

#include "xmpp/lexer.h"

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

/* Grows the room for nodes. */
void lexing_grow(struct lexer *l);

/* The bytes are wrong; p is the one that made it certain. Returns NULL. */
const char *lexing_fail(struct lexer *l, const char *p, enum fault fault);

/* Text or CDATA with what is in it. */
const char *lexing_take_content(struct lexer *l, const char *p, const char *end);
const char *lexing_take_section(struct lexer *l, const char *p, const char *end);
/* Behind "<!". */
const char *lexing_take_bang(struct lexer *l, const char *p, const char *end);
/* Behind '<'. */
const char *lexing_take_less(struct lexer *l, const char *p, const char *end);

/* Control characters and UTF-8, in text and values. */
const char *lexing_take_odd(struct lexer *l, const char *p, const char *end);

/* p is a '&'. */
const char *lexing_open_reference(struct lexer *l, const char *p, const char *end);
const char *lexing_take_reference(struct lexer *l, const char *p, const char *end);
const char *lexing_take_decimal(struct lexer *l, const char *p, const char *end);
const char *lexing_take_hex(struct lexer *l, const char *p, const char *end);

static inline uint32_t lexing_offset(const struct lexer *l, const char *p)
{
	return (uint32_t)(p - l->base);
}

static inline struct node *lexing_add_node(struct lexer *l, enum node_kind kind, uint32_t start)
{
	struct node *n;

	if (l->count == l->cap)
		lexing_grow(l);
	n = &l->nodes[l->count++];
	*n = (struct node){.kind = (uint8_t)kind, .start = start};
	return n;
}

#endif
