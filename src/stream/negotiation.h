/* negotiation: a stream that is not yet open: what was said in its headers, how far the login is, how often it failed.
 *
 * Internal to stream/. Made by stream_init, freed at bind. Threads: the stream's. Test: test/unit/stream/ */
#ifndef MEERKAT_STREAM_NEGOTIATION_H
#define MEERKAT_STREAM_NEGOTIATION_H

#include "auth/sasl.h"
#include "base/arena.h"
#include "stream/stream.h"

enum {
	NEGOTIATION_LOGINS = 4,   /* failed ones: this one closes (RFC 6120 §6.4.5) */
	NEGOTIATION_RETRIES = 5,  /* requests that were refused otherwise: one more closes */
	NEGOTIATION_ID_CHARS = 26, /* of 5 bits each: more than 128 random bits */
};

struct stream_negotiation {
	struct arena arena; /* lives as long; what a peer can put here is bounded by the counts above */
	struct stream *stream;
	struct timer patience;  /* of the state */
	struct timer deadline;  /* login_timeout, from accept to bound */
	struct ip peer;
	const struct config *config;    /* counted */
	const struct config_host *host; /* NULL before a valid opening tag */
	struct str language;    /* of our headers */
	struct jid peer_from;   /* who the client says it is */
	struct jid who;         /* bare once logged in, full while binding */
	struct stanza *request; /* the IQ or <resume/> that is being answered; counted */
	struct inline_login *inline_login; /* what goes along with a login of XEP-0388; NULL: nothing, or it is done */
	struct timer soon;      /* for what cannot be done at once */
	const struct login_profile *profile; /* of `sasl`, see login.h */
	struct sasl *sasl;
	struct sasl_context sasl_context; /* its bindings are of this connection */
	uint64_t login_mark;    /* of `sasl`, see auth/revocation.h */
	char mechanism[24];     /* for the log */
	char id[NEGOTIATION_ID_CHARS + 1];
	uint8_t failed_logins, retries;
	bool is_opened;   /* it has sent an opening tag, right or wrong */
	bool is_known;    /* it has sent a valid opening tag once */
	bool is_answered; /* what was asked elsewhere has been answered */
	bool is_bound;    /* there is a session, and the client is being told */
};

/* The only way to another state: logs it and starts the patience of the new one. */
void negotiation_set_state(struct stream *s, enum stream_state to);

/* Sends XML and nothing else. */
void negotiation_send(struct stream *s, struct str xml);

/* A writer on the loop's scratch; negotiation_finish sends what was written. Nothing else may be sent between the two. */
struct writer negotiation_begin(struct stream *s);
void negotiation_finish(struct stream *s);

/* The answer to what was asked elsewhere is not there yet: nothing is taken until negotiation_go_on, and then not from within it. */
void negotiation_wait(struct stream *s);
void negotiation_go_on(struct stream *s, bool had_waited);

/* Counts a request that was refused; ends the stream after too many. False then. */
bool negotiation_may_retry(struct stream *s);

/* Ends the stream without an error. */
void negotiation_end(struct stream *s);
void negotiation_stop_timers(struct stream *s);

/* login_timeout, from now. */
void negotiation_start_deadline(struct stream *s);

#endif
