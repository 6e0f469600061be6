/* roster_work: changes of rosters that an operation asks for, one or many, each with its own end.
 *
 * Each is done as errands in the names of the accounts it is about, so that it waits its turn and passes what a client's change passes.
 * Some are under way at a time; how many there may be in all, the operation decides. Threads: the loop of the operation's call.
 * Test: test/wire/81-operations/roster.wire */
#ifndef MEERKAT_EXT_ROSTER_WORK_H
#define MEERKAT_EXT_ROSTER_WORK_H

#include "route/operation.h"
#include "xmpp/jid.h"

enum roster_work_action {
	ROSTER_WORK_ADD,        /* the contact is listed; if it is an account of ours, it must exist */
	ROSTER_WORK_DELETE,
	ROSTER_WORK_CONNECT,    /* both accounts are ours and see each other from now on */
	ROSTER_WORK_DISCONNECT, /* both are gone from each other's rosters */
};

/* What a contact is called in a roster. */
struct roster_work_label {
	struct str name;
	const json_t *groups; /* an array of strings, or NULL */
};

struct roster_work_item {
	struct jid user, contact; /* bare; the texts may live in the arena that came with the question */
	struct roster_work_label label;      /* of the contact with the user */
	struct roster_work_label user_label; /* CONNECT: of the user with the contact */
};

struct roster_work {
	struct operation_call *call;
	enum roster_work_action action;
	size_t count;
	bool is_single; /* the answer is a text, not a list of them */
	/* Which one is the index-th? */
	struct roster_work_item (*item)(const struct roster_work *w, size_t index, struct arena *a);
};

/* Does it all and ends the call: with a text for each item, or null and an error. */
void roster_work_start(const struct roster_work *w);

#endif
