/* tls_context: what tls_context.c makes and tls.c uses; nobody else includes it. */
#ifndef MEERKAT_NET_TLS_CONTEXT_H
#define MEERKAT_NET_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "net/tls.h"

struct tls_context {
	_Atomic uint32_t refs;
	SSL_CTX *ssl;
	unsigned char alpn[32]; /* wire form: a length and the name */
	bool accepts_self_signed;
	bool accepts_unverified; /* the handshake goes on; whoever wants to rely on the certificate asks for the result */
	bool has_authorities;    /* those of the system have been read; under a lock */
};

#endif
