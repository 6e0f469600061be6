/* contacts: who may see whose presence, as far as others than the roster need to know. Provided by one module per host (mod_roster). */
#ifndef MEERKAT_ROUTE_CONTACTS_H
#define MEERKAT_ROUTE_CONTACTS_H

#include <stddef.h>

#include "route/pipeline.h"
#include "route/user.h"
#include "xmpp/jid.h"

enum contact_flag {
	CONTACT_SEES_USER = 1,  /* subscription "from" or "both": gets the user's presence */
	CONTACT_SEEN_BY_USER = 2, /* subscription "to" or "both" */
	CONTACT_IN_ROSTER = 4,
	CONTACT_ASKS = 8, /* asked for the user's presence and has no answer yet */
};

struct contact {
	struct jid address; /* bare mostly */
	unsigned flags;
};

struct contacts_ops {
	/* Brings the user's contacts into memory: PASS when they are there, LATER otherwise (the call is resumed with PASS). */
	enum answer (*load)(struct call *c);
	/* After load. 0: a stranger. */
	unsigned (*flags_of)(struct user *u, struct jid address);
	/* After load: all of them, start with *cursor = 0; false at the end. */
	int (*next)(struct user *u, size_t *cursor, struct contact *out);
};

/* The same through the user's host; without a module of this kind: no contacts, everything PASS. */
enum answer contacts_load(struct call *c);
unsigned contacts_flags_of(struct user *u, struct jid address);
int contacts_next(struct user *u, size_t *cursor, struct contact *out);

/* Has the user blocked this address? Then its presence is kept from it. After the ACCEPT stage of a call of the user. */
int contacts_is_blocked(struct user *u, struct jid address);

#endif
