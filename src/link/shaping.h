/* shaping: the option "shaper" of a listener: how fast its connections are read.
 *
 * A name is looked up as a shaper, which then holds from the beginning, otherwise as an access rule, whose answer for the user who logged in
 * holds from the session on. Rates are those of the configuration that the connection was accepted with.
 * Threads: the connection's loop. Tests: test/wire/40-session/shaper.wire, shaper-by-rule.wire */
#ifndef MEERKAT_LINK_SHAPING_H
#define MEERKAT_LINK_SHAPING_H

#include "link/service.h"
#include "net/conn.h"
#include "xmpp/jid.h"

/* For a connection that was accepted now. */
void shaping_begin(struct conn *c, const struct service_settings *s);

/* It is this user's now: a full address. */
void shaping_come_home(struct conn *c, const struct service_settings *s, struct jid who);

/* It is another server's now, which speaks for this domain to this host of ours. */
void shaping_prove(struct conn *c, const struct service_settings *s, struct str remote, struct str local);

/* A stream of ours to another server: a shaper or a rule of the option s2s.outgoing.shaper. */
void shaping_call(struct conn *c, const struct config *config, struct str shaper, const struct access_subject *who);

/* The same as numbers, for what is no connection: bytes per second, 0 without end. `otherwise` if it does not depend on the user. */
int64_t shaping_rate(const struct service_settings *s);
int64_t shaping_rate_of(const struct service_settings *s, struct jid who, int64_t otherwise);

#endif
