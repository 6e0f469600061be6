/* block: a stanza's one piece of memory, made from what the lexer found.
 *
 * Internal to xmpp. struct stanza, nodes, bytes, then the names that are not spelled out in the bytes: content namespace, those of
 * inherited prefixes, re-declarations; and room for the sender's address (stanza_stamp). Threads: any. Test: test/unit/xmpp/parser_test.c */
#ifndef MEERKAT_XMPP_BLOCK_H
#define MEERKAT_XMPP_BLOCK_H

#include "xmpp/lexer.h"
#include "xmpp/stanza.h"

enum { BLOCK_SPARE_BYTES = 96 };

/* The element that l has read at base. */
struct stanza *block_new(struct lexer *l, const char *base);

#endif
