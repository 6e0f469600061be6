/* tls_cipher: which versions, ciphers and groups a listener speaks.
 *
 * Internal to net. Threads: see tls_setup. Test: test/unit/net/tls_context_test.c */
#ifndef MEERKAT_NET_TLS_CIPHER_H
#define MEERKAT_NET_TLS_CIPHER_H

struct tls_setup_making;

void tls_cipher_apply(struct tls_setup_making *m);

#endif
