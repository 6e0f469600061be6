/* lexer: the bytes of one top-level element (or of an opening or closing tag of a stream) into nodes.
 *
 * Internal to xmpp. A state machine over contiguous bytes that begin with the element's '<'. It can be left after any byte and run
 * again on the same bytes with more behind them, wherever they are by then; no byte is looked at twice, but for up to three of a
 * character that was cut. It does not copy bytes. Nodes and bindings are kept in room of the caller's (on its stack) until that is
 * full or lexer_keep moves them to the heap.
 * Threads: one at a time. Test: test/unit/xmpp/parser_test.c, test/fuzz/parser_fuzz.c */
#ifndef MEERKAT_XMPP_LEXER_H
#define MEERKAT_XMPP_LEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "xmpp/fault.h"
#include "xmpp/node.h"
#include "xmpp/parser.h"
#include "xmpp/scope.h"

enum { LEXER_ROOM_NODES = 96, LEXER_ROOM_BINDINGS = 16 };

/* Left as it is by lexer_init: only what is used costs anything. */
struct lexer_room {
	struct node nodes[LEXER_ROOM_NODES];
	struct scope_binding bindings[LEXER_ROOM_BINDINGS];
};

enum lexer_result {
	LEXER_MORE,
	LEXER_ELEMENT, /* pos is behind it */
	LEXER_CLOSE,   /* the stream's closing tag, pos is behind it */
	LEXER_FAILED,  /* see fault; pos is behind the byte that made it certain */
};

struct lexer {
	const struct parser_limits *limits; /* borrowed; set before each run */
	struct node *nodes;
	uint32_t count, cap;
	struct str root;     /* name of the stream's opening tag; empty: there is none that could be closed */
	const char *base;    /* during a run */
	uint64_t seen;       /* a bit for each attribute name of this tag, so that most need no comparing */
	uint32_t pos;        /* bytes taken */
	uint32_t token;      /* start of the name, text or reference in progress */
	uint32_t part;       /* start of the part of a name behind the colon, or token */
	uint32_t code;       /* value of a character reference so far */
	uint32_t open;       /* index of the innermost open element */
	uint32_t depth;
	uint8_t state, fault;
	uint8_t quote;       /* around the value in progress; 0 in text */
	uint8_t flags;       /* of the text or value in progress */
	uint8_t cut;         /* bytes at the end that begin a character */
	uint8_t prefixed;    /* attributes of this tag that have a prefix and are no declaration, at most 2 are counted */
	bool is_spaced;      /* white space before what comes next in the tag */
	bool is_heap;        /* of nodes */
	bool is_header;      /* the opening tag is all there will be */
	struct scope scope;
};

/* For an element of a stream that has this header (NULL: none, framed elements), or, with is_header, for the opening tag. */
void lexer_init(struct lexer *l, struct lexer_room *room, const struct parser_header *header, struct str content_ns,
		bool is_header);
void lexer_fini(struct lexer *l);

/* Makes it independent of the room. */
void lexer_keep(struct lexer *l);

/* len bytes are at base now, at least as many as the time before. */
enum lexer_result lexer_run(struct lexer *l, const char *base, size_t len);

/* Memory on the heap. */
size_t lexer_held_bytes(const struct lexer *l);

#endif
