/* c2s_peer: one client connection over TCP: what joins conn, parser, stream and session. Here is the connection's side and its life;
 * c2s_stream is what the stream asks for, c2s_stanza what an open stream does.
 *
 * Internal to link/c2s. Threads: the loop of the connection. Tests: test/wire/ */
#ifndef MEERKAT_LINK_C2S_PEER_H
#define MEERKAT_LINK_C2S_PEER_H

#include "base/ip.h"
#include "base/log.h"
#include "base/metric.h"
#include "link/c2s_settings.h"
#include "net/conn.h"
#include "route/outlet.h"
#include "route/session.h"
#include "stream/stream.h"
#include "xmpp/parser.h"

/* An open one is all there is of an idle client, but for its session. */
struct c2s_peer {
	struct conn conn;
	struct stream stream;
	struct parser parser;
	struct outlet outlet;
	struct service_place *place;
	struct c2s_settings *settings; /* counted: those of its beginning */
	struct session *session;  /* from bind to the end */
	struct c2s_query *query;  /* the one that is being answered */
	struct outlet_wait *waits; /* until everything is sent */
	struct list link;         /* in place->peers */
	size_t held_bytes;        /* as counted by admission_hold */
	bool is_admitted;         /* counted by admission_enter */
	bool is_backed_up;        /* until outlet.resume */
};

static inline const struct config_meerkat *c2s_peer_limits(const struct c2s_peer *p)
{
	return &p->place->settings->config->meerkat;
}

/* A connection was accepted here; it is let in, or closed at once. */
void c2s_peer_accept(struct service_place *place, int fd, struct ip address);

/* Ends all connections of a place with system-shutdown. */
void c2s_peer_end_all(struct service_place *place);

/* Closes the session if there is one: once, whichever of the many ends it is. */
void c2s_peer_close_session(struct c2s_peer *p);

/* The same when the connection is gone without a word: the session may be resumed. */
void c2s_peer_lose_session(struct c2s_peer *p);

/* Nothing more will be read: what there is of an element is given back. */
void c2s_peer_end_input(struct c2s_peer *p);

/* Tells those who wait for it that everything is sent, or never will be. */
void c2s_peer_end_waits(struct c2s_peer *p, bool is_sent);

/* It has logged in, or is gone. */
void c2s_peer_leave_admission(struct c2s_peer *p);

#endif
