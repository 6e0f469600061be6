/* tls_peer: who the other end of a session says it is, by its certificate, and whether that is to be believed.
 *
 * After the handshake. A session that was resumed has the certificate it was begun with. Threads: the session's.
 * Test: test/unit/net/tls_peer_test.c */
#ifndef MEERKAT_NET_TLS_PEER_H
#define MEERKAT_NET_TLS_PEER_H

#include "net/tls.h"
#include "net/tls_name.h"

/* It has shown a certificate, and that is good by the rules of the context, now: authorities, revocations, dates. */
bool tls_peer_is_verified(const struct tls *t);

/* Names in it, whether it is good or not; empty if there is none. */
struct tls_name_list tls_peer_addresses(const struct tls *t, struct arena *a);
struct tls_name_list tls_peer_common_names(const struct tls *t, struct arena *a);

/* Does it stand for this domain? `service` is "xmpp-server" for servers. */
bool tls_peer_covers(const struct tls *t, struct str domain, const char *service);

#endif
