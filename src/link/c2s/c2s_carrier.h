/* c2s_carrier: what takes a client's stream to it and back: a TCP connection, a WebSocket, BOSH requests.
 *
 * The session code (c2s_peer, c2s_stream, c2s_stanza) is the same over all of them, and knows them only by this table. A carrier embeds a
 * c2s_peer in an object of its own; what comes in it gives to c2s_input or to the stream. Threads: the loop of the peer's place. Tests:
 * test/wire/ */
#ifndef MEERKAT_LINK_C2S_CARRIER_H
#define MEERKAT_LINK_C2S_CARRIER_H

#include "base/list.h"
#include "link/c2s/c2s_peer.h"

struct c2s_carrier {
	/* Of it, the carrier's own: is_framed, send_header, send, end (which calls c2s_peer_end), drop, pause, resume, restart, start_tls,
	 * binding, certificate. A framed carrier is given one whole element with each send. The rest is C2S_CARRIER_LINK. */
	struct stream_link link;
	/* Where the client is. */
	struct ip (*address)(const struct c2s_peer *p);
	/* c2s_peer_end_waits is to be called once, when everything that was sent has left; not from within. */
	void (*await_written)(struct c2s_peer *p);
	/* What is sent now stays here for the time being, as what was sent before has not left. */
	bool (*is_stuck)(const struct c2s_peer *p);
	/* Goes to the loop of the peer's place, which is new, and calls c2s_peer_arrived there; until then nobody touches the peer. */
	void (*move)(struct c2s_peer *p);
	/* There is a session: from now on it is read as fast as the shaper of the listener allows this user. */
	void (*shape)(struct c2s_peer *p);
};

static inline const struct c2s_carrier *c2s_carrier_of(const struct c2s_peer *p)
{
	return container_of(p->stream.rules->link, const struct c2s_carrier, link);
}

static inline struct ip c2s_carrier_address(const struct c2s_peer *p)
{
	return c2s_carrier_of(p)->address(p);
}

/* What the links of all carriers have in common. */
#define C2S_CARRIER_LINK                                                                                                           \
	.on_login = c2s_stream_on_login, .login_query = c2s_stream_query, .write_features = c2s_stream_write_features,             \
	.write_inline = c2s_stream_write_inline, .write_bound = c2s_stream_write_bound, .bind = c2s_stream_bind,                   \
	.claim = c2s_stream_go_home, .take = c2s_stanza_take

#endif
