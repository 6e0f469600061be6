/* pipeline: one stanza on its way past the modules: calls, stages, answers.
 *
 * A call is a stanza with the addresses it travels under and the user whose turn it is. On the sender's side it belongs to the user that
 * sent it, on the receiver's side to the one it goes to; a stanza between two of our users makes one call of each. A call passes
 * the stages in order; at each, the modules that asked for it, in the order of ext/all.def, then what the server does by itself:
 *
 *             sender's side                                   receiver's side
 *   ACCEPT    may it be sent?                                 may it come in? (and: does the account exist?)
 *   RECORD    archives                                        archives
 *   COPY      copies for the sender's other resources         copies for others than the addressee
 *   DELIVER   own queries; presence; on to the receiver       queries; presence; to the sessions it is for
 *   AVAILABLE only after a presence that made a session reachable: what waited for it
 *   FALLBACK                                                  nobody was there: keep it, or refuse
 *
 * A module answers PASS (not mine), DONE (it is dealt with, no further stage), or LATER: then it calls call_resume with one of the
 * other two, on the same loop, once. Threads: the loop of the user. Test: test/unit/route/pipeline_test.c */
#ifndef MEERKAT_ROUTE_PIPELINE_H
#define MEERKAT_ROUTE_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mailbox.h"
#include "route/user.h"
#include "xmpp/stanza.h"
#include "xmpp/writer.h"
#include "xmpp/xerror.h"

enum side { SIDE_SENDER, SIDE_RECEIVER, SIDE_COUNT };
enum stage { STAGE_ACCEPT, STAGE_RECORD, STAGE_COPY, STAGE_DELIVER, STAGE_AVAILABLE, STAGE_FALLBACK, STAGE_COUNT };
enum answer { ANSWER_PASS, ANSWER_DONE, ANSWER_LATER };

struct errand;
struct parcel;
struct registry_hosts;

/* Whom to tell when everything the stanza caused is durable: a session or a source (source.h) of some loop. */
struct call_origin {
	int32_t registry; /* index; -1: nobody */
	uint32_t session; /* session->id or source->id */
	uint32_t number;  /* of the stanza in the session's ledger; 0: it keeps none */
	uint32_t load;    /* the stanza's size in KiB, rounded down */
};

struct call {
	struct letter letter;     /* for the way to another loop */
	struct list link;         /* in user->calls */
	struct registry *registry; /* whose loop it is on (or travelling to) */
	const struct host *host;  /* whose modules see it */
	struct user *user;        /* whose turn it is; NULL for a query to a host that no session sent */
	struct session *session;  /* sender's side: where it came from (counted); NULL otherwise */
	struct stanza *stanza;    /* counted */
	struct jid from, to;      /* to unset: none was given. The texts belong to the call */
	uint8_t side, stage;
	uint8_t next_hook;
	uint8_t step;             /* of the server's own part of the stage, see builtin.c */
	uint8_t answer;           /* the one given to call_resume */
	uint8_t detours;          /* connections it was sent to that had gone by then, see annex.h */
	bool became_available;    /* set by the presence module: run AVAILABLE */
	bool is_waiting, is_resumed;
	bool is_settled;          /* on its way home to say that it is done, see settlement.h */
	bool is_handed_on;        /* somebody else tells the ledger */
	bool is_taken;            /* a session has certainly got it */
	bool is_promised;         /* an error about a message that its sender took for safe: it waits for the account like a message */
	uint32_t annex;           /* receiver's side: the connection it goes to, see annex.h; 0: to a host of ours */
	struct call_origin origin;
	struct session *settles;  /* receiver's side: the session of this loop that counts it (counted); NULL: none, or on another loop */
	struct parcel *parcel;    /* receiver's side: as sessions hold it that may lose it (counted); NULL: none does */
	struct errand *errand;    /* whose answers go to its owner; NULL: it is none */
	struct registry_hosts *hosts; /* what `host` belongs to (counted) */
	struct arena arena;       /* scratch of this call */
	void *module_state;       /* of the module that said LATER, for itself */
};

/* A call for a stanza under these addresses (copied); the stanza is ref'd. */
struct call *call_new(struct registry *r, struct stanza *s, struct jid from, struct jid to);
/* For calls that were never enqueued; those that were are freed by the registry. */
void call_free(struct call **c);

/* Takes a call on from where it stands. True: it is done, false: it waits for call_resume. For the registry only. */
bool pipeline_run(struct call *c);

/* Continues a call that said LATER; `a` is PASS or DONE. */
void call_resume(struct call *c, enum answer a);

/* Answers to the sender of the call's stanza; an error goes only to stanzas that may have one (not to errors, results, and presence
 * other than subscription requests as the RFC says). Both return ANSWER_DONE, so that a module can end in `return call_error(c, ...)`. */
enum answer call_error(struct call *c, enum stanza_error e, const char *text);
/* An empty result. */
enum answer call_result(struct call *c);

/* A result with a payload: call_begin_result opens <iq type='result' ...> in a scratch buffer; write the payload; call_send_result closes and
 * sends it. Nothing else may be sent between the two. */
struct writer *call_begin_result(struct call *c);
enum answer call_send_result(struct call *c);

/* The payload element of an IQ (checked before any query function is called: there is exactly one). */
const struct node *call_payload(const struct call *c);

/* Is the sender the user itself (any of its resources)? */
bool call_is_own(const struct call *c);

#endif
