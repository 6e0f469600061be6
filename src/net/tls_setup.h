/* tls_setup: one state of the TLS of a listener, or of our side towards other servers, made of what options and their files say now:
 * certificates, ciphers, who is trusted.
 *
 * Constant and counted: a session keeps the one it was begun with, a changed file makes a new one (tls_context). Making one is spread
 * over tls_setup, tls_cipher, tls_verify, tls_certificate; what is wrong is told in words to whoever makes it, all of it.
 * Internal to net. Threads: making one at a time, reading any. Tests: test/unit/net/tls_context_test.c and others of tls */
#ifndef MEERKAT_NET_TLS_SETUP_H
#define MEERKAT_NET_TLS_SETUP_H

#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/map.h"
#include "conf/config.h"
#include "net/tls_certificate.h"
#include "net/tls_ticket.h"

struct tls_setup {
	_Atomic uint32_t refs;
	SSL_CTX *ssl;
	struct tls_certificate own; /* x509 NULL: none */
	struct map named;           /* struct tls_certificate_named, by the name that clients ask for */
	unsigned char alpn[32];     /* wire form: a length and the name, of each */
	unsigned alpn_len;
	bool accepts_self_signed;
	bool accepts_unverified; /* the handshake goes on; whoever wants to rely on the certificate asks for the result */
	bool takes_early_data;
	bool is_client;          /* towards other servers */
	bool has_authorities; /* those of the system have been read; under a lock */
	struct tls_ticket_ring tickets;
};

/* Is told what is wrong: `option` ("certfile") is at `value`, a field of the configuration. */
typedef void tls_setup_tell(void *context, const void *value, const char *option, const char *text);

struct tls_setup_making {
	const struct config_tls *config;
	struct tls_setup *setup;
	SSL_CTX *ssl; /* of the setup */
	struct arena arena;
	tls_setup_tell *tell;
	void *context;
	bool has_failed;
};

/* NULL if anything is wrong. `alpn`: see tls_context_new. A client needs no certificate. The configuration may go. */
struct tls_setup *tls_setup_new(const struct config_tls *c, const char *alpn, bool is_client, tls_setup_tell *tell, void *context);
void tls_setup_ref(struct tls_setup *s);
/* Clears your pointer. */
void tls_setup_unref(struct tls_setup **s);

/* ---- for the parts ---- */

/* Something is wrong with the option at `value`. */
void tls_setup_fail(struct tls_setup_making *m, const void *value, const char *option, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same for a file, with what OpenSSL says; `what` should have been in it ("certificate"). */
void tls_setup_fail_file(struct tls_setup_making *m, const struct str *file, const char *option, const char *what);

/* With a terminating zero; lives as long as the making. */
const char *tls_setup_text(struct tls_setup_making *m, struct str s);

#endif
