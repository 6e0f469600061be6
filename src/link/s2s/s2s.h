/* s2s: other servers (RFC 6120, federation): streams from them and to them, and what waits for them.
 *
 *     a stanza for another domain              router -> realm->send_abroad -> s2s_out (the queue of a pair of domains)
 *       its stream: resolve, connect, TLS,     s2s_out_stream, on s2s_wire, over net/dial
 *       prove who we are, open
 *     a stream of another server               service -> s2s_in, on s2s_wire
 *       its stanzas                            s2s_in -> source_send -> router
 *       does it own the domain (dialback)?     s2s_in -> s2s_verify -> s2s_out, on the home loop of that domain, and back
 *
 * A stanza that cannot be delivered goes back to its sender, once. Threads: new, start of a service, stop, prepare, apply, cancel and free are
 * the main thread's; the rest happens on the loops. Tests: test/unit/link/, test/federation/ */
#ifndef MEERKAT_LINK_S2S_H
#define MEERKAT_LINK_S2S_H

#include <stdint.h>

#include "base/err.h"
#include "conf/config.h"
#include "link/service.h"
#include "net/resolve.h"

struct s2s;

/* Listeners for other servers. They need an s2s in the realm (s2s_new). */
extern const struct service_kind s2s_kind;

/* Makes it, and enters it in the realm of `home`. NULL with why: a certificate that cannot be used. `home` and `resolve` must outlive it. The
 * loops need not run yet. */
struct s2s *s2s_new(const struct service_home *home, struct resolve *resolve, const struct config *config, struct why *why);

/* What an earlier process has left behind goes on, as soon as the loops run; before that. */
must_use enum err s2s_recover(struct s2s *s, struct why *why);

/* Streams to others end; messages that wait for them are left to the next process. s2s_streams() is 0 after two seconds at the latest, while
 * the loops run. */
void s2s_stop(struct s2s *s);
int64_t s2s_streams(const struct s2s *s);

/* A new configuration, as for a service (service.h): holds for the streams that begin after s2s_apply. */
bool s2s_prepare(struct s2s *s, const struct config *config, struct why *why);
void s2s_apply(struct s2s *s);
void s2s_cancel(struct s2s *s);

/* When the loops do not run any more. Clears your pointer. */
void s2s_free(struct s2s **s);

#endif
