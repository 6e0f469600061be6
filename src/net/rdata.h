/* rdata: names and records of DNS, from text and from the wire (RFC 1035 §3, RFC 2782, RFC 6698 §2.1).
 *
 * Only names of letters, digits, hyphens and underlines count: nothing else is a host or a service, and what is kept can be printed.
 * Pure; records live in the arena. Threads: any. Tests: test/unit/net/rdata_test.c, test/fuzz/rdata_fuzz.c */
#ifndef MEERKAT_NET_RDATA_H
#define MEERKAT_NET_RDATA_H

#include "base/arena.h"
#include "net/resolve.h"

/* RFC 6698: a digest or a whole certificate. */
enum { RDATA_TLSA_MAX = 16 * 1024 };

/* The name in lower case, without the last dot, terminated by a zero. False if it is none: empty or too long, as a whole or a label of it,
 * or with other characters. "." is none. */
bool rdata_name(struct str text, struct arena *a, struct str *out);

/* From the wire, without compression. CNAME cannot be asked for. False: malformed. */
bool rdata_read(enum resolve_type type, struct str data, struct arena *a, union resolve_record *out);

/* From a line: what follows the type: "192.0.2.1", "10 0 5269 xmpp.example.org.", "3 1 1 0123abcd". */
bool rdata_parse(enum resolve_type type, struct str text, struct arena *a, union resolve_record *out);

/* The next word, and *rest what follows it; empty at the end. */
struct str rdata_word(struct str text, struct str *rest);

#endif
