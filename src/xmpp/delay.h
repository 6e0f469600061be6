/* delay: a stanza that comes late says since when it waited, and who says so (XEP-0203).
 *
 * Threads: any, pure. Test: test/unit/xmpp/delay_test.c */
#ifndef MEERKAT_XMPP_DELAY_H
#define MEERKAT_XMPP_DELAY_H

#include "base/buf.h"
#include "xmpp/stanza.h"

struct delay {
	struct str by;   /* a domain */
	int64_t time_ms; /* Unix time */
};

enum { DELAY_TIME_MAX = 48 };

/* "2026-11-22T15:45:03.123Z" (XEP-0082 §3.2); out has DELAY_TIME_MAX bytes. */
void delay_format_time(char *out, int64_t time_ms);

/* The stanza under these addresses with the stamp as its last child; its namespace is written on it. */
void delay_write(struct buf *out, const struct stanza *s, struct jid from, struct jid to, const struct delay *stamp);

#endif
