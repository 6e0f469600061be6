/* RFC 6121 appendix A: subscription states. */
#include "ext/roster/roster_state.h"

#include "base/check.h"

enum {
	N = ROSTER_STATE_NONE,
	N_O = ROSTER_STATE_PENDING_OUT,
	N_I = ROSTER_STATE_PENDING_IN,
	N_OI = ROSTER_STATE_PENDING_OUT | ROSTER_STATE_PENDING_IN,
	T = ROSTER_STATE_TO,
	T_I = ROSTER_STATE_TO | ROSTER_STATE_PENDING_IN,
	F = ROSTER_STATE_FROM,
	F_O = ROSTER_STATE_FROM | ROSTER_STATE_PENDING_OUT,
	B = ROSTER_STATE_BOTH,
};

enum column { SUBSCRIBE, UNSUBSCRIBE, SUBSCRIBED, UNSUBSCRIBED, COLUMNS };

/* A cell: the new state, and whether the stanza goes on. */
struct cell {
	uint8_t state;
	uint8_t effect;
};

enum { KEPT_BACK, PASSED_ON, ANSWERED };

#define GOES(state) {(state), PASSED_ON}
#define ENDS(state) {(state), KEPT_BACK}
#define AUTO(state) {(state), ANSWERED}

/* A.2: what the user sends. */
static const struct cell outbound[ROSTER_STATE_BITS + 1][COLUMNS] = {
	/*          subscribe    unsubscribe  subscribed   unsubscribed */
	[N]    = {GOES(N_O),  GOES(N),    ENDS(N),    ENDS(N)},
	[N_O]  = {GOES(N_O),  GOES(N),    ENDS(N_O),  ENDS(N_O)},
	[N_I]  = {GOES(N_OI), GOES(N_I),  GOES(F),    GOES(N)},
	[N_OI] = {GOES(N_OI), GOES(N_I),  GOES(F_O),  GOES(N_O)},
	[T]    = {GOES(T),    GOES(N),    ENDS(T),    ENDS(T)},
	[T_I]  = {GOES(T_I),  GOES(N_I),  GOES(B),    GOES(T)},
	[F]    = {GOES(F_O),  GOES(F),    ENDS(F),    GOES(N)},
	[F_O]  = {GOES(F_O),  GOES(F),    ENDS(F_O),  GOES(N_O)},
	[B]    = {GOES(B),    GOES(F),    ENDS(B),    GOES(T)},
};

/* A.3: what the contact sends. */
static const struct cell inbound[ROSTER_STATE_BITS + 1][COLUMNS] = {
	/*          subscribe    unsubscribe  subscribed   unsubscribed */
	[N]    = {GOES(N_I),  ENDS(N),    ENDS(N),    ENDS(N)},
	[N_O]  = {GOES(N_OI), ENDS(N_O),  GOES(T),    GOES(N)},
	[N_I]  = {ENDS(N_I),  GOES(N),    ENDS(N_I),  ENDS(N_I)},
	[N_OI] = {ENDS(N_OI), GOES(N_O),  GOES(T_I),  GOES(N_I)},
	[T]    = {GOES(T_I),  ENDS(T),    ENDS(T),    GOES(N)},
	[T_I]  = {ENDS(T_I),  GOES(T),    ENDS(T_I),  GOES(N_I)},
	[F]    = {AUTO(F),    GOES(N),    ENDS(F),    ENDS(F)},
	[F_O]  = {AUTO(F_O),  GOES(N_O),  GOES(B),    GOES(F)},
	[B]    = {AUTO(B),    GOES(T),    ENDS(B),    GOES(F)},
};

bool roster_state_is_valid(unsigned state)
{
	return state <= ROSTER_STATE_BITS &&
	       (state & (ROSTER_STATE_TO | ROSTER_STATE_PENDING_OUT)) != (ROSTER_STATE_TO | ROSTER_STATE_PENDING_OUT) &&
	       (state & (ROSTER_STATE_FROM | ROSTER_STATE_PENDING_IN)) != (ROSTER_STATE_FROM | ROSTER_STATE_PENDING_IN);
}

static enum column column_of(enum stanza_type type)
{
	switch (type) {
	case STANZA_TYPE_SUBSCRIBE:
		return SUBSCRIBE;
	case STANZA_TYPE_UNSUBSCRIBE:
		return UNSUBSCRIBE;
	case STANZA_TYPE_SUBSCRIBED:
		return SUBSCRIBED;
	default:
		check(type == STANZA_TYPE_UNSUBSCRIBED);
		return UNSUBSCRIBED;
	}
}

static struct roster_state_change change(struct cell c)
{
	return (struct roster_state_change){
		.state = c.state, .is_passed_on = c.effect == PASSED_ON, .is_answered = c.effect == ANSWERED};
}

struct roster_state_change roster_state_after_outbound(unsigned state, enum stanza_type type)
{
	check(roster_state_is_valid(state));
	return change(outbound[state][column_of(type)]);
}

struct roster_state_change roster_state_after_inbound(unsigned state, enum stanza_type type)
{
	check(roster_state_is_valid(state));
	return change(inbound[state][column_of(type)]);
}

const char *roster_state_subscription(unsigned state)
{
	static const char *const names[] = {"none", "to", "from", "both"};

	return names[state & ROSTER_STATE_BOTH];
}
