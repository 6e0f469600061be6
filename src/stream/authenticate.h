/* authenticate: what a client asks for with <authenticate/> beside the login itself: who its user agent is (XEP-0388 §2.4), a session bound at once
 * (XEP-0386) or resumed (XEP-0198 §9), a token (XEP-0484).
 *
 * Internal to stream/. Threads: any, pure. Test: test/unit/stream/authenticate_test.c */
#ifndef MEERKAT_STREAM_AUTHENTICATE_H
#define MEERKAT_STREAM_AUTHENTICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"

enum { AUTHENTICATE_CLIENT_CHARS = 36, AUTHENTICATE_MARK_CHARS = 16, AUTHENTICATE_NAME_MAX = 64 };

/* Nodes are of the element; NULL: not there. */
struct authenticate {
	struct str mechanism;
	const struct node *initial_response;
	struct str client;   /* id of the user agent, a UUID of version 4 in lower case; data NULL: none */
	struct str software; /* as it calls itself, cut; for the log */
	const struct node *bind;
	struct str tag;      /* of `bind`, prepared as part of a resource; empty: none */
	const struct node *resume;
	const struct node *fast;
	int64_t count;       /* of `fast`; -1: none */
	bool invalidates;    /* `fast` says so */
	struct str token_mechanism; /* for which a token is wanted; data NULL: none is */
};

/* False: malformed. Strings are in the arena or of the element. */
bool authenticate_parse(const struct stanza *element, struct arena *a, struct authenticate *out);

/* The mark of a client in the resources it binds: always the same for the same account and user agent, but says nothing of its id. Without a
 * user agent it is random. In the arena. */
struct str authenticate_mark(const struct authenticate *what, struct jid who, struct arena *a);

/* The resource: the mark, behind the tag if there is one (XEP-0386 §3.2.1). */
struct str authenticate_resource(const struct authenticate *what, struct str mark, struct arena *a);

#endif
