/* resumption_stream: what a peer says about stream management on its stream (XEP-0198), and what it is answered: <enable/>, <r/>, <a/>,
 * <resume/>.
 *
 * For links of clients. What it means for the session is resumption's. Threads: the session's loop. Tests: test/wire/45-resumption/ */
#ifndef MEERKAT_ROUTE_RESUMPTION_STREAM_H
#define MEERKAT_ROUTE_RESUMPTION_STREAM_H

#include "route/registry.h"
#include "route/session.h"
#include "xmpp/writer.h"

/* What the link is to do with the stream. */
enum resumption_stream {
	RESUMPTION_STREAM_GOES_ON,
	RESUMPTION_STREAM_ENDS,  /* in order */
	RESUMPTION_STREAM_FAILS, /* with this error */
};

struct resumption_stream_error {
	enum stream_error error;
	const char *text;
	char detail[128]; /* an element; "" for none */
};

/* An element that is no stanza, on the stream of a session; what is not about stream management is ignored. */
enum resumption_stream resumption_stream_take(struct session *s, const struct stanza *e, struct resumption_stream_error *out);

/* <enable/> while a resource is bound (XEP-0386): `node` is in `e`; the answer is written. */
void resumption_stream_enable(struct session *s, const struct stanza *e, const struct node *node, struct writer *answer);

/* Somebody who has logged in wants a session back. */
struct resumption_stream_claim {
	struct jid who;                /* the home is this registry */
	struct outlet *outlet;
	const struct stanza *request;  /* <resume/>; borrowed */
	struct ip peer;
	bool is_secure;
};

/* The answer comes through outlet->ops->claimed, maybe from within. */
enum resumption_stream resumption_stream_claim(struct registry *r, const struct resumption_stream_claim *c,
						struct resumption_stream_error *out);

#endif
