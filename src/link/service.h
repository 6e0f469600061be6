/* service: one [[listen.TYPE]] at work: its listening socket, what it has on each loop, and the settings that its connections begin with.
 *
 * Who connects is a service_kind: c2s, s2s, component, http. A kind gives each accepted connection a life; all that listeners have in
 * common is here: PROXY headers, TLS, counting, stopping, and a reload, after which new connections begin with new settings while those that
 * are there keep theirs. Threads: new, start, stop, prepare, apply, cancel and free are the main thread's; a place is its loop's; ref and
 * unref any. Tests: test/unit/link/c2s_test.c, test/wire/ */
#ifndef MEERKAT_LINK_SERVICE_H
#define MEERKAT_LINK_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/list.h"
#include "base/mailbox.h"
#include "conf/config.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/proxy_gate.h"
#include "net/tls.h"
#include "route/realm.h"
#include "stream/stream.h"

struct service;
struct service_kind;
struct handler_use;

/* Connections that are accepted to be refused, for each listener. */
enum { SERVICE_MARGIN = 64 };

/* Where services live; all of it must outlive them. The registry of a loop is realm->registries[loop->index]. */
struct service_home {
	struct realm *realm;
	struct loop *const *loops;
	int loop_count;
	const struct handler_use *handlers; /* of HTTP listeners: http_service.h; NULL: none */
};

/* What one configuration says about a listener, ready for use. Constant and counted. A kind embeds it first in its own struct. */
struct service_settings {
	_Atomic uint32_t refs;
	const struct service_kind *kind;
	const struct config *config; /* counted */
	const struct config_listen *listen;
	struct tls_context *tls;   /* NULL: no TLS */
	struct proxy_rules *proxy; /* NULL: no PROXY header is expected */
};

/* What a service has on each loop. */
struct service_place {
	struct service *service;
	struct service_settings *settings; /* counted: for those who come now */
	struct loop *loop;
	struct registry *registry;
	struct stream_place stream;
	struct proxy_gate gate;
	struct list peers;  /* the kind's */
	struct list guests; /* clients that came in through them (WebSocket, BOSH): struct c2s_peer */
	struct letter stop; /* ends all of them */
	bool is_ended;      /* that has happened */
};

struct service_kind {
	const char *name; /* "c2s" */
	const char *alpn; /* "xmpp-client"; NULL: none */
	size_t settings_size; /* of the kind's struct */
	/* Fills in the kind's part of new settings, the rest of which is set. False with why. NULL: there is none. */
	bool (*complete)(struct service_settings *s, const struct service_home *home, struct why *why);
	/* Frees what complete made. NULL: nothing. */
	void (*release)(struct service_settings *s);
	/* A connection, behind its PROXY header: the descriptor is the kind's. service_released is to be called once, when it is gone. */
	void (*accept)(struct service_place *place, int fd, struct ip peer);
	/* The same for one over max_connections, so that it can be told; SERVICE_MARGIN of them at a time. NULL: they are closed at once. */
	void (*refuse)(struct service_place *place, int fd, struct ip peer);
	/* The server stops, or the listener is taken away: ends all peers of the place. They may take two seconds. */
	void (*end_all)(struct service_place *place);
};

/* Binds the address of `listen` (one of `config`, which is counted) and loads its certificate; nothing is accepted yet. NULL with why:
 * port in use, unreadable certificate ... `home` must outlive it. */
struct service *service_new(const struct service_kind *kind, const struct config *config, const struct config_listen *listen,
			    const struct service_home *home, struct why *why);

/* Starts accepting. */
void service_start(struct service *s);

/* New connects are refused from the moment it returns; every peer is told to end, each on its loop. The connections are gone
 * (service_connections() is 0) after two seconds at the latest, while the loops run. */
void service_stop(struct service *s);
/* From then on. Any thread. */
bool service_is_stopping(const struct service *s);

/* Connections that are open now. Any thread. */
int64_t service_connections(const struct service *s);

const struct service_kind *service_kind(const struct service *s);
/* The port it listens on (what the system chose for port 0). */
int service_port(const struct service *s);
/* What operators see of it: its counts, and the days until its certificate ends; false: it has none. The main thread. */
struct listener_counts service_get_counts(const struct service *s);
bool service_certificate_days(const struct service *s, int64_t *out);

/* The place beside this one, on the loop of this number: the places of one owner stand in a row. */
static inline struct service_place *service_place_beside(struct service_place *place, int loop_index)
{
	return place - place->loop->index + loop_index;
}

/* Something of it outlives its connections. Any thread. */
void service_ref(struct service *s);
void service_unref(struct service *s);

/* A connection that the kind was given is gone. */
void service_released(struct service *s);

/* A new configuration: makes ready what `listen` of it (same type, address and port) needs, and after that cannot fail, has it hold for
 * all connections that come from now on. False with why, and nothing has changed: a certificate that cannot be used. Not applied are
 * num_acceptors and reuse_port. */
bool service_prepare(struct service *s, const struct config *config, const struct config_listen *listen, struct why *why);
void service_apply(struct service *s);
/* What was made ready, if anything, is not wanted. */
void service_cancel(struct service *s);

/* After service_stop, or without a start. Connections and letters that are still under way keep what they need. */
void service_free(struct service **s);

/* Any thread. */
void service_settings_ref(struct service_settings *s);
void service_settings_unref(struct service_settings **s);

#endif
