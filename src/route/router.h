/* router: from whoever sent a stanza to whoever gets it.
 *
 * Threads: the loop of the registry given. Tests: test/unit/route/router_test.c, test/wire/ */
#ifndef MEERKAT_ROUTE_ROUTER_H
#define MEERKAT_ROUTE_ROUTER_H

#include "route/pipeline.h"
#include "route/registry.h"
#include "route/session.h"

/* A stanza from a session's peer: kind checked, `from` stamped, `to` prepared (or unset). The stanza is taken over. Starts the sender's side. */
void router_receive(struct session *s, struct stanza *stanza);

/* Starts the sender's side of a call in the name of a session (of this loop, open). */
void router_start(struct call *c, struct session *s);

/* More stanzas of this session would wait too long for storage: its link should stop reading until outlet->ops->resume. */
bool router_is_backed_up(const struct session *s);

/* The session's last presence passes the AVAILABLE stage again. */
void router_remind(struct session *s);

/* Sends a stanza under these addresses to a user, a host or abroad, as the server or as a user whose sender's side is done or not needed.
 * The stanza is ref'd. `to` must be set. */
void router_send(struct registry *r, struct stanza *s, struct jid from, struct jid to);

/* The same with the origin to be told when what it caused is durable. */
void router_send_from(struct registry *r, struct stanza *s, struct jid from, struct jid to, struct call_origin origin);

/* A call from another loop is here. For the outbox only. */
void router_arrive(struct call *c);

/* The sender's side of a call is done: on to the receiver's, at `to`. */
void router_forward(struct call *c, struct jid to);

/* An error answer to a stanza, sent to `to` (unless the stanza may not be answered with one). */
void router_bounce(struct registry *r, const struct stanza *s, struct jid from, struct jid to, enum stanza_error e);

/* The same, and who wants to know is told when it is safe. */
struct router_return {
	struct jid from, to;
	enum stanza_error error;
	bool is_promised; /* see pipeline.h */
	struct call_origin origin;
};
void router_return(struct registry *r, const struct stanza *s, const struct router_return *how);

/* May the stanza be answered with an error? Not errors, results, and presence other than subscription requests and presence of a type that
 * does not exist. */
bool router_may_bounce(const struct stanza *s);

/* A query of a stream that is not logged in; false if no module takes it. */
bool router_login_query(struct login_query *q);

/* Runs on every registry of the realm, each on its loop; `context` is counted by the caller. */
void router_post_to_all(struct realm *realm, void (*run)(struct registry *r, void *context), void *context);

#endif
