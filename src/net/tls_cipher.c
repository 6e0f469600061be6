#include "net/tls_cipher.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/buf.h"
#include "net/tls_setup.h"

/* How OpenSSL is told not to use a version, in the order of config_tls.versions. */
static const uint64_t refusals[] = {SSL_OP_NO_TLSv1, SSL_OP_NO_TLSv1_1, SSL_OP_NO_TLSv1_2, SSL_OP_NO_TLSv1_3};

enum { VERSION_COUNT = sizeof(refusals) / sizeof(refusals[0]), VERSION_1_2 = 2 };

static bool allows_version(const struct config_tls *c, int version)
{
	const int *listed = c->versions.items;

	for (size_t i = 0; i < c->versions.count; i++)
		if (listed[i] == version)
			return true;
	return c->versions.count == 0 && version >= VERSION_1_2;
}

static void set_versions(struct tls_setup_making *m)
{
	/* The bounds are ours to set, not those of the system's openssl.cnf. */
	SSL_CTX_set_min_proto_version(m->ssl, TLS1_VERSION);
	SSL_CTX_set_max_proto_version(m->ssl, 0);
	for (int version = 0; version < VERSION_COUNT; version++)
		if (!allows_version(m->config, version))
			SSL_CTX_set_options(m->ssl, refusals[version]);
	/* Their signatures need SHA-1, which only this level has; a level in `ciphers` comes later and holds. */
	if (allows_version(m->config, 0) || allows_version(m->config, 1))
		SSL_CTX_set_security_level(m->ssl, 0);
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

static void fail(struct tls_setup_making *m)
{
	const struct str *ciphers = &m->config->ciphers;
	const char *reason = ERR_reason_error_string(ERR_peek_error());

	tls_setup_fail(m, ciphers, "ciphers", "%.*s: %s", STR_ARGS(*ciphers), reason ? reason : "cannot be used");
}

/* A list of nothing but names of suites is exact: versions for which it names none are off. With expressions ("HIGH", "TLSv1.2")
 * it means what it means to OpenSSL: TLS 1.3 keeps its suites. */
static void apply_ciphers(struct tls_setup_making *m, const char *suites_1_3, const char *others)
{
	ERR_clear_error();
	if (*suites_1_3 && SSL_CTX_set_ciphersuites(m->ssl, suites_1_3) != 1) {
		fail(m);
	} else if (!*others) {
		SSL_CTX_set_options(m->ssl, SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2);
	} else if (SSL_CTX_set_cipher_list(m->ssl, others) != 1) {
		fail(m);
	} else if (!*suites_1_3 && are_plain_names(m->ssl, others)) {
		SSL_CTX_set_options(m->ssl, SSL_OP_NO_TLSv1_3);
	}
}

static void set_ciphers(struct tls_setup_making *m)
{
	struct buf suites_1_3, others;

	if (m->config->ciphers.len == 0)
		return;
	buf_init(&suites_1_3);
	buf_init(&others);
	split_ciphers(m->config->ciphers, &suites_1_3, &others);
	if (suites_1_3.len == 1 && others.len == 1)
		tls_setup_fail(m, &m->config->ciphers, "ciphers", "the list names no cipher");
	else
		apply_ciphers(m, suites_1_3.data, others.data);
	buf_fini(&others);
	buf_fini(&suites_1_3);
}

static void set_dh(struct tls_setup_making *m)
{
	const struct str *file = &m->config->dhfile;
	EVP_PKEY *parameters = NULL;
	BIO *in;

	if (file->len == 0) {
		SSL_CTX_set_dh_auto(m->ssl, 1);
		return;
	}
	ERR_clear_error();
	in = BIO_new_file(tls_setup_text(m, *file), "r");
	if (in)
		parameters = PEM_read_bio_Parameters(in, NULL);
	BIO_free(in);
	if (parameters && EVP_PKEY_is_a(parameters, "DH") && SSL_CTX_set0_tmp_dh_pkey(m->ssl, parameters) == 1)
		return;
	EVP_PKEY_free(parameters);
	tls_setup_fail_file(m, file, "dhfile", "set of Diffie-Hellman parameters");
}

void tls_cipher_apply(struct tls_setup_making *m)
{
	set_versions(m);
	set_ciphers(m);
	set_dh(m);
}
