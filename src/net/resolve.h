/* resolve: names to addresses, services and certificates: A, AAAA, SRV, TLSA (RFC 1035, RFC 2782, RFC 6698), with DNSSEC (RFC 4035).
 *
 * One resolver serves all loops. Local records come first: a name in the file, and everything below it, is looked up nowhere else, and what
 * the file says counts as signed. Everything else goes to libunbound in a thread of its own; answers, also that there is none, are kept for
 * their time to live, within a fixed amount of memory. A question takes at most as long as it was given, whatever servers do, and no
 * question waits for another one's answer. Bounds: RESOLVE_RECORDS_MAX records of an answer, a chain of RESOLVE_ALIASES_MAX CNAMEs.
 * Threads: resolve_new, resolve_free the main thread; asking any loop. Test: test/unit/net/resolve_test.c */
#ifndef MEERKAT_NET_RESOLVE_H
#define MEERKAT_NET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ip.h"
#include "base/str.h"
#include "conf/config_s2s.h"

enum { RESOLVE_RECORDS_MAX = 64, RESOLVE_ALIASES_MAX = 8, RESOLVE_NAME_MAX = 255 };

/* The numbers of DNS. */
enum resolve_type { RESOLVE_A = 1, RESOLVE_CNAME = 5, RESOLVE_AAAA = 28, RESOLVE_SRV = 33, RESOLVE_TLSA = 52 };

struct resolve_srv {
	uint16_t priority, weight, port;
	struct str target; /* lower case, without the last dot; "." stays: there is no such service. Terminated by a zero. */
};

struct resolve_tlsa {
	uint8_t usage, selector, matching;
	struct str data;
};

/* One of them, by the type of the question. */
union resolve_record {
	struct ip ip; /* port 0 */
	struct resolve_srv srv;
	struct resolve_tlsa tlsa;
};

struct resolve_answer {
	/* NONE: there is at least one record. NOT_FOUND: there is no such name, or it has no such record. TIMEOUT. INVALID: DNSSEC says
	 * that it is forged, or it makes no sense. SYSTEM: the name servers failed. */
	enum err error;
	bool is_secure; /* the answer, NOT_FOUND too, was proved by DNSSEC, or came from the file */
	const union resolve_record *records;
	size_t count;
	struct why why; /* "no such name", "the name servers of example.org do not answer" */
};

struct resolve_wish {
	struct str name; /* in ASCII, without the last dot; what cannot be a name is answered NOT_FOUND */
	enum resolve_type type;
	const struct config_s2s_dns *patience; /* copied, as the name */
};

struct resolve;          /* the resolver */
struct resolve_question; /* the loop's that asked */

/* On the loop that asked, never from within resolve_ask. The answer is lent; the question is over, its handle must not be used any more. */
typedef void resolve_on_answer(void *context, const struct resolve_answer *answer);

/* NULL with why: a file that cannot be read or has a bad line. NULL configuration: as with an empty section. */
struct resolve *resolve_new(const struct config_resolver *c, struct why *why);

/* No question may be under way (cancel them); the loops need not run any more. */
void resolve_free(struct resolve **r);

/* Asks on the current loop. */
struct resolve_question *resolve_ask(struct resolve *r, const struct resolve_wish *wish, resolve_on_answer *on_answer, void *context);

/* It will not be answered. Clears your pointer; NULL is fine. */
void resolve_cancel(struct resolve_question **q);

#endif
