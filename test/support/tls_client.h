/* tls_client: the other end of TLS for tests: OpenSSL's client between two memory buffers.
 *
 * Bytes are carried by the test, so that it can cut, mix and hold them back. Threads: one at a time. */
#ifndef MEERKAT_SUPPORT_TLS_CLIENT_H
#define MEERKAT_SUPPORT_TLS_CLIENT_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/buf.h"

struct tls_client {
	SSL_CTX *context; /* may be changed until the first step */
	SSL *ssl;         /* made by the first step */
	/* Until the first step: */
	const char *server_name; /* asked for; NULL: none */
	SSL_SESSION *resumes;    /* NULL: begins anew */
	struct str early;        /* said in the first flight; empty: nothing */
	BIO *in, *out;
	struct buf got;   /* plaintext from the server */
	SSL_SESSION *ticket; /* the last that the server gave; freed with the client */
	bool has_failed, is_closed;
};

void tls_client_init(struct tls_client *c);
void tls_client_fini(struct tls_client *c);

/* Takes the server's ciphertext (may be empty), goes on with the handshake, and appends what is to be sent to the server. */
void tls_client_step(struct tls_client *c, struct str from_server, struct buf *to_server);

/* Appends the ciphertext of the plaintext. */
void tls_client_send(struct tls_client *c, struct str plaintext, struct buf *to_server);

/* Appends a close_notify. */
void tls_client_close(struct tls_client *c, struct buf *to_server);

bool tls_client_is_established(const struct tls_client *c);

#endif
