/* tls_secrets: the secrets of sessions in a file, for whoever debugs with a recording of the network (option keep_secrets).
 *
 * The file is the one that the environment variable SSLKEYLOGFILE names; it is appended to, in the form that Wireshark reads. Without the
 * variable nothing is written. Internal to net. Threads: any. Test: test/unit/net/tls_context_test.c */
#ifndef MEERKAT_NET_TLS_SECRETS_H
#define MEERKAT_NET_TLS_SECRETS_H

struct tls_setup_making;

void tls_secrets_apply(struct tls_setup_making *m);

#endif
