/* tls_verify: whether a client's certificate is asked for, and what makes one good: authorities, revocations, signed by itself.
 *
 * Internal to net. Threads: see tls_setup. Tests: test/unit/net/tls_context_test.c, test/unit/net/tls_peer_test.c */
#ifndef MEERKAT_NET_TLS_VERIFY_H
#define MEERKAT_NET_TLS_VERIFY_H

struct tls_setup_making;

void tls_verify_apply(struct tls_setup_making *m);

#endif
