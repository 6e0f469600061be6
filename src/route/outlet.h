/* outlet: the way out to a peer, whatever kind of link it is. Threads: the session's loop. */
#ifndef MEERKAT_ROUTE_OUTLET_H
#define MEERKAT_ROUTE_OUTLET_H

#include "xmpp/stanza.h"

struct outlet;
struct session;

/* Somebody waits until what was sent is gone. Theirs until run is called, which is once. */
struct outlet_wait {
	struct outlet_wait *next;
	/* From the loop: everything has left for the peer (is_sent), or the peer has gone before. */
	void (*run)(struct outlet_wait *w, bool is_sent);
};

struct outlet_ops {
	/* Sends with these addresses; the stanza is borrowed. */
	void (*send)(struct outlet *o, const struct stanza *s, struct jid from, struct jid to);
	/* Ends the peer's stream with this error; the session is told by session_close as usual, later or at once. */
	void (*end)(struct outlet *o, enum stream_error e, const char *text);
	/* The session is no longer backed up (router_is_backed_up): read on. */
	void (*resume)(struct outlet *o);
	/* What is sent now stays here, as the peer does not take what was sent before. NULL: never. */
	bool (*is_stuck)(const struct outlet *o);
	/* May run it from within. NULL: what is sent is gone at once. */
	void (*await_sent)(struct outlet *o, struct outlet_wait *w);
	/* Sends XML that is no stanza. */
	void (*write)(struct outlet *o, struct str xml);
	/* The session is another connection's from now on: forgets it and ends the stream. */
	void (*give_up)(struct outlet *o, enum stream_error e, const char *text);
	/* The answer to resumption_attach: `session` is this connection's, and stanzas follow; NULL: it is not. `xml` is to be sent first. */
	void (*claimed)(struct outlet *o, struct session *session, struct str xml);
};

/* Embedded in the link's object. */
struct outlet {
	const struct outlet_ops *ops;
};

#endif
