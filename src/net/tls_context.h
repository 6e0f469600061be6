/* tls_context: what the files of tls share: how a session finds the setup it begins with, and what a session is.
 *
 * A context is the TLS of one listener for as long as its configuration holds. Behind it stands the setup of the moment, which is made
 * anew when a file has changed. Internal to net. Threads: see tls.h. Tests: those of tls */
#ifndef MEERKAT_NET_TLS_CONTEXT_H
#define MEERKAT_NET_TLS_CONTEXT_H

#include "net/tls.h"
#include "net/tls_setup.h"

struct tls {
	SSL *ssl;
	struct tls_setup *setup; /* counted */
	struct str in;           /* ciphertext not yet read */
	struct buf *out;         /* where OpenSSL's output goes; set while it runs */
	struct buf *early;       /* plaintext that came before the handshake was complete; NULL: none */
	unsigned long error;
	bool may_come_early; /* the end of early data has not been seen yet */
	struct tls_outgoing *outgoing; /* towards another server: whom we want; NULL: we are the server */
};

/* See tls_context_new and tls_outgoing_context_new. */
struct tls_context *tls_context_make(const struct config_tls *config, const char *alpn, bool is_client, struct why *why);

/* The setup of the moment, counted. Any thread. */
struct tls_setup *tls_context_take_setup(struct tls_context *c);

#endif
