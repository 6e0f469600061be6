/* parser: bytes of an XMPP stream in, complete top-level elements out (RFC 6120 §4, §11; XML 1.0; Namespaces in XML 1.0).
 *
 * Strict: well-formedness, UTF-8, the Char production, unique attributes (by expanded name), bound prefixes; comments, processing
 * instructions, DTDs and entities other than the five are restricted-xml. An error is reported at the byte where it becomes certain.
 * Resumable at every byte. Between elements a parser holds no memory but the namespaces the stream header declared beyond the usual
 * ones. In the middle of one, it holds the element's bytes and nodes so far. No recursion; depth, sizes and counts are bounded.
 * Owner: the stream. Threads: one at a time; it may move. Tests: test/unit/xmpp/parser_test.c, test/fuzz/parser_fuzz.c (against libexpat) */
#ifndef MEERKAT_XMPP_PARSER_H
#define MEERKAT_XMPP_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xmpp/stanza.h"

struct parser_limits {
	size_t element_bytes; /* of one top-level element and of the opening tag; SIZE_MAX: none (capped at 1 GiB by the offsets) */
	uint32_t depth;       /* of nesting, the top-level element is 1 */
	uint32_t attributes;  /* of one element, declarations included */
	uint32_t name_bytes;  /* of a name with its prefix; at most 65,535 */
	uint32_t declarations; /* of namespaces, in force at one place; 0: 256. Looking up a prefix costs time in proportion */
};

enum parser_result {
	PARSER_MORE,   /* all bytes were taken, an element may be half done */
	PARSER_HEADER, /* *stanza_out is the stream's opening tag (kind STANZA_HEADER) */
	PARSER_STANZA, /* *stanza_out is one element */
	PARSER_CLOSE,  /* the stream's closing tag */
	PARSER_FAILED, /* see error; the parser must not be fed again */
};

enum parser_mode {
	PARSER_STREAM,  /* TCP: an opening tag, elements, a closing tag; an XML declaration may stand before the opening tag */
	PARSER_ELEMENTS, /* framed transports and stored text: elements, nothing around them; an element ends by itself */
};

struct parser {
	const struct parser_limits *limits; /* borrowed; the stream may point it elsewhere between feeds (after login) */
	uint8_t mode, state;
	uint8_t fault; /* enum fault, the detail of error */
	uint8_t error; /* enum stream_error after PARSER_FAILED: NOT_WELL_FORMED, RESTRICTED_XML, BAD_NAMESPACE_PREFIX, UNSUPPORTED_ENCODING,
			  POLICY_VIOLATION (a limit) ... */
	bool header_seen;
	const struct parser_header *header; /* what the header declared beyond that; NULL mostly */
	struct parser_partial *partial;  /* the element in progress, when its bytes ended in mid-element */
};

void parser_init(struct parser *p, enum parser_mode mode, const struct parser_limits *limits);
void parser_fini(struct parser *p);

/* A new stream on the same connection (after TLS or SASL): forgets header and declarations. Must not be in mid-element. */
void parser_restart(struct parser *p);

/* Takes bytes until something is complete; *used_out says how many were taken, call again with the rest. White space between elements
 * is taken silently. Other text there is bad-format inside a stream (it is well-formed, but nothing that can be processed), and
 * not-well-formed where there is no root element around it. *stanza_out becomes yours.
 * A root element that is empty (<stream:stream/>) is PARSER_HEADER and leaves its last byte (used may be 0 then), with which PARSER_CLOSE follows. */
enum parser_result parser_feed(struct parser *p, struct str bytes, size_t *used_out, struct stanza **stanza_out);

/* Bytes held for the element in progress (0 between elements): for the process-wide input budget. */
size_t parser_held_bytes(const struct parser *p);

/* The detail of an error for debugging, a literal: "attribute twice"; "" before. See fault.def. */
const char *parser_error_text(const struct parser *p);

#endif
