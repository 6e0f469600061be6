/* c2s_peer: one client connection over TCP: what joins conn, parser, stream and session; and what its listener gives all of them.
 *
 * Internal to link/c2s. Threads: the loop of the connection. Tests: test/unit/link/c2s_test.c, test/wire/ */
#ifndef MEERKAT_LINK_C2S_PEER_H
#define MEERKAT_LINK_C2S_PEER_H

#include <stdatomic.h>

#include "base/list.h"
#include "net/conn.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls.h"
#include "route/realm.h"
#include "stream/stream.h"
#include "xmpp/parser.h"

/* What a service has on each loop. */
struct c2s_place {
	struct c2s_service *service;
	struct loop *loop;
	struct registry *registry;
	struct stream_place stream;
	struct list peers;
	struct letter stop; /* ends all of them */
};

/* Counted by its owner, its connections and its letters. */
struct c2s_service {
	_Atomic uint32_t refs;
	_Atomic bool is_stopping;
	bool is_started;
	const struct config *config; /* counted */
	const struct config_listen *listen;
	struct realm *realm;
	struct tls_context *tls; /* NULL: no TLS */
	struct listener *listener;
	struct stream_rules rules;
	struct parser_limits before_login, after_login;
	int place_count;
	struct c2s_place places[];
};

void c2s_service_unref(struct c2s_service *s);

extern const struct stream_link c2s_peer_link;

/* A connection was accepted here; it is let in, or closed at once. */
void c2s_peer_accept(struct c2s_place *place, int fd, struct ip address);

/* Ends all connections of a place with system-shutdown. */
void c2s_peer_end_all(struct c2s_place *place);

#endif
