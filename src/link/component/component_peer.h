/* component_peer: one connection of a component: what joins conn, parser and the name it serves. Here is the connection's side and its life;
 * component_stream is what is said until it is let in, component_stanza what comes and goes afterwards.
 *
 * Internal to link/component. Threads: the loop of the connection. Tests: test/wire/65-components */
#ifndef MEERKAT_LINK_COMPONENT_PEER_H
#define MEERKAT_LINK_COMPONENT_PEER_H

#include "link/component/component_settings.h"
#include "net/conn.h"
#include "route/annex.h"
#include "route/handed.h"
#include "route/source.h"

struct component_login; /* what only one that is not yet let in needs: component_stream.c */

enum component_peer_state {
#define STATE(name, function, patience, text) COMPONENT_PEER_##name,
#include "link/component/component_states.def"
#undef STATE
};

struct component_peer {
	struct conn conn;
	struct parser parser;
	struct annex_link annex;
	struct source source;
	struct handed unsent;                /* what it was sent while it did not read, and what may not be lost in silence */
	struct service_place *place;
	struct component_settings *settings; /* counted: those of its beginning */
	struct component_login *login;       /* NULL once it is let in */
	struct list link;                    /* in place->peers */
	char *name;        /* what it serves, once it has said so; NULL before */
	uint32_t held_bytes; /* as counted by admission_hold */
	uint8_t state;     /* enum component_peer_state */
	bool is_prefix;    /* it serves NAME.HOST for each of our hosts */
	bool is_admitted;  /* counted by admission_enter */
	bool is_header_sent;
};

/* A connection was accepted here; it is let in, or closed at once. */
void component_peer_accept(struct service_place *place, int fd, struct ip address);

/* Ends all connections of a place with system-shutdown. */
void component_peer_end_all(struct service_place *place);

/* It has shown the password, or is gone. */
void component_peer_leave_admission(struct component_peer *p);

/* Nothing more will be read or delivered. */
void component_peer_end_input(struct component_peer *p);

#endif
