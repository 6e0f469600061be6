/* c2s_peer: one client, whatever carries its stream: what joins carrier, parser, stream and session. Here is its life; c2s_input takes
 * bytes, c2s_stream is what the stream asks for, c2s_stanza what an open stream does.
 *
 * A carrier (c2s_tcp ...) embeds it. Threads: the loop of the place. Tests: test/wire/ */
#ifndef MEERKAT_LINK_C2S_PEER_H
#define MEERKAT_LINK_C2S_PEER_H

#include "base/ip.h"
#include "link/c2s/c2s_settings.h"
#include "route/outlet.h"
#include "route/session.h"
#include "stream/stream.h"
#include "xmpp/parser.h"

/* An open one is all there is of an idle client, but for its session. */
struct c2s_peer {
	struct stream stream;
	struct parser parser;
	struct outlet outlet;
	struct service_place *place;
	struct session *session;  /* from bind to the end */
	struct c2s_query *query;  /* the one that is being answered */
	struct outlet_wait *waits; /* until everything is sent */
	struct list link;         /* in place->peers, or guests */
	uint32_t held_bytes;      /* as counted by admission_hold */
	bool is_admitted;         /* counted by admission_enter */
	bool is_backed_up;        /* until outlet.resume */
};

/* Those of its beginning, counted. */
static inline struct c2s_settings *c2s_peer_settings(const struct c2s_peer *p)
{
	return (struct c2s_settings *)container_of(p->stream.rules, const struct c2s_settings, rules);
}

static inline const struct config_meerkat *c2s_peer_limits(const struct c2s_peer *p)
{
	return &p->place->settings->config->meerkat;
}

/* How a peer begins. */
struct c2s_peer_start {
	struct c2s_settings *settings; /* a reference is taken */
	struct ip address;
	bool awaits_tls; /* stream_secured comes first */
	bool is_secure;  /* it has been TLS from the beginning */
};

/* It was let in; the carrier must be able to send. */
void c2s_peer_init(struct c2s_peer *p, struct service_place *place, const struct c2s_peer_start *start);

/* The carrier is gone: a session that is left may be resumed. The carrier frees the memory. */
void c2s_peer_fini(struct c2s_peer *p);

/* The carrier has arrived on another loop, as it was told by its move. */
void c2s_peer_arrived(struct c2s_peer *p);

/* Ends all connections of a place with system-shutdown; or all that came in through connections of another kind. */
void c2s_peer_end_all(struct service_place *place);
void c2s_peer_end_guests(struct service_place *place);

/* Closes the session if there is one: once, whichever of the many ends it is. */
void c2s_peer_close_session(struct c2s_peer *p);

/* The same when the connection is gone without a word: the session may be resumed. */
void c2s_peer_lose_session(struct c2s_peer *p);

/* The stream has ended, and the carrier has been told to close: c2s_peer_end_input and c2s_peer_close_session. */
void c2s_peer_end(struct c2s_peer *p);

/* Nothing more will be read: what there is of an element is given back. */
void c2s_peer_end_input(struct c2s_peer *p);

/* Tells those who wait for it that everything is sent, or never will be. */
void c2s_peer_end_waits(struct c2s_peer *p, bool is_sent);

/* It has logged in, or is gone. */
void c2s_peer_leave_admission(struct c2s_peer *p);

#endif
