/* feature: what a stream offers and takes before it is open (RFC 6120 §4.3.2): a table of features with the facts they need and forbid.
 *
 * A feature is offered, and what the client sends for it taken, when the facts hold; when they do not, it is refused. So nobody asks
 * "are we past TLS yet?". The order of the table is the order of offering. Internal to stream/.
 * Threads: the stream's. Test: test/unit/stream/feature_test.c */
#ifndef MEERKAT_STREAM_FEATURE_H
#define MEERKAT_STREAM_FEATURE_H

#include "auth/sasl.h"
#include "stream/stream.h"

enum feature_fact {
	FEATURE_TLS_AVAILABLE = 1, /* STARTTLS is configured, and the link can do it */
	FEATURE_SECURE = 2,
	FEATURE_TLS_DUE = 4,       /* nothing else before STARTTLS */
	FEATURE_LOGGED_IN = 8,
	FEATURE_OLD_SESSION = 16,  /* backwards_compatible_session */
	FEATURE_SASL2 = 32,        /* mod_sasl2, or a module that needs it */
	FEATURE_BOUND = 64,        /* there is a session */
};

/* What a client sends to use a feature. */
struct feature_element {
	const char *name; /* NULL ends the list */
	void (*take)(struct stream *s, struct stanza *element); /* borrowed; the whole IQ */
};

struct feature {
	const char *name;
	const char *ns; /* of its elements */
	bool is_query;  /* they are payloads of IQs */
	bool is_lenient; /* elements of these names in other namespaces are somebody else's */
	unsigned needs, forbids; /* enum feature_fact */
	void (*write)(struct stream *s, struct writer *w); /* into <stream:features/>; NULL: nothing to be seen */
	const struct feature_element *elements;            /* NULL: none */
	void (*refuse)(struct stream *s, struct stanza *element, unsigned facts); /* one of them came while the facts do not hold */
};

extern const struct feature feature_tls, feature_sasl, feature_sasl2, feature_sasl_channel_binding, feature_bind, feature_session,
	feature_resumption, feature_limits;

unsigned feature_facts(const struct stream *s);
bool feature_is_available(const struct feature *f, unsigned facts);

/* Sends <stream:features/>. */
void feature_send_all(struct stream *s);

/* Gives an element to the feature whose it is; false if it is nobody's. */
bool feature_take(struct stream *s, struct stanza *element);

/* Has the link bind this resource. The stream may be on another loop afterwards. */
void feature_bind_address(struct stream *s, struct str resource);

/* The answers to the IQ. */
void feature_bind_answer(struct stream *s);
void feature_bind_answer_error(struct stream *s, const struct stanza *iq, enum stanza_error e);

/* Before bind: this IQ is no bind request (RFC 6120 §7). */
void feature_bind_refuse(struct stream *s, const struct stanza *iq);

#endif
