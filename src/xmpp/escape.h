/* escape: the text behind references and line ends, and back (XML 1.0 §2.11, §3.3.3, §4.1).
 *
 * Reading takes only what the parser has accepted. Threads: any. Test: test/unit/xmpp/escape_test.c */
#ifndef MEERKAT_XMPP_ESCAPE_H
#define MEERKAT_XMPP_ESCAPE_H

#include "base/buf.h"
#include "base/str.h"

enum escape_kind {
	ESCAPE_TEXT,      /* references; CR and CR LF are LF */
	ESCAPE_ATTRIBUTE, /* references; white space as written is a space */
	ESCAPE_SECTION,   /* CDATA: CR and CR LF are LF */
};

/* Writes what raw stands for to out, which has room for raw.len bytes (it never gets longer). Returns the length. */
size_t escape_read(struct str raw, enum escape_kind kind, char *out);

/* Appends text so that it reads back as itself: ESCAPE_ATTRIBUTE between quotes of both kinds and in content, ESCAPE_TEXT in content
 * only. Control characters, which XML cannot carry, are left out. */
void escape_write(struct buf *out, struct str text, enum escape_kind kind);

#endif
