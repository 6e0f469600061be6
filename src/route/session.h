/* session: a bound resource (RFC 6120 §7): address, presence, and the way to its peer. It outlives the stream it came with.
 *
 * Which sessions get a stanza is decided here (RFC 6121 §8.5), and nowhere else. Counted, because calls that wait refer to it.
 * Threads: the user's home loop. Tests: test/unit/route/session_test.c, test/wire/ */
#ifndef MEERKAT_ROUTE_SESSION_H
#define MEERKAT_ROUTE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/list.h"
#include "route/outlet.h"
#include "route/user.h"
#include "xmpp/stanza.h"

struct resumption;
struct unsent;

struct session {
	uint32_t refs;
	uint32_t id;               /* unique on its loop */
	struct registry *registry;
	struct user *user;         /* NULL once closed */
	struct jid address;        /* full */
	struct outlet *outlet;     /* NULL: no peer now */
	struct unsent *unsent;     /* NULL mostly */
	struct resumption *resumption; /* NULL: its peer has not enabled stream management (XEP-0198) */
	struct list link;          /* in user->sessions */
	struct stanza *presence;   /* the last broadcast one, available; NULL: unavailable */
	int8_t priority;
	bool wants_roster : 1;     /* asked for the roster (RFC 6121 §2.1.6: interested) */
	bool wants_blocklist : 1;  /* asked for the block list (XEP-0191) */
	bool carbons : 1;          /* XEP-0280 enabled */
	bool is_secure : 1;
	bool is_guest : 1;         /* of a user without account: with the last one all that is stored for it goes */
	bool is_backed_up : 1;     /* see router_is_backed_up */
	uint32_t opened_s;         /* Unix time */
	uint32_t unsettled;        /* stanzas it sent whose receiver's side is not yet done */
	uint32_t queued;           /* stanzas it sent whose sender's side is not yet done */
	uint32_t load;             /* KiB of both */
	struct ip peer;
	struct list held;          /* calls that wait until nothing is unsettled: an IQ and what came after it */
	void *slots[];             /* one per module that asked for session state; behind them the address's text */
};

struct session_opening {
	struct jid address;    /* full; its home is this registry */
	struct outlet *outlet;
	struct ip peer;
	bool is_secure;
	bool is_guest;         /* a user without account (auth.anonymous) */
	struct str access;     /* rule of the listener */
	struct str client;     /* sessions whose resource ends so are of the same client, and end (XEP-0386 §3.2); empty: nobody knows */
};

/* Opens a session for an authenticated user. An older one with the same resource is ended first (conflict), and the oldest when there are
 * more than max_user_sessions. STANZA_ERROR_NOT_ALLOWED when the access rule denies, or a guest is here already who may not have several
 * sessions; *out is then NULL. Modules are told. */
enum stanza_error session_open(struct registry *r, const struct session_opening *o, struct session **out);

/* The peer is gone (or told to go): presence is withdrawn (its module sees to it), modules are told, the session leaves the user. Gives
 * back the reference that session_open gave, also when the session was ended from this side before (kick, conflict). */
void session_close(struct session *s);

/* The connection is gone without a word: the session waits for its peer if it can (XEP-0198), and is closed otherwise. Gives back the
 * reference, too. */
void session_lost(struct session *s);

void session_ref(struct session *s);
void session_unref(struct session **s);

void **session_slot(struct session *s, const struct module_def *def);

/* To this session's peer. */
void session_deliver(struct session *s, const struct stanza *stanza, struct jid from, struct jid to);

/* The same for a call on its receiver's side. A message goes its way again if the peer turns out not to have got it. */
void session_deliver_call(struct session *s, struct call *c);

/* The same for a message that waits for the account under this number (keeping.h), until the peer has acknowledged it. For a session
 * without acknowledgements: nothing is done about the number. */
void session_deliver_kept(struct session *s, struct stanza *message, int64_t number);

/* Waits until everything that was delivered to it has left for the peer (or, if it does so, was acknowledged), or the peer is gone. May run
 * it from within. */
void session_await_sent(struct session *s, struct outlet_wait *w);
/* Runs w when what was delivered so far has left for the peer, acknowledged or not. */
void session_await_written(struct session *s, struct outlet_wait *w);

/* A stanza of the server itself, as text, to this session's peer. */
void session_deliver_text(struct session *s, struct str xml);

/* Notes a broadcast presence (available with its priority, or unavailable). True if the session became available by it, or its priority
 * rose from below zero: time for what waited for it. */
bool session_set_presence(struct session *s, struct stanza *presence);

/* The delivery rules of RFC 6121 §8.5.2 and §8.5.3 for a stanza to an account: which sessions get it. */
enum session_choice {
	SESSION_DELIVERED,  /* in `chosen`, at least one */
	SESSION_TO_STORE,   /* nobody; a message that may be kept for later */
	SESSION_IGNORE,     /* nobody, in silence */
	SESSION_REFUSE,     /* nobody; service-unavailable */
};
enum { SESSION_CHOSEN_MAX = 1024 };
enum session_choice session_choose(struct user *u, const struct stanza *s, struct jid to, struct session **chosen, size_t *count_out);
/* All who get messages to the account, or TO_STORE. */
enum session_choice session_choose_reachable(struct user *u, struct session **chosen, size_t *count_out);

/* When its peer is back, the AVAILABLE stage is to be passed again: something that waits could not be delivered. */
void session_remind(struct session *s);

/* Ends a session from outside: the peer gets the stream error, and the session is closed at once; its outlet is not used again. The link
 * still calls session_close, now or later, or has done so within `end`. */
void session_kick(struct session *s, enum stream_error e, const char *text);

#endif
