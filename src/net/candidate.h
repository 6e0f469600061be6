/* candidate: which hosts may be a domain's server, in the order in which they are to be tried (RFC 2782, RFC 6120 §3.2, XEP-0368 §3).
 *
 * Pure, but for chance among weights. At most DIAL_CANDIDATES_MAX. Strings belong to whoever adds them. Threads: any.
 * Test: test/unit/net/candidate_test.c */
#ifndef MEERKAT_NET_CANDIDATE_H
#define MEERKAT_NET_CANDIDATE_H

#include "net/dial.h"

struct candidate {
	struct str host;
	uint16_t port, priority, weight;
	bool is_direct_tls;
	bool is_secure; /* DNSSEC has proved that it is one */
};

struct candidate_list {
	struct candidate items[DIAL_CANDIDATES_MAX];
	size_t count;
	bool denies;  /* _xmpp-server says that there is no such service */
	bool has_bad; /* some records were of no use: port 0, more than fit */
};

/* Adds what the records of a service say: those of the best priorities if there are too many. One that is there already is not added. */
void candidate_add(struct candidate_list *l, const struct resolve_answer *answer, bool is_direct_tls);

/* By priority; among equal ones by chance in proportion to their weights. */
void candidate_sort(struct candidate_list *l);

#endif
