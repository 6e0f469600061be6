/* login: one SASL exchange of a stream, in whichever words it is held: those of RFC 6120 §6 or of XEP-0388.
 *
 * The mechanisms are auth/sasl's. Here is what is announced of them, how an exchange goes on and how often it may fail; a profile
 * is the words. Internal to stream/. Threads: the stream's. Test: test/unit/stream/feature_test.c */
#ifndef MEERKAT_STREAM_LOGIN_H
#define MEERKAT_STREAM_LOGIN_H

#include "auth/sasl.h"
#include "stream/stream.h"

enum { LOGIN_MECHANISMS_MAX = 16 };

struct login_profile {
	enum stream_state challenged;                                /* in which a response is awaited */
	void (*challenge)(struct stream *s, struct str data);        /* says it; empty: no data */
	void (*fail)(struct stream *s, enum sasl_failure f);         /* says it */
	void (*succeed)(struct stream *s, struct str data);          /* says and does what follows; data NULL: none. May end in a move */
};

/* For each opening tag before login, after which neither the host nor the connection changes. */
void login_prepare(struct stream *s);

/* What is offered on this stream, strongest first; room for LOGIN_MECHANISMS_MAX. */
size_t login_mechanisms(const struct stream *s, const char **names_out);

/* The types of channel bindings to announce (XEP-0440). */
size_t login_bindings(const struct stream *s, const char *types_out[SASL_BINDINGS_MAX]);

/* Starts an exchange; the one before is dropped. False: it has failed at once. */
bool login_start(struct stream *s, const struct login_profile *p, struct str mechanism);

/* What the client says, base64. */
void login_step_with_text(struct stream *s, struct str text);
/* The same decoded; data NULL: it says nothing. */
void login_step(struct stream *s, struct str data);

/* Ends the exchange, if there is one, and counts. May end the stream. */
void login_fail(struct stream *s, const struct login_profile *p, enum sasl_failure f);

/* For a profile's succeed: from here on it is logged in. */
void login_note_success(struct stream *s);

#endif
