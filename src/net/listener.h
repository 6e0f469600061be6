/* listener: a listening address; accepts on several loops and counts exactly.
 *
 * num_acceptors is how many loops accept (at most all); with reuse_port each has its own socket, otherwise they share one (EPOLLEXCLUSIVE).
 * Out of descriptors: accepting pauses with a growing delay (10 ms to 1 s) instead of spinning. Over max_connections: closed at once, counted.
 * Threads: open/start/stop/close the main thread while the loops run or not (they post); listener_released any.
 * Test: test/unit/net/listener_test.c */
#ifndef MEERKAT_NET_LISTENER_H
#define MEERKAT_NET_LISTENER_H

#include "base/err.h"
#include "base/ip.h"
#include "conf/config.h"
#include "net/loop.h"

struct listener;

/* On the accepting loop; the descriptor is yours (non-blocking, close-on-exec). `context` as given at open. */
typedef void listener_on_accept(void *context, struct listener *l, struct loop *loop, int fd, struct ip peer);

/* Binds and listens; nothing is accepted yet (connects wait in the backlog). The text of a failure names address and port and says what
 * to do ("port 5222 is in use by another program ..."). `c` must stay while the listener lives. */
struct listener *listener_open(const struct config_listen *c, struct loop *const *loops, int loop_count, struct why *why);

/* Starts accepting. */
void listener_start(struct listener *l, listener_on_accept *on_accept, void *context);

/* Closes the listening sockets: new connects are refused from the moment it returns. The loops must still run (it waits for them), or not
 * have run yet, or have ended. */
void listener_stop(struct listener *l);

/* After stop. Connections that are not released yet keep what they need of it. */
void listener_free(struct listener **l);

/* The port it listens on (what the system chose for port 0). */
int listener_port(const struct listener *l);
const struct config_listen *listener_config(const struct listener *l);

/* From now on so many (OPTION_INFINITY: any number); who is there stays. Any thread. */
void listener_set_max_connections(struct listener *l, int64_t max);

/* Those over max_connections, so many at most, are accepted all the same, to be told so: listener_is_over() says when that is to be done.
 * Before the start. */
void listener_set_margin(struct listener *l, int64_t margin);

/* Is the connection that is being accepted one of the margin? From within on_accept. */
bool listener_is_over(void);

/* From now on so many new connections wait until they are accepted. The main thread; the listener is not stopped. */
void listener_set_backlog(struct listener *l, int backlog);

/* A connection that on_accept was given is gone: makes room under max_connections. */
void listener_released(struct listener *l);
int64_t listener_connections(const struct listener *l);

struct listener_counts {
	int64_t connections, max_connections; /* now; OPTION_INFINITY */
	int64_t accepted, refused;            /* since it was opened; refused: for max_connections */
};
/* Any thread. */
struct listener_counts listener_get_counts(const struct listener *l);

#endif
