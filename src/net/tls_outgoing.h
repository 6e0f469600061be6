/* tls_outgoing: TLS towards another server: whom we ask for, what we show, and whether the certificate that comes is good (RFC 6125, RFC 7673).
 *
 * The handshake goes through whatever the certificate; afterwards tls_outgoing_trust says what it is worth, and the caller decides by its
 * policy. Made with conn_start_tls_outgoing. Threads: the session's. Test: test/unit/net/tls_outgoing_test.c */
#ifndef MEERKAT_NET_TLS_OUTGOING_H
#define MEERKAT_NET_TLS_OUTGOING_H

#include "net/resolve.h"
#include "net/tls.h"

struct tls_outgoing; /* the wish, as a session keeps it */

/* Whom we want to talk to. Copied. */
struct tls_outgoing_wish {
	struct str domain;     /* asked for with SNI; what the certificate must be of */
	struct str own_domain; /* as whom we come: chooses among the certificates; STR_NONE: the context's own */
	struct str host;       /* as dial_result says it; with is_secure the certificate may be of it instead */
	bool is_secure;
	bool is_direct;                  /* TLS from the first byte: says ALPN "xmpp-server" (XEP-0368) */
	const struct resolve_tlsa *tlsa; /* DANE, when there are some */
	size_t tlsa_count;
};

enum tls_outgoing_trust {
	TLS_OUTGOING_UNTRUSTED,
	TLS_OUTGOING_AUTHORITY, /* signed by one that we know, for the domain, now */
	TLS_OUTGOING_DANE,      /* vouched for by TLSA records */
};

/* The context for streams to others; NULL with why. Counted and refreshed as others are. */
struct tls_context *tls_outgoing_context_new(const struct config_tls *c, const char *alpn, struct why *why);

/* A session that begins with tls_begin. The context is one of tls_outgoing_context_new. */
struct tls *tls_outgoing_new(struct tls_context *c, const struct tls_outgoing_wish *wish);

/* For tls_free. Clears your pointer; NULL is fine. */
void tls_outgoing_free(struct tls_outgoing **o);

/* After the handshake. UNTRUSTED: why says what is wrong in words ("the certificate is for example.net, not for example.org"). */
enum tls_outgoing_trust tls_outgoing_judge(const struct tls *t, struct why *why);

#endif
