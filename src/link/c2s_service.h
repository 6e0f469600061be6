/* c2s_service: what a listener for clients gives all its connections.
 *
 * Internal to link/c2s. Constant after making, but for the lists of connections and the settings. Threads: a place is its loop's. Test: test/wire/ */
#ifndef MEERKAT_LINK_C2S_SERVICE_H
#define MEERKAT_LINK_C2S_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/list.h"
#include "base/mailbox.h"
#include "link/c2s_settings.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/proxy_gate.h"
#include "route/realm.h"
#include "stream/stream.h"

/* What a service has on each loop. */
struct c2s_place {
	struct c2s_service *service;
	struct c2s_settings *settings; /* counted: for those who come now */
	struct loop *loop;
	struct registry *registry;
	struct stream_place stream;
	struct proxy_gate gate;
	struct list peers;
	struct letter stop; /* ends all of them */
};

/* Counted by its owner, its connections and its letters. */
struct c2s_service {
	_Atomic uint32_t refs;
	_Atomic bool is_stopping;
	bool is_started;
	struct realm *realm;
	struct c2s_settings *first;    /* counted: the listener was opened with them */
	struct c2s_settings *prepared; /* counted: between c2s_service_prepare and _apply; NULL otherwise */
	struct listener *listener;
	int place_count;
	struct c2s_place places[];
};

void c2s_service_unref(struct c2s_service *s);

#endif
