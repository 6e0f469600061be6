/* ledger: which of the stanzas that a peer sent are safe, so that they may be acknowledged (XEP-0198 §4).
 *
 * Stanzas have numbers from 1, modulo 2^32. A stanza is safe when nothing depends on it any more: its own way through the server, what it
 * caused, what somebody else has been given but may still lose. The ledger knows up to which number all are safe. It costs nothing while
 * nothing is under way. Threads: the session's loop. Test: test/unit/route/ledger_test.c */
#ifndef MEERKAT_ROUTE_LEDGER_H
#define MEERKAT_ROUTE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

struct ledger_entry {
	uint32_t pending; /* what depends on it */
	uint32_t asks;    /* who wants to know when all up to it are safe */
};

struct ledger {
	uint32_t received; /* number of the last one */
	uint32_t settled;  /* all up to this one are safe */
	uint32_t room;     /* entries: a power of two, or 0 */
	struct ledger_entry *entries;
};

void ledger_init(struct ledger *l);
void ledger_fini(struct ledger *l);

/* One came, and its own way through the server begins: counted once. Returns its number. */
uint32_t ledger_enter(struct ledger *l);

/* One thing more, or less, depends on it; numbers that are not under way are ignored. Returns how many asks are answered by it: with
 * what `settled` is now. */
void ledger_count(struct ledger *l, uint32_t number);
uint32_t ledger_settle(struct ledger *l, uint32_t number);

/* Are all safe that came so far? False: the answer follows, by ledger_settle. */
bool ledger_ask(struct ledger *l);

static inline bool ledger_is_settled(const struct ledger *l)
{
	return l->settled == l->received;
}

/* How many are under way. */
static inline uint32_t ledger_open(const struct ledger *l)
{
	return l->received - l->settled;
}

#endif
