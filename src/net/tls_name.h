/* tls_name: the names in a certificate: domains it stands for, XMPP addresses, common names.
 *
 * One with a zero in it, or that is not UTF-8 or not of the right type, is no name. In its place stands an empty text, so that a certificate with
 * such a name among others, or instead of one, is not taken for one without. Internal to net, but for the struct.
 * Threads: any. Test: test/unit/net/tls_name_test.c */
#ifndef MEERKAT_NET_TLS_NAME_H
#define MEERKAT_NET_TLS_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "base/arena.h"
#include "base/str.h"

struct tls_name_list {
	struct str *items;
	size_t count;
};

/* The id-on-xmppAddr names (RFC 6120 §13.7.1.4). */
struct tls_name_list tls_name_addresses(X509 *x509, struct arena *a);
struct tls_name_list tls_name_common(X509 *x509, struct arena *a);

/* Does it stand for this domain (RFC 6120 §13.7.1.2): dNSName with wildcards, SRVName of this service ("xmpp-client"), xmppAddr; without any
 * of them the common name? */
bool tls_name_covers(X509 *x509, struct str domain, const char *service);

#endif
