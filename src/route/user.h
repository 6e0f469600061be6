/* user: one account as its home loop knows it: sessions, calls in order, what modules keep for it.
 *
 * Threads: the home loop's. Test: test/unit/route/user_test.c */
#ifndef MEERKAT_ROUTE_USER_H
#define MEERKAT_ROUTE_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/str.h"
#include "xmpp/jid.h"

struct call;
struct host;
struct module;
struct module_def;
struct registry;
struct registry_hosts;
struct session;

enum user_existence { USER_UNKNOWN, USER_EXISTS, USER_ABSENT };

struct user {
	struct registry *registry;
	const struct host *host;
	struct jid address;      /* bare */
	struct list sessions;    /* of struct session, oldest first */
	uint32_t session_count;
	uint32_t keeps;          /* modules that need it to stay: user_keep */
	uint8_t existence;       /* enum user_existence; a session proves it */
	bool is_runnable;
	uint32_t call_count;     /* of calls */
	struct call *current;    /* running or waiting for an answer */
	struct list calls;       /* behind it */
	struct list link;        /* in registry->runnable */
	struct registry_hosts *old_hosts; /* keeps `host` when the present configuration has it no more */
	void *slots[];           /* one per module that asked for user state; behind them the address's text */
};

/* The module's pointer for this user: NULL until the module sets it; given to the module's user_free when the user goes. */
void **user_slot(struct user *u, const struct module_def *def);

void user_keep(struct user *u);
void user_let_go(struct user *u);

struct session *user_find_session(const struct user *u, struct str resource);
/* Available (RFC 6121 §4.2) with a priority of at least 0: who may get messages to the bare address. */
bool user_is_reachable(const struct user *u);

#endif
