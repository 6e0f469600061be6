/* registry: the users of one loop: who is here, in which order their stanzas are handled.
 *
 * A user is here while it has sessions, calls or module state that must stay. Calls of one user run one at a time and in order; a call
 * that waits (ANSWER_LATER) holds up its own user only. There is no recursion: what a call sends to users of this loop is appended to
 * their queues and run by registry_run. Threads: the loop's. Test: test/unit/route/registry_test.c */
#ifndef MEERKAT_ROUTE_REGISTRY_H
#define MEERKAT_ROUTE_REGISTRY_H

#include <stdbool.h>

#include "base/list.h"
#include "base/mailbox.h"
#include "base/map.h"
#include "base/timer.h"
#include "route/host.h"
#include "route/realm.h"
#include "route/user.h"

struct registry {
	int index;
	struct realm *realm;
	struct mailbox *mailbox;
	struct timer_wheel *timers;
	const struct host_set *hosts; /* counted */
	struct map users;             /* by bare address */
	struct list runnable;         /* users with calls that can run */
	bool running;
	int64_t session_count;
};

struct registry *registry_new(int index, struct realm *realm, struct mailbox *mailbox, struct timer_wheel *timers, const struct host_set *hosts);
/* All sessions must be closed. */
void registry_free(struct registry **r);

struct user *registry_find_user(const struct registry *r, struct str bare);
/* Made if it is not here yet; `bare` is an address of one of our hosts whose home is this registry (check). */
struct user *registry_get_user(struct registry *r, struct jid bare);
/* Lets go of a user that nothing keeps here. */
void registry_release_user(struct user *u);

/* Appends a call to the user's queue (call->user is set) and, unless already running, runs what can run. */
void registry_enqueue(struct call *c);
void registry_run(struct registry *r);

/* The registry of the loop that this thread is; NULL elsewhere. Set by main. */
struct registry *registry_current(void);
void registry_set_current(struct registry *r);

#endif
