#include "net/tls_context.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/mem.h"

/* What a client may make us hold of its certificates before it has proved anything. */
#define CLIENT_CHAIN_BYTES (32 * 1024)

/* How OpenSSL is told not to use a version, in the order of config_tls.versions. */
static const uint64_t refusals[] = {SSL_OP_NO_TLSv1, SSL_OP_NO_TLSv1_1, SSL_OP_NO_TLSv1_2, SSL_OP_NO_TLSv1_3};

enum { VERSION_COUNT = sizeof(refusals) / sizeof(refusals[0]), VERSION_1_2 = 2 };

/* What a context is made with: the configuration's text has no terminators, OpenSSL wants them. */
struct making {
	const struct config_tls *config;
	struct tls_context *context;
	SSL_CTX *ssl;
	struct arena arena;
	struct why *why;
};

static const char *c_string(struct making *m, struct str s)
{
	return arena_str(&m->arena, s).data;
}

/* Says which option with which file failed, and why. */
static enum err fail(struct making *m, const char *option, struct str value)
{
	/* The first error is the cause, those after it only tell the way up. */
	unsigned long code = ERR_peek_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;

	if (ERR_SYSTEM_ERROR(code))
		reason = strerror(ERR_GET_REASON(code));
	return err_because(ERR_INVALID, m->why, "tls.%s: %.*s: %s", option, STR_ARGS(value), reason ? reason : "cannot be used");
}

/* Never asks at the terminal, as OpenSSL does by default. */
static int give_password(char *out, int size, int writing, void *data)
{
	const struct str *password = data;

	(void)writing;
	if (!password->data || password->len > (size_t)size)
		return -1;
	memcpy(out, password->data, password->len);
	return (int)password->len;
}

static enum err load_certificate(struct making *m)
{
	const struct config_tls *c = m->config;
	struct str keyfile = c->keyfile.len ? c->keyfile : c->certfile;
	const char *key_option = c->keyfile.len ? "keyfile" : "certfile";

	if (c->certfile.len == 0)
		return err_because(ERR_INVALID, m->why, "tls.certfile: no certificate is configured");
	SSL_CTX_set_default_passwd_cb(m->ssl, give_password);
	SSL_CTX_set_default_passwd_cb_userdata(m->ssl, (void *)&c->password);
	if (SSL_CTX_use_certificate_chain_file(m->ssl, c_string(m, c->certfile)) != 1)
		return fail(m, "certfile", c->certfile);
	if (SSL_CTX_use_PrivateKey_file(m->ssl, c_string(m, keyfile), SSL_FILETYPE_PEM) != 1)
		return fail(m, key_option, keyfile);
	/* The configuration may go before the context does. */
	SSL_CTX_set_default_passwd_cb_userdata(m->ssl, NULL);
	SSL_CTX_set_default_passwd_cb(m->ssl, NULL);
	if (SSL_CTX_check_private_key(m->ssl) != 1)
		return fail(m, key_option, keyfile);
	return ERR_NONE;
}

static bool allows_version(const struct config_tls *c, int version)
{
	const int *listed = c->versions.items;

	for (size_t i = 0; i < c->versions.count; i++)
		if (listed[i] == version)
			return true;
	return c->versions.count == 0 && version >= VERSION_1_2;
}

