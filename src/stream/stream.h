/* stream: the negotiation of one XMPP stream with a client, whatever carries it (RFC 6120 §4 to §7): header, features, STARTTLS, SASL, bind.
 *
 * A link supplies the framing, the way out and what happens at bind; c2s over TCP, WebSocket and BOSH run this same code. What comes in is
 * an opening tag (or what stands for it), an element or the end, each given whole. While stream_takes_input is false the link keeps what
 * comes (an answer from the store is outstanding, say) until link->resume. The states are in states.def with what they wait for and for how
 * long; one function each; negotiation_set_state (negotiation.h) is the only setter. What is offered is a table of features, each with the
 * facts it needs and forbids (feature.h). An open stream is the few words of struct stream; all else is freed at bind.
 * Threads: the link's loop; between stream_leave and stream_arrive none. Tests: test/unit/stream/, test/wire/ */
#ifndef MEERKAT_STREAM_STREAM_H
#define MEERKAT_STREAM_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/account.h"
#include "base/buf.h"
#include "base/ip.h"
#include "base/mailbox.h"
#include "base/timer.h"
#include "conf/config.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"
#include "xmpp/writer.h"

struct stream;
struct sasl_certificate;
struct stream_negotiation; /* what only a stream that is not yet open needs */

enum stream_state {
#define STATE(name, function, patience, text) STREAM_##name,
#include "stream/states.def"
#undef STATE
};

/* What an opening tag of ours says; valid during the call. */
struct stream_header {
	struct str id, from, language;
	struct str to; /* empty: the client did not say who it is */
};

/* What a client opens its stream with, where that is not the tag of RFC 6120. */
struct stream_tag {
	const char *name, *ns;
	const char *version_ns; /* of its attribute "version"; NULL: none */
	bool may_lack_version;
};

/* What a link does for its stream. */
struct stream_link {
	bool is_framed; /* each element stands alone: it declares its namespaces itself (RFC 7395, XEP-0206) */
	const struct stream_tag *tag; /* NULL: <stream:stream> */
	void (*send_header)(struct stream *s, const struct stream_header *h);
	void (*send)(struct stream *s, struct str xml);
	/* Sends the end of the stream and closes once everything is written. Called once, or drop is. */
	void (*end)(struct stream *s);
	/* Closes without a word. */
	void (*drop)(struct stream *s);
	/* Nothing is to be given to the stream until resume; and then afterwards, not from within. */
	void (*pause)(struct stream *s);
	void (*resume)(struct stream *s);
	/* What the peer sends next is an opening tag. */
	void (*restart)(struct stream *s);
	/* Becomes TLS after what was sent, throwing away what came; then stream_secured. NULL: this link cannot. */
	void (*start_tls)(struct stream *s);
	/* Channel-binding data of the connection; false if it has none of this type. NULL: never. */
	bool (*binding)(struct stream *s, const char *type, struct buf *out);
	/* The names in the certificate that the client has shown, made in the arena; false if it has shown none or none that is good. NULL:
	 * never. */
	bool (*certificate)(struct stream *s, struct arena *a, struct sasl_certificate *out);
	/* A login came to its end, well (stream_who) or not. NULL: nothing to do. */
	void (*on_login)(struct stream *s, bool has_succeeded);
	/* An IQ before login (in-band registration): false if nobody takes it. Answered once with stream_answer_query, maybe from within; until
	 * then the stanza stays. NULL: nobody does. */
	bool (*login_query)(struct stream *s, const struct stanza *iq);
	/* What modules add to the features; NULL: nothing. */
	void (*write_features)(struct stream *s, struct writer *w, bool is_logged_in);
	/* Features that may be switched on at bind (XEP-0386): <feature var='...'/> each; NULL: none. */
	void (*write_inline)(struct stream *s, struct writer *w);
	/* The session is open: does what the children of `bind`, which is in `request`, ask for, and writes the answers. NULL: nothing. */
	void (*write_bound)(struct stream *s, const struct stanza *request, const struct node *bind, struct writer *w);
	/* This address is to be bound. The link opens the session, maybe on another loop, and then calls stream_bound or stream_refuse_bind,
	 * maybe from within. */
	void (*bind)(struct stream *s, struct jid address);
	/* The session that stream_claim names is wanted back (XEP-0198). The link looks for it, maybe on another loop, and then calls
	 * stream_claimed or stream_refuse_claim, maybe from within. NULL: sessions cannot be resumed. */
	void (*claim)(struct stream *s);
	/* An element on the open stream; becomes the link's. */
	void (*take)(struct stream *s, struct stanza *element);
};

