/* bed: a realm without network, for tests of routing and extensions: registries, peers that note what they get, modules that do as told.
 *
 * Accounts: every address is registered but those whose local part begins with "no"; the answer comes as a letter. A test program that
 * links no real accounts says so by including support/bed_accounts.h in one place.
 * Threads: one, which plays all loops in turn (bed_settle); tests with threads of their own open one bed and run its loops themselves. */
#ifndef MEERKAT_SUPPORT_BED_H
#define MEERKAT_SUPPORT_BED_H

#include "route/host.h"
#include "route/module.h"
#include "route/registry.h"
#include "route/router.h"
#include "route/session.h"
#include "support/await.h"

enum { BED_LOOPS_MAX = 8 };

struct bed {
	struct realm realm;
	struct mailbox mailboxes[BED_LOOPS_MAX];
	struct timer_wheel *wheels[BED_LOOPS_MAX];
	struct registry *registries[BED_LOOPS_MAX];
	const struct config *config;
	const struct host_set *hosts;
};

struct bed_peer {
	struct outlet outlet;
	struct session *session;
	struct buf got;             /* stanzas, a line each */
	size_t got_count;
	int resumed;
	enum stream_error ended;
	bool closes_in_end;         /* calls session_close within `end` */
};

/* `defs`, ended by NULL, are all modules there are, each on at every host; `toml`: hosts, acl, access... NULL: the host "localhost". */
void bed_open(struct bed *b, int loops, const struct module_def *const *defs, const char *toml);
void bed_close(struct bed *b);

/* A configuration file's text, with the modules of `defs` known. Fails the test if it is not valid. */
const struct config *bed_config(const struct module_def *const *defs, const char *toml);

/* Opens mailboxes and ends turns until nothing moves. */
void bed_settle(struct bed *b);

struct jid bed_jid(const char *prepared);

/* A session at the home loop of the address, without presence; listener rule "all". Fails the test if it is refused. */
struct bed_peer *bed_login(struct bed *b, const char *full);
/* The outlet is gone: session_close. Frees the peer. */
void bed_logout(struct bed_peer *p);
/* With presence of this priority, noted without any module. */
struct bed_peer *bed_come(struct bed *b, const char *full, int priority);

/* The peer sends this stanza: stamped and addressed as a link does. Nothing is settled. */
void bed_send(struct bed_peer *p, const char *xml);

/* What came since the last time; the text lives until the next call for this peer. */
const char *bed_take(struct bed_peer *p);

/* A stanza of the given kind, type ("" for none) and id with the right payload. Static text. */
const char *bed_stanza(const char *kind, const char *type, const char *to, const char *id);

/* A module that says LATER at one stage to stanzas whose id begins with "wait". It also notes broadcast presence. */
extern const struct module_def bed_waiter;
void bed_wait_at(enum side side, enum stage stage);
size_t bed_waiting(void);
/* The one that has waited longest goes on. */
void bed_resume(enum answer a);

#endif
