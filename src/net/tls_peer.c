#include "net/tls_peer.h"

#include "net/tls_context.h"

static X509 *certificate_of(const struct tls *t)
{
	return SSL_get0_peer_certificate(t->ssl);
}

bool tls_peer_is_verified(const struct tls *t)
{
	const X509 *x509 = certificate_of(t);

	/* A certificate may have ended since a session was begun that is resumed now. */
	return x509 && tls_is_established(t) && SSL_get_verify_result(t->ssl) == X509_V_OK &&
	       X509_cmp_current_time(X509_get0_notAfter(x509)) > 0;
}

struct tls_name_list tls_peer_addresses(const struct tls *t, struct arena *a)
{
	X509 *x509 = certificate_of(t);

	return x509 ? tls_name_addresses(x509, a) : (struct tls_name_list){0};
}

struct tls_name_list tls_peer_common_names(const struct tls *t, struct arena *a)
{
	X509 *x509 = certificate_of(t);

	return x509 ? tls_name_common(x509, a) : (struct tls_name_list){0};
}

bool tls_peer_covers(const struct tls *t, struct str domain, const char *service)
{
	X509 *x509 = certificate_of(t);

	return x509 && tls_name_covers(x509, domain, service);
}