static void set_versions(struct making *m)
{
	/* The bounds are ours to set, not those of the system's openssl.cnf. */
	SSL_CTX_set_min_proto_version(m->ssl, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(m->ssl, 0);
	for (int version = 0; version < VERSION_COUNT; version++)
		if (!allows_version(m->config, version))
			SSL_CTX_set_options(m->ssl, refusals[version]);
}

static bool is_suite_of(SSL_CTX *ssl, struct str name)
{
	STACK_OF(SSL_CIPHER) *suites = SSL_CTX_get_ciphers(ssl);

	for (int i = 0; i < sk_SSL_CIPHER_num(suites); i++)
		if (str_is(name, SSL_CIPHER_get_name(sk_SSL_CIPHER_value(suites, i))))
			return true;
	return false;
}

static void append_item(struct buf *list, struct str item)
{
	if (list->len)
		buf_append_char(list, ':');
	buf_append_str(list, item);
}

/* Names of TLS 1.3 suites go one way in OpenSSL, everything else the other. */
static void split_ciphers(struct str ciphers, struct buf *suites_1_3, struct buf *others)
{
	struct str rest = ciphers;

	while (rest.data) {
		struct str item = str_trim(str_split(rest, ':', &rest));

		if (item.len)
			append_item(str_starts_with(item, STR("TLS_")) ? suites_1_3 : others, item);
	}
	buf_append_char(suites_1_3, '\0');
	buf_append_char(others, '\0');
}

/* True if the list consists of names of suites; then it means exactly these. */
static bool are_plain_names(SSL_CTX *ssl, const char *list)
{
	struct str rest = str_from(list);

	while (rest.data)
		if (!is_suite_of(ssl, str_split(rest, ':', &rest)))
			return false;
	return true;
}

/* A list of nothing but names of suites is exact: versions for which it names none are off. With expressions ("HIGH", "TLSv1.2")
 * it means what it means to OpenSSL: TLS 1.3 keeps its suites. */
static enum err apply_ciphers(struct making *m, const char *suites_1_3, const char *others)
{
	if (*suites_1_3 && SSL_CTX_set_ciphersuites(m->ssl, suites_1_3) != 1)
		return fail(m, "ciphers", m->config->ciphers);
	if (!*others) {
		SSL_CTX_set_options(m->ssl, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2);
		return ERR_NONE;
	}
	if (SSL_CTX_set_cipher_list(m->ssl, others) != 1)
		return fail(m, "ciphers", m->config->ciphers);
	if (!*suites_1_3 && are_plain_names(m->ssl, others))
		SSL_CTX_set_options(m->ssl, SSL_OP_NO_TLSv1_3);
	return ERR_NONE;
}

static enum err set_ciphers(struct making *m)
{
	struct buf suites_1_3, others;
	enum err e;

	if (m->config->ciphers.len == 0)
		return ERR_NONE;
	buf_init(&suites_1_3);
	buf_init(&others);
	split_ciphers(m->config->ciphers, &suites_1_3, &others);
	if (suites_1_3.len == 1 && others.len == 1)
		e = err_because(ERR_INVALID, m->why, "tls.ciphers: the list names no cipher");
	else
		e = apply_ciphers(m, suites_1_3.data, others.data);
	buf_fini(&others);
	buf_fini(&suites_1_3);
	return e;
}

static enum err set_dh(struct making *m)
{
	struct str file = m->config->dhfile;
	EVP_PKEY *parameters;
	BIO *in;

	if (file.len == 0) {
		SSL_CTX_set_dh_auto(m->ssl, 1);
		return ERR_NONE;
	}
	in = BIO_new_file(c_string(m, file), "r");
	if (!in)
		return fail(m, "dhfile", file);
	parameters = PEM_read_bio_Parameters(in, NULL);
	BIO_free(in);
	if (parameters && SSL_CTX_set0_tmp_dh_pkey(m->ssl, parameters) == 1)
		return ERR_NONE;
	EVP_PKEY_free(parameters);
	return fail(m, "dhfile", file);
}

static int verify(int is_ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if (!is_ok && context->accepts_self_signed &&
	    X509_STORE_CTX_get_error(store) == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) {
		X509_STORE_CTX_set_error(store, X509_V_OK);
		return 1;
	}
	return is_ok || context->accepts_unverified;
}

/* The system's authorities are read for the first certificate that is to be verified: for each context that takes OpenSSL tens of milliseconds
 * and half a megabyte, and hardly any context ever sees one. */
static int verify_by_system(X509_STORE_CTX *store, void *data)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct tls_context *context = data;

	pthread_mutex_lock(&lock);
	if (!context->has_authorities)
		X509_STORE_set_default_paths(X509_STORE_CTX_get0_store(store));
	context->has_authorities = true;
	pthread_mutex_unlock(&lock);
	return X509_verify_cert(store);
}

static enum err load_authorities(struct making *m)
{
	struct str file = m->config->cacertfile;
	STACK_OF(X509_NAME) *names;

	if (file.len == 0) {
		SSL_CTX_set_cert_verify_callback(m->ssl, verify_by_system, m->context);
		return ERR_NONE;
	}
	if (SSL_CTX_load_verify_file(m->ssl, c_string(m, file)) != 1)
		return fail(m, "cacertfile", file);
	names = SSL_load_client_CA_file(c_string(m, file));
	if (!names)
		return fail(m, "cacertfile", file);
	SSL_CTX_set_client_CA_list(m->ssl, names);
	return ERR_NONE;
}