/* What the streams of a listener have in common; outlives them. */
struct stream_rules {
	const struct stream_link *link;
	const struct config_listen *listen;
	const struct account_service *accounts;
	bool can_start_tls, must_start_tls; /* STARTTLS is configured; and required */
};

/* What the streams of a loop have in common; outlives them. */
struct stream_place {
	struct timer_wheel *timers;
	struct mailbox *mailbox;
	struct buf *scratch; /* empty between uses */
};

struct stream {
	const struct stream_rules *rules;
	const struct stream_place *place;
	struct stream_negotiation *negotiation; /* NULL once open */
	uint8_t state; /* enum stream_state */
	bool is_secure, is_logged_in, is_header_sent;
	bool is_guest; /* logged in without account */
};

/* The peer has connected. `config` is counted until the stream is open. awaits_tls: stream_secured comes first (direct TLS). is_secure:
 * it runs within TLS that is none of its business (RFC 7395 §3.9). */
struct stream_start {
	const struct stream_rules *rules;
	const struct stream_place *place;
	const struct config *config;
	struct ip peer;
	bool awaits_tls, is_secure;
};

void stream_init(struct stream *s, const struct stream_start *start);
/* Also while an answer is outstanding: it will not come. */
void stream_fini(struct stream *s);

/* May the link give the stream something now? */
bool stream_takes_input(const struct stream *s);

/* An opening tag (STANZA_HEADER) or an element. Becomes the stream's. */
void stream_receive(struct stream *s, struct stanza *element);
/* The peer has ended its stream: ours ends too. */
void stream_receive_end(struct stream *s);
/* The TLS handshake is done. */
void stream_secured(struct stream *s);

/* Ends the stream with an error (RFC 6120 §4.9): an opening tag if none was sent, the error, the end. With hide_service_name and before
 * a valid opening tag: without a word. text is for people, may be NULL. Nothing happens on a stream that has ended. */
void stream_error(struct stream *s, enum stream_error e, const char *text);
/* The same with an element that says more. */
void stream_error_with(struct stream *s, enum stream_error e, const char *text, struct str detail);

/* Who has logged in, before it is bound; unset: nobody yet. The address being bound is a full one. */
struct jid stream_who(const struct stream *s);
/* The name of the host of the opening tag; before that, and once open, NULL data. */
struct str stream_host(const struct stream *s);

/* The answer to link->bind. */
void stream_bound(struct stream *s);
void stream_refuse_bind(struct stream *s, enum stanza_error e);

/* While a resource is being bound: how it ends if the client has told us which one it is, so that the sessions it had before can be told
 * (XEP-0386); otherwise empty. */
struct str stream_client(const struct stream *s);

/* The request (<resume/>) that the link was given with link->claim, until it is answered; NULL: none. */
const struct stanza *stream_claim(const struct stream *s);
/* The answer to it: the stream is open, with the session of this address, or a resource may still be bound. `xml` is sent. */
void stream_claimed(struct stream *s, struct jid address, struct str xml);
void stream_refuse_claim(struct stream *s, struct str xml);

/* The answer to link->login_query. */
void stream_answer_query(struct stream *s, struct str xml);

/* Before and after the move to another loop, from link->bind or claim on. */
void stream_leave(struct stream *s);
void stream_arrive(struct stream *s, const struct stream_place *place);

/* "AWAIT_HEADER" */
const char *stream_state_name(enum stream_state state);

#endif
