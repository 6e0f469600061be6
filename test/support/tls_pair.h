/* tls_pair: a server session and a client, with the bytes between them carried by hand; for tests of TLS.
 *
 * Threads: one at a time. */
#ifndef MEERKAT_SUPPORT_TLS_PAIR_H
#define MEERKAT_SUPPORT_TLS_PAIR_H

#include "net/tls.h"
#include "support/tls_client.h"

struct tls_pair {
	struct tls_context *context;
	struct tls *server;
	struct tls_client client;
	struct buf to_server, to_client, got; /* got: plaintext from the client */
	enum tls_result result;
	bool stops; /* the server's on_plain says false */
};

void tls_pair_init(struct tls_pair *p, const struct config_tls *config, const char *alpn);
void tls_pair_fini(struct tls_pair *p);

/* Gives the server what waits for it, in pieces of this size. */
void tls_pair_serve(struct tls_pair *p, size_t piece);

/* Gives the client what waits for it. */
void tls_pair_step(struct tls_pair *p);

void tls_pair_shake_hands(struct tls_pair *p, size_t piece);
bool tls_pair_is_established(const struct tls_pair *p);

/* Before the handshake: the client speaks this version only, however weak. */
void tls_pair_limit_client(struct tls_pair *p, int version);

#endif
