/* RFC 6120 §13.7.2, RFC 6125, RFC 7671, RFC 7673 */
#include "net/tls_outgoing.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"
#include "net/tls_certificate.h"
#include "net/tls_context.h"
#include "net/tls_name.h"

#define SERVICE "xmpp-server"

struct tls_outgoing {
	struct arena arena;
	struct str domain, host; /* host: STR_NONE unless the certificate may be of it */
	bool has_dane;
};

struct tls_context *tls_outgoing_context_new(const struct config_tls *c, const char *alpn, struct why *why)
{
	return tls_context_make(c, alpn, true, why);
}

/* ---- making ---- */

/* RFC 6066 §3: no addresses. */
static void ask_for(SSL *ssl, struct str domain)
{
	char *name = tls_certificate_wire_name(domain);
	struct ip ip;

	if (name && *name != '[' && !ip_parse(str_from(name), &ip))
		SSL_set_tlsext_host_name(ssl, name);
	free(name);
}

static void show(struct tls *t, struct str own_domain)
{
	char *name = own_domain.data ? tls_certificate_wire_name(own_domain) : NULL;
	const struct tls_certificate *c = name ? tls_certificate_find(t->setup, str_from(name)) : NULL;

	free(name);
	if (!c)
		return;
	SSL_certs_clear(t->ssl);
	check(SSL_use_cert_and_key(t->ssl, c->x509, c->key, c->chain, 1) == 1);
}

/* Records of kinds that OpenSSL does not know are passed over; if none is left, there is no DANE (RFC 7671 §10.1). */
static bool expect_records(SSL *ssl, const struct tls_outgoing_wish *wish)
{
	bool has_some = false;

	for (size_t i = 0; i < wish->tlsa_count; i++) {
		const struct resolve_tlsa *r = &wish->tlsa[i];

		has_some |= SSL_dane_tlsa_add(ssl, r->usage, r->selector, r->matching, (const unsigned char *)r->data.data, r->data.len) > 0;
	}
	return has_some;
}

static bool has_known_records(const struct tls_outgoing_wish *wish)
{
	for (size_t i = 0; i < wish->tlsa_count; i++)
		if (wish->tlsa[i].usage <= 3 && wish->tlsa[i].selector <= 1 && wish->tlsa[i].matching <= 2)
			return true;
	return false;
}

/* The name matters only where the record is of an authority. */
static void expect_dane(struct tls *t, const struct tls_outgoing_wish *wish)
{
	char *domain = tls_certificate_wire_name(wish->domain);

	if (!has_known_records(wish) || !domain || wish->host.len == 0 || SSL_dane_enable(t->ssl, t->outgoing->host.data) != 1) {
		free(domain);
		return;
	}
	SSL_dane_set_flags(t->ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	check(SSL_add1_host(t->ssl, domain) == 1);
	/* That has set the host as the name to ask for. */
	SSL_set_tlsext_host_name(t->ssl, domain);
	t->outgoing->has_dane = expect_records(t->ssl, wish);
	free(domain);
}

struct tls *tls_outgoing_new(struct tls_context *c, const struct tls_outgoing_wish *wish)
{
	struct tls *t = tls_new(c);
	struct tls_outgoing *o = mem_new(sizeof(*o));

	check(t->setup->is_client);
	arena_init(&o->arena, 0);
	o->domain = arena_str(&o->arena, wish->domain);
	if (wish->is_secure && wish->host.len > 0)
		o->host = arena_str(&o->arena, wish->host);
	t->outgoing = o;
	SSL_set_connect_state(t->ssl);
	ERR_clear_error();
	ask_for(t->ssl, wish->domain);
	show(t, wish->own_domain);
	if (wish->is_direct && t->setup->alpn[0])
		check(SSL_set_alpn_protos(t->ssl, t->setup->alpn, t->setup->alpn[0] + 1u) == 0);
	if (o->host.data && wish->tlsa_count > 0)
		expect_dane(t, wish);
	ERR_clear_error();
	return t;
}

void tls_outgoing_free(struct tls_outgoing **o)
{
	if (!*o)
		return;
	arena_fini(&(*o)->arena);
	free(*o);
	*o = NULL;
}

/* ---- judging ---- */

/* A few of the names that it has, for people. */
static void describe_names(X509 *x509, char *out, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
	struct arena a;
	size_t len = 0;
	int shown = 0;

	arena_init(&a, 0);
	out[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && shown < 3; i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type != GEN_DNS || len >= size)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%.*s", shown++ ? ", " : "", ASN1_STRING_length(n->d.dNSName),
					(const char *)ASN1_STRING_get0_data(n->d.dNSName));
	}
	if (shown == 0) {
		struct tls_name_list common = tls_name_common(x509, &a);

		snprintf(out, size, "%s", common.count ? common.items[0].data : "nobody");
	}
	GENERAL_NAMES_free(names);
	arena_fini(&a);
}

static bool covers(const struct tls_outgoing *o, X509 *x509)
{
	return tls_name_covers(x509, o->domain, SERVICE) || (o->host.data && tls_name_covers(x509, o->host, SERVICE));
}

enum tls_outgoing_trust tls_outgoing_judge(const struct tls *t, struct why *why)
{
	X509 *x509 = SSL_get0_peer_certificate(t->ssl);
	const struct tls_outgoing *o = t->outgoing;
	long result = SSL_get_verify_result(t->ssl);
	char names[256];

	check(o && tls_is_established(t));
	if (!x509) {
		(void)err_because(ERR_INVALID, why, "there is no certificate");
		return TLS_OUTGOING_UNTRUSTED;
	}
	if (result != X509_V_OK) {
		(void)err_because(ERR_INVALID, why, "%s", X509_verify_cert_error_string(result));
		return TLS_OUTGOING_UNTRUSTED;
	}
	if (o->has_dane)
		return TLS_OUTGOING_DANE;
	if (covers(o, x509))
		return TLS_OUTGOING_AUTHORITY;
	describe_names(x509, names, sizeof(names));
	(void)err_because(ERR_INVALID, why, "the certificate is for %s, not for %.*s", names, STR_ARGS(o->domain));
	return TLS_OUTGOING_UNTRUSTED;
}
