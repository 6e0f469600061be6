/* inline_login: what a client wants along with a login by XEP-0388, done in its order: a token (XEP-0484), its old session (XEP-0198) or, failing
 * that, a new one (XEP-0386); and <success/>, which tells of all of it.
 *
 * Begins with <authenticate/>, whose element is kept until the end of it all. Internal to stream/. Threads: the stream's.
 * Test: test/unit/stream/sasl2_test.c */
#ifndef MEERKAT_STREAM_INLINE_LOGIN_H
#define MEERKAT_STREAM_INLINE_LOGIN_H

#include "auth/fast.h"
#include "auth/sasl.h"
#include "stream/authenticate.h"
#include "stream/stream.h"

struct inline_login {
	struct authenticate what;
	struct stanza *element; /* counted; the nodes of `what` are of it */
	struct sasl_token used; /* goes with the login, if `what.fast` */
	struct str mark;        /* of the client, in its resource; empty: no resource is bound */
	/* For <success/>. data NULL: none. */
	struct str data;        /* of the mechanism */
	struct str resumption;  /* what became of the old session, XML */
	struct str token;
	int64_t token_expiry_ms;
	struct inline_login_ticket *ticket; /* while a token is awaited */
};

/* What the client asks for. False: malformed, and nothing is noted. */
bool inline_login_note(struct stream *s, struct stanza *element);
/* The login has failed, or the stream is open: forgets everything. */
void inline_login_forget(struct stream *s);

/* It has succeeded, with this data from the mechanism. May end on another loop. */
void inline_login_carry_out(struct stream *s, struct str data);

/* The link's answers, see stream.h. */
void inline_login_bound(struct stream *s);
void inline_login_refuse_bind(struct stream *s, enum stanza_error e);
void inline_login_claimed(struct stream *s, struct jid address, struct str xml);
void inline_login_refuse_claim(struct stream *s, struct str xml);

/* Of negotiation->soon. */
void inline_login_on_soon(struct timer *t);

/* The options of the module for tokens; NULL: it is off. */
const struct fast_options *inline_login_tokens(const struct stream *s);

#endif
