/* lost: what a session that has ended had handed to its peer, and the peer has not acknowledged: messages go their way again, requests are
 * refused, the rest does not matter any more.
 *
 * Only what nobody else has either. Messages go first of all that waits for the account, in their order, to its bare address; they have
 * passed the account's rules, archives and copies before. Threads: the account's home loop. Test: test/wire/45-resumption/ */
#ifndef MEERKAT_ROUTE_LOST_H
#define MEERKAT_ROUTE_LOST_H

#include "route/handed.h"

/* Nothing may be run meanwhile (registry_hold). */
void lost_give_back(struct user *u, const struct handed *h);

#endif
