/* parser_header: what a stream's opening tag declared, for the elements that follow it.
 *
 * Internal to xmpp. Nearly every header declares the same, and for these there are constants, so that a stream holds no memory for its
 * header. Threads: constant after making. Test: test/unit/xmpp/parser_test.c */
#ifndef MEERKAT_XMPP_PARSER_HEADER_H
#define MEERKAT_XMPP_PARSER_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "xmpp/stanza.h"

/* More prefixes than this on a header is policy-violation. */
enum { PARSER_HEADER_PREFIXES_MAX = 16 };

struct parser_header {
	struct str tag;            /* name of the opening tag as written, which the closing one must match */
	struct str default_ns;     /* of an element without prefix and declaration; may be empty */
	struct str content_ns;     /* the namespace of stanzas; with a zero behind it */
	uint32_t count;
	bool is_constant;
	const struct parser_header_binding {
		struct str prefix, ns;
	} *bindings;
};

/* From the stanza of the opening tag; NULL when it declares too many prefixes. */
const struct parser_header *parser_header_new(const struct stanza *s);

/* Clears your pointer. */
void parser_header_free(const struct parser_header **h);

#endif
