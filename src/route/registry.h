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
	struct map sessions;          /* by id */
	uint32_t last_session_id;
	struct map sources; /* by id */
	uint32_t last_source_id;
	struct annexes *annexes;      /* NULL until there are any */
	struct list host_calls;       /* queries to hosts that no session sent, when they can run */
	struct registry_hosts *kept_hosts; /* `hosts`, with how many calls point into it */
	struct list resumptions_due;  /* of struct resumption: something is to be done at the end of the turn */
	struct list resumptions_lost; /* of struct resumption: sessions that wait for their peers */
	struct journal *journal;      /* NULL until it is needed */
	struct departures *departures; /* likewise */
	struct formers *formers;      /* NULL until there are any */
	struct call **outbox;         /* per loop: what goes there at the end of the turn */
	struct buf scratch;           /* for building answers, with its writer; empty between uses */
	struct writer writer;
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
/* The same before all others, and nothing is run: for those who have stopped the registry (registry_hold). */
void registry_put_first(struct call *c);
void registry_run(struct registry *r);

/* Between these two nothing is run: for those who change what calls look at. registry_hold returns what registry_let_run is given. */
bool registry_hold(struct registry *r);
void registry_let_run(struct registry *r, bool was_running);

/* The user has calls that can run, or the one that waited can go on. */
void registry_make_runnable(struct user *u);
/* Likewise for a call without user. */
void registry_make_call_runnable(struct call *c);

/* Puts the calls for other loops into their mailboxes: at the end of each turn of the loop (loop->at_turn_end). */
void registry_end_turn(struct registry *r);

/* A new configuration. Users move to their new hosts; sessions of a host that is gone are ended (host-gone). */
void registry_set_hosts(struct registry *r, const struct host_set *hosts);

/* The host of a call or user stays valid while it is used, also when the configuration changes. */
struct registry_hosts *registry_use_hosts(struct registry_hosts *h);
void registry_unuse_hosts(struct registry_hosts **h);

/* The open session of this id, or NULL. */
struct session *registry_find_session(const struct registry *r, uint32_t id);

/* The registry of the loop that this thread is; NULL elsewhere. Set by main. */
struct registry *registry_current(void);
void registry_set_current(struct registry *r);

#endif
