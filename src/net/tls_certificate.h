/* tls_certificate: a certificate with its chain and its key, from PEM files, and the choice among several by the name a client asks for.
 *
 * Internal to net. Threads: see tls_setup. Tests: test/unit/net/tls_context_test.c, test/unit/net/tls_name_test.c */
#ifndef MEERKAT_NET_TLS_CERTIFICATE_H
#define MEERKAT_NET_TLS_CERTIFICATE_H

#include <stdint.h>

#include <openssl/ssl.h>

#include "base/map.h"
#include "base/str.h"

struct tls_setup;
struct tls_setup_making;

struct tls_certificate {
	X509 *x509;
	EVP_PKEY *key;
	STACK_OF(X509) *chain; /* without x509 */
};

struct tls_certificate_named {
	char *name; /* in lower case, as on the wire; "*.example.org" */
	struct tls_certificate certificate;
};

/* What is needed of the configuration. */
void tls_certificate_load_all(struct tls_setup_making *m);
void tls_certificate_free_all(struct tls_setup *s);

/* The one for this name, or NULL: the listener's own. */
const struct tls_certificate *tls_certificate_find(const struct tls_setup *s, struct str name);

/* Days until the end of the listener's own, or, without one, of the one that ends first. */
int64_t tls_certificate_days_left(const struct tls_setup *s);

/* A host name as on the wire: IDNs as A-labels (RFC 5890), lower case. Heap; NULL if it cannot be a name. */
char *tls_certificate_wire_name(struct str host);

#endif
