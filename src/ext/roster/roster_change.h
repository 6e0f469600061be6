/* roster_change: one contact of a roster changes: first in the store, then in memory, then on the screens of the user.
 *
 * Nothing of a change is to be seen by anybody before it is durable. Threads: the user's loop. Tests:
 * test/wire/50-roster */
#ifndef MEERKAT_EXT_ROSTER_CHANGE_H
#define MEERKAT_EXT_ROSTER_CHANGE_H

#include "ext/roster/roster_item.h"
#include "route/module.h"

struct roster_change {
	struct call *call;
	struct jid contact;
	struct roster_fields now;      /* what it is to become */
	uint8_t old_state, old_flags;
	bool is_seen;                  /* after commit: it makes a difference that the user sees */
	enum answer (*then)(struct roster_change *change);
	struct roster_item *item;      /* made of `now`, until the list has it */
};

/* A change of the contact in the roster of the call's user, which has been loaded (check): `now` is what it was. In the
 * call's arena. */
struct roster_change *roster_change_begin(struct call *c, struct jid contact);

/* Would the roster hold more than it may? */
bool roster_change_is_too_much(const struct roster_change *change);

/* Stores it and goes on with `then`, at once if there is nothing to store; the texts of `now` are not to be read any
 * more. When it cannot be stored, the call ends with an error. */
enum answer roster_change_commit(struct roster_change *change, enum answer (*then)(struct roster_change *change));

/* After commit: a roster push to every interested resource (RFC 6121 §2.1.6). */
void roster_change_push(const struct roster_change *change);

/* The version that results and pushes tell, or NULL where versioning is off. */
const char *roster_change_version(struct call *c);

/* Stanzas from the user's bare address that the server sends by itself. */
void roster_change_send_type(struct call *c, struct jid to, const char *type);

/* The presence of every available resource to the contact: as it is, or that it is gone. */
void roster_change_send_presence(struct call *c, struct jid to, bool is_available);

#endif
