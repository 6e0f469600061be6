/* forgery: what only this server may say is taken out of stanzas that come from others, whatever modules are on.
 *
 * Of messages and presence: ids of stanzas (XEP-0359) and occupants (XEP-0421) and stamps (XEP-0203, XEP-0091) in the name of one of our
 * domains, or of a domain below one; a user may stamp in his own name, and a component say what it likes in that of its domain. Copies
 * (XEP-0280 §11) are never taken from anybody. An occupant-id without a name is a room's, and no client is one. Others' claims pass.
 * Threads: any, pure. Test: test/unit/route/forgery_test.c */
#ifndef MEERKAT_ROUTE_FORGERY_H
#define MEERKAT_ROUTE_FORGERY_H

#include "route/host.h"
#include "xmpp/stanza.h"

struct forgery_source {
	const struct host_set *hosts;
	struct jid sender;
	bool is_client; /* of ours */
};

/* The stanza, whose addresses are prepared, or in its place one without what is forged. */
void forgery_strip(struct stanza **s, const struct forgery_source *from);

#endif
