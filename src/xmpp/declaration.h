/* declaration: the XML declaration that may begin a stream (XML 1.0 §2.8): version 1.x, encoding UTF-8.
 *
 * Internal to xmpp. Declarations are short, so it is read from its first byte each time, and its length is bounded.
 * Threads: any. Test: test/unit/xmpp/parser_test.c */
#ifndef MEERKAT_XMPP_DECLARATION_H
#define MEERKAT_XMPP_DECLARATION_H

#include "base/str.h"
#include "xmpp/fault.h"

enum { DECLARATION_MAX = 256 };

enum declaration_result {
	DECLARATION_MORE,
	DECLARATION_DONE,   /* *len_out bytes are the declaration, or 0: there is none */
	DECLARATION_FAILED, /* the last of *len_out bytes made *fault_out certain */
};

/* bytes: what stands at the very beginning, a byte order mark included. */
enum declaration_result declaration_read(struct str bytes, size_t *len_out, enum fault *fault_out);

#endif
