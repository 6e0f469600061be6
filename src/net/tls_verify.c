/* RFC 5280 §6 is OpenSSL's; here is what the options make of it. */
#include "net/tls_verify.h"

#include <pthread.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/check.h"
#include "net/tls_setup.h"

/* What a client may make us hold of its certificates before it has proved anything. */
#define CLIENT_CHAIN_BYTES (32 * 1024)
#define SERVER_CHAIN_BYTES (64 * 1024)

/* It vouches for itself: nobody else has signed it, or could revoke it. */
static bool is_own_issuer(X509_STORE_CTX *store)
{
	int error = X509_STORE_CTX_get_error(store);
	X509 *x509 = X509_STORE_CTX_get_current_cert(store);

	if (X509_STORE_CTX_get_error_depth(store) != 0 || !x509 || X509_self_signed(x509, 1) != 1)
		return false;
	return error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT || error == X509_V_ERR_UNABLE_TO_GET_CRL;
}

static int verify(int is_ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct tls_setup *setup = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!is_ok && setup->accepts_self_signed && is_own_issuer(store)) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	return is_ok || setup->accepts_unverified;
}

/* The system's authorities are read for the first certificate that is to be verified: for each setup that takes OpenSSL tens of milliseconds
 * and half a megabyte, and hardly any ever sees one. */
static int verify_by_system(X509_STORE_CTX *store, void *data)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct tls_setup *setup = data;

	pthread_mutex_lock(&lock);
	if (!setup->has_authorities)
		X509_STORE_set_default_paths(X509_STORE_CTX_get0_store(store));
	setup->has_authorities = true;
	pthread_mutex_unlock(&lock);
	return X509_verify_cert(store);
}

static void load_authorities(struct tls_setup_making *m)
{
	const struct str *file = &m->config->cacertfile;
	STACK_OF(X509_NAME) *names;

	if (file->len == 0) {
		SSL_CTX_set_cert_verify_callback(m->ssl, verify_by_system, m->setup);
		return;
	}
	ERR_clear_error();
	if (SSL_CTX_load_verify_file(m->ssl, tls_setup_text(m, *file)) != 1) {
		tls_setup_fail_file(m, file, "cacertfile", "certificate");
		return;
	}
	names = SSL_load_client_CA_file(tls_setup_text(m, *file));
	if (names)
		SSL_CTX_set_client_CA_list(m->ssl, names);
	else
		tls_setup_fail_file(m, file, "cacertfile", "certificate");
}

/* With lists there has to be one of each issuer of a client's certificate, and of today. */
static void load_revocations(struct tls_setup_making *m)
{
	const struct str *files = m->config->crl_files.items;
	X509_STORE *store = SSL_CTX_get_cert_store(m->ssl);
	X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

	check(lookup != NULL);
	for (size_t i = 0; i < m->config->crl_files.count; i++) {
		ERR_clear_error();
		if (X509_load_crl_file(lookup, tls_setup_text(m, files[i]), X509_FILETYPE_PEM) < 1)
			tls_setup_fail_file(m, &files[i], "crl_files", "list of revoked certificates");
	}
	if (m->config->crl_files.count)
		X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
}

/* Between servers one certificate does for both directions, whatever purposes its authority has written into it. */
static void allow_purposes(struct tls_setup_making *m)
{
	const char server[] = "xmpp-server";

	if (m->setup->alpn[0] == sizeof(server) - 1 && !memcmp(m->setup->alpn + 1, server, sizeof(server) - 1))
		check(SSL_CTX_set_purpose(m->ssl, X509_PURPOSE_ANY) == 1);
}

/* What we see of other servers is judged when the handshake is over (tls_outgoing), as dialback needs no good certificate. */
static void apply_as_client(struct tls_setup_making *m)
{
	m->setup->accepts_self_signed = m->config->verify_mode == CONFIG_VERIFY_SELFSIGNED;
	m->setup->accepts_unverified = true;
	SSL_CTX_set_verify(m->ssl, SSL_VERIFY_PEER, verify);
	SSL_CTX_set_max_cert_list(m->ssl, SERVER_CHAIN_BYTES);
	check(SSL_CTX_dane_enable(m->ssl) == 1);
	load_authorities(m);
	load_revocations(m);
}

void tls_verify_apply(struct tls_setup_making *m)
{
	const struct config_tls *c = m->config;
	int mode = SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE;

	allow_purposes(m);
	if (m->setup->is_client) {
		apply_as_client(m);
		return;
	}
	if (c->verify_mode == CONFIG_VERIFY_NONE) {
		SSL_CTX_set_verify(m->ssl, SSL_VERIFY_NONE, NULL);
	} else {
		m->setup->accepts_self_signed = c->verify_mode == CONFIG_VERIFY_SELFSIGNED;
		m->setup->accepts_unverified = !c->disconnect_on_failure;
		if (c->verify_is_required)
			mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
		SSL_CTX_set_verify(m->ssl, mode, verify);
		SSL_CTX_set_max_cert_list(m->ssl, CLIENT_CHAIN_BYTES);
	}
	/* Files that are named are read in any case, so that what is wrong with them is known before they are needed. */
	if (c->verify_mode != CONFIG_VERIFY_NONE || c->cacertfile.len)
		load_authorities(m);
	load_revocations(m);
}
