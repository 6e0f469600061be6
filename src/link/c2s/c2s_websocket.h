/* c2s_websocket: clients over WebSocket (RFC 7395): the handler mongoose_websocket_handler, and the carrier of what it lets in.
 *
 * The session code is that of TCP; here are frames around it, pings, and the end of connections that say nothing. Several elements in a message
 * are taken, and one over several messages; what we send is one element a message. Binary messages are thrown away. An idle one is
 * this struct, its conn and a seat of its listener. Threads: see handler.h; a connection is its loop's. Tests: test/wire/25-web/ */
#ifndef MEERKAT_LINK_C2S_WEBSOCKET_H
#define MEERKAT_LINK_C2S_WEBSOCKET_H

#include "http/handler.h"

/* Its world is a struct service_home. */
extern const struct handler c2s_websocket_handler;

#endif
