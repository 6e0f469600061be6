/* roster_state: what a subscription is and what each of the four presence types does to it, in both directions.
 *
 * The tables of RFC 6121 appendix A, nothing else: nine states, four types, two directions. Pre-approval (§3.4) is not
 * a state, it stands beside it. Threads: any, pure. Test: test/unit/ext/roster_state_test.c */
#ifndef MEERKAT_EXT_ROSTER_STATE_H
#define MEERKAT_EXT_ROSTER_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "xmpp/stanza.h"

/* A state is a set of these; not every set is one: to and pending-out exclude each other, from and pending-in do. */
enum roster_state {
	ROSTER_STATE_NONE = 0,
	ROSTER_STATE_TO = 1,          /* the user gets the contact's presence */
	ROSTER_STATE_FROM = 2,        /* the contact gets the user's presence */
	ROSTER_STATE_BOTH = 3,
	ROSTER_STATE_PENDING_OUT = 4, /* the user asked, the contact has not answered */
	ROSTER_STATE_PENDING_IN = 8,  /* the contact asked, the user has not answered */
	ROSTER_STATE_BITS = 15,
};

struct roster_state_change {
	uint8_t state;    /* the new one */
	bool is_passed_on; /* outbound: routed to the contact; inbound: delivered to the user */
	bool is_answered;  /* inbound subscribe of one who is subscribed already: `subscribed` is the answer, by the
			      server (§3.1.3) */
};

bool roster_state_is_valid(unsigned state);

/* The user sent this to the contact. `type` is SUBSCRIBE, SUBSCRIBED, UNSUBSCRIBE or UNSUBSCRIBED (check). */
struct roster_state_change roster_state_after_outbound(unsigned state, enum stanza_type type);

/* The contact sent this to the user. */
struct roster_state_change roster_state_after_inbound(unsigned state, enum stanza_type type);

/* "none", "to", "from" or "both": the attribute `subscription` of an item. */
const char *roster_state_subscription(unsigned state);

#endif
