/* unsent: messages for a session without stream management (XEP-0198) whose peer does not take what was sent to it before.
 *
 * What waits here in the server when the connection ends goes its way again, as what a peer with stream management has not acknowledged does
 * (lost.h): to the account's other sessions, to the store, or back. What the kernel has taken is gone; a message of which the kernel had taken
 * a part, or all that went before some other, may come twice. A session whose peer reads pays for one pointer. Threads: the session's loop.
 * Tests: test/robust/slow_readers.py, test/clients/bosh_test.py */
#ifndef MEERKAT_ROUTE_UNSENT_H
#define MEERKAT_ROUTE_UNSENT_H

#include "route/session.h"

struct unsent;

/* Would somebody miss this message? For others it makes no difference whether they are lost. */
bool unsent_matters(const struct stanza *s);

/* A call was sent to this session, on its receiver's side, while its outlet was stuck. False: it is nothing that need be kept, or too much is. */
bool unsent_add(struct session *s, struct call *c);

/* The session is ending and has left the list of its user. Nothing may be run meanwhile (registry_hold). */
void unsent_end(struct session *s);

#endif
