/* c2s_service: what a listener for clients gives all its connections.
 *
 * Internal to link/c2s. Constant after making, but for the lists of connections. Threads: a place is its loop's. Test: test/wire/ */
#ifndef MEERKAT_LINK_C2S_SERVICE_H
#define MEERKAT_LINK_C2S_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/list.h"
#include "base/mailbox.h"
#include "conf/config.h"
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

#endif