static enum err load_revocations(struct making *m)
{
	const struct str *files = m->config->crl_files.items;
	X509_STORE *store = SSL_CTX_get_cert_store(m->ssl);
	X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file());

	check(lookup != NULL);
	for (size_t i = 0; i < m->config->crl_files.count; i++)
		if (X509_load_crl_file(lookup, c_string(m, files[i]), X509_FILETYPE_PEM) < 1)
			return fail(m, "crl_files", files[i]);
	if (m->config->crl_files.count)
		X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
	return ERR_NONE;
}

static enum err set_verification(struct making *m)
{
	const struct config_tls *c = m->config;
	int mode = SSL_VERIFY_PEER | SSL_VERIFY_CLIENT_ONCE;
	enum err e;

	if (c->verify_mode == CONFIG_VERIFY_NONE) {
		SSL_CTX_set_verify(m->ssl, SSL_VERIFY_NONE, NULL);
		return ERR_NONE;
	}
	m->context->accepts_self_signed = c->verify_mode == CONFIG_VERIFY_SELFSIGNED;
	m->context->accepts_unverified = !c->disconnect_on_failure;
	if (c->verify_is_required)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(m->ssl, mode, verify);
	SSL_CTX_set_max_cert_list(m->ssl, CLIENT_CHAIN_BYTES);
	e = load_authorities(m);
	return e ? e : load_revocations(m);
}

static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *offered,
		       unsigned offered_len, void *data)
{
	const struct tls_context *context = data;
	unsigned char *chosen;

	(void)ssl;
	if (SSL_select_next_proto(&chosen, out_len, context->alpn, context->alpn[0] + 1u, offered, offered_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

static void set_alpn(struct making *m, const char *alpn)
{
	size_t len = alpn ? strlen(alpn) : 0;

	if (len == 0)
		return;
	check(len < sizeof(m->context->alpn));
	m->context->alpn[0] = (unsigned char)len;
	memcpy(m->context->alpn + 1, alpn, len);
	SSL_CTX_set_alpn_select_cb(m->ssl, select_alpn, m->context);
}

static void set_manners(struct making *m)
{
	SSL_CTX_set_app_data(m->ssl, m->context);
	SSL_CTX_set_options(m->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
					    SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_TICKET | SSL_OP_NO_SSLv3);
	SSL_CTX_set_mode(m->ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(m->ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(m->ssl, 0);
}

static enum err configure(struct making *m, const char *alpn)
{
	enum err e;

	set_manners(m);
	set_versions(m);
	set_alpn(m, alpn);
	if ((e = set_ciphers(m)) || (e = set_dh(m)) || (e = load_certificate(m)))
		return e;
	return set_verification(m);
}

struct tls_context *tls_context_new(const struct config_tls *c, const char *alpn, struct why *why)
{
	struct making m = {.config = c, .why = why};
	enum err e;

	m.context = mem_new(sizeof(*m.context));
	atomic_init(&m.context->refs, 1);
	m.ssl = m.context->ssl = SSL_CTX_new(TLS_server_method());
	check(m.ssl != NULL);
	arena_init(&m.arena, 0);
	ERR_clear_error();
	e = configure(&m, alpn);
	ERR_clear_error();
	arena_fini(&m.arena);
	if (e)
		tls_context_unref(&m.context);
	return m.context;
}

void tls_context_ref(struct tls_context *c)
{
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
}

void tls_context_unref(struct tls_context **c)
{
	struct tls_context *context = *c;

	*c = NULL;
	if (!context || atomic_fetch_sub_explicit(&context->refs, 1, memory_order_acq_rel) != 1)
		return;
	SSL_CTX_free(context->ssl);
	free(context);
}

int64_t tls_context_days_left(const struct tls_context *c)
{
	const X509 *certificate = SSL_CTX_get0_certificate(c->ssl);
	int days = 0, seconds = 0;

	check(certificate != NULL);
	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) != 1)
		return INT_MIN;
	/* A certificate that ended an hour ago has not zero days left. */
	return seconds < 0 ? days - 1 : days;
}
