/* bosh_session: a client over BOSH (XEP-0124, XEP-0206): the carrier of its stream, and the requests that bring and fetch what is in it.
 *
 * A window of two requests, which may come on any connection; they are worked on in the order of their numbers. One is held until there is
 * something to be said, or `wait` is over. The last two answers are kept, for a client that has not got them. What a client can make the server
 * hold: two requests, the answers, and max_output_bytes. A session without a request ends after `inactivity`.
 * Threads: the session's loop, which is that of its account once it is bound. Test: test/wire/26-bosh/ */
#ifndef MEERKAT_LINK_BOSH_SESSION_H
#define MEERKAT_LINK_BOSH_SESSION_H

#include "conf/bosh_limits.h"
#include "link/bosh/bosh_request.h"
#include "link/c2s/c2s_carrier.h"

extern const struct c2s_carrier bosh_session_carrier;

/* Begins one, on the loop of the request, which was let in (entry_admit). */
void bosh_session_begin(struct service_place *place, const struct c2s_peer_start *start, const struct bosh_limits *limits,
			struct bosh_request *r);

/* A request for this session, on its loop. */
void bosh_session_take(struct bosh_directory_entry *e, struct bosh_request *r);

/* Some request is gone (is_gone). */
void bosh_session_look(struct bosh_directory_entry *e);

#endif
