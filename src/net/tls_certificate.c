/* RFC 6066 §3 (server names), RFC 6125 §6.4.3 (wildcards) */
#include "net/tls_certificate.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <idna.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/mem.h"
#include "net/tls_setup.h"

/* ---- files ---- */

/* Where a certificate is to come from; the fields of the configuration. */
struct origin {
	const struct str *certfile, *keyfile, *password;
	const char *certfile_option, *keyfile_option;
};

struct password {
	const struct str *text;
	bool was_asked_for;
};

/* Never asks at the terminal, as OpenSSL does by default. */
static int give_password(char *out, int size, int writing, void *data)
{
	struct password *p = data;

	(void)writing;
	p->was_asked_for = true;
	if (p->text->len == 0 || p->text->len > (size_t)size)
		return -1;
	memcpy(out, p->text->data, p->text->len);
	return (int)p->text->len;
}

static BIO *open_file(struct tls_setup_making *m, const struct str *file, const char *option, const char *what)
{
	BIO *in;

	ERR_clear_error();
	in = BIO_new_file(tls_setup_text(m, *file), "r");
	if (!in)
		tls_setup_fail_file(m, file, option, what);
	return in;
}

/* The certificate comes first, those that lead to its authority after it. */
static bool read_chain(struct tls_certificate *c, BIO *in)
{
	X509 *next;

	c->x509 = PEM_read_bio_X509_AUX(in, NULL, NULL, NULL);
	if (!c->x509)
		return false;
	c->chain = sk_X509_new_null();
	while ((next = PEM_read_bio_X509(in, NULL, NULL, NULL)))
		sk_X509_push(c->chain, next);
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return false;
	ERR_clear_error();
	return true;
}

static bool load_chain(struct tls_setup_making *m, struct tls_certificate *c, const struct origin *o)
{
	BIO *in = open_file(m, o->certfile, o->certfile_option, "certificate");
	bool is_read = in && read_chain(c, in);

	if (in && !is_read)
		tls_setup_fail_file(m, o->certfile, o->certfile_option, "certificate");
	BIO_free(in);
	return is_read;
}

static void explain_key(struct tls_setup_making *m, const struct origin *o, const struct password *p)
{
	const struct str *file = o->keyfile;

	if (p->was_asked_for)
		tls_setup_fail(m, file, o->keyfile_option, p->text->len ? "%.*s: the password does not open the key"
									   : "%.*s: the key is encrypted, and there is no password",
			       STR_ARGS(*file));
	else
		tls_setup_fail_file(m, file, o->keyfile_option, "key");
}

static bool load_key(struct tls_setup_making *m, struct tls_certificate *c, const struct origin *o)
{
	struct password password = {.text = o->password};
	BIO *in = open_file(m, o->keyfile, o->keyfile_option, "key");

	if (!in)
		return false;
	c->key = PEM_read_bio_PrivateKey(in, NULL, give_password, &password);
	BIO_free(in);
	if (!c->key)
		explain_key(m, o, &password);
	return c->key != NULL;
}

static bool load(struct tls_setup_making *m, struct tls_certificate *c, const struct origin *from)
{
	struct origin o = *from;
	bool has_chain;

	if (o.keyfile->len == 0) {
		o.keyfile = o.certfile;
		o.keyfile_option = o.certfile_option;
	}
	has_chain = load_chain(m, c, &o);
	if (!load_key(m, c, &o) || !has_chain)
		return false;
	if (X509_check_private_key(c->x509, c->key) == 1)
		return true;
	tls_setup_fail(m, o.keyfile, o.keyfile_option, "%.*s: the key does not belong to the certificate in %.*s", STR_ARGS(*o.keyfile),
		       STR_ARGS(*o.certfile));
	return false;
}

static void drop(struct tls_certificate *c)
{
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
	sk_X509_pop_free(c->chain, X509_free);
	*c = (struct tls_certificate){0};
}

/* ---- names ---- */

static void make_lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

char *tls_certificate_wire_name(struct str host)
{
	bool is_wildcard = str_starts_with(host, STR("*."));
	struct str bare = is_wildcard ? str_make(host.data + 2, host.len - 2) : host;
	char *text = str_dup(bare), *ascii = NULL, *name = NULL;

	if (bare.len > 0 && !memchr(bare.data, 0, bare.len) && idna_to_ascii_8z(text, &ascii, 0) == IDNA_SUCCESS) {
		name = mem_new(strlen(ascii) + 3);
		strcat(strcpy(name, is_wildcard ? "*." : ""), ascii);
		make_lower(name);
	}
	free(ascii);
	free(text);
	return name;
}

static struct str name_of(const void *value)
{
	const struct tls_certificate_named *n = value;

	return str_from(n->name);
}

static void free_named(struct tls_certificate_named *n)
{
	drop(&n->certificate);
	free(n->name);
	free(n);
}

static void load_named(struct tls_setup_making *m, const struct config_certificate *c)
{
	const struct origin from = {&c->certfile, &c->keyfile, &c->password, "certificate.certfile", "certificate.keyfile"};
	struct tls_certificate_named *n = mem_new(sizeof(*n));

	n->name = tls_certificate_wire_name(c->host);
	if (!n->name)
		tls_setup_fail(m, &c->host, "certificate.host", "\"%.*s\" is not the name of a host", STR_ARGS(c->host));
	else if (map_find(&m->setup->named, str_from(n->name)))
		tls_setup_fail(m, &c->host, "certificate.host", "there is another certificate for \"%.*s\"", STR_ARGS(c->host));
	else if (load(m, &n->certificate, &from)) {
		map_add(&m->setup->named, n);
		return;
	}
	free_named(n);
}

static const struct tls_certificate *find(const struct tls_setup *s, struct str name)
{
	const struct tls_certificate_named *n = map_find(&s->named, name);

	return n ? &n->certificate : NULL;
}

const struct tls_certificate *tls_certificate_find(const struct tls_setup *s, struct str name)
{
	const struct tls_certificate *exact;
	char lower[256];
	ptrdiff_t dot;

	if (name.len == 0 || name.len >= sizeof(lower) || s->named.count == 0)
		return NULL;
	memcpy(lower, name.data, name.len);
	lower[name.len] = '\0';
	make_lower(lower);
	name.data = lower;
	exact = find(s, name);
	dot = str_find_char(name, '.');
	if (exact || dot < 1)
		return exact;
	/* "*.example.org" covers one label. */
	lower[dot - 1] = '*';
	return find(s, str_make(lower + dot - 1, name.len - (size_t)dot + 1));
}

static int choose(SSL *ssl, int *alert, void *data)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	const struct tls_certificate *c = name ? tls_certificate_find(data, str_from(name)) : NULL;

	if (!c)
		return SSL_TLSEXT_ERR_NOACK;
	/* Of another kind of key the default would stay beside it, and could be chosen. */
	SSL_certs_clear(ssl);
	if (SSL_use_cert_and_key(ssl, c->x509, c->key, c->chain, 1) == 1)
		return SSL_TLSEXT_ERR_OK;
	*alert = SSL_AD_INTERNAL_ERROR;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* ---- all ---- */

static void load_own(struct tls_setup_making *m)
{
	const struct config_tls *c = m->config;
	const struct origin from = {&c->certfile, &c->keyfile, &c->password, "certfile", "keyfile"};
	struct tls_certificate *own = &m->setup->own;

	if (!load(m, own, &from))
		return;
	ERR_clear_error();
	if (SSL_CTX_use_cert_and_key(m->ssl, own->x509, own->key, own->chain, 1) != 1)
		tls_setup_fail_file(m, &c->certfile, "certfile", "certificate");
}

void tls_certificate_load_all(struct tls_setup_making *m)
{
	const struct config_tls *c = m->config;
	const struct config_certificate *more = c->certificates.items;

	map_init(&m->setup->named, name_of);
	if (c->certfile.len)
		load_own(m);
	else if (c->certificates.count == 0 && !m->setup->is_client)
		tls_setup_fail(m, &c->certfile, "certfile", "no certificate is configured");
	for (size_t i = 0; i < c->certificates.count; i++)
		load_named(m, &more[i]);
	SSL_CTX_set_tlsext_servername_callback(m->ssl, choose);
	SSL_CTX_set_tlsext_servername_arg(m->ssl, m->setup);
}

static int64_t days_left(const struct tls_certificate *c)
{
	int days = 0, seconds = 0;

	if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(c->x509)) != 1)
		return INT_MIN;
	/* A certificate that ended an hour ago has not zero days left. */
	return seconds < 0 ? days - 1 : days;
}

int64_t tls_certificate_days_left(const struct tls_setup *s)
{
	const struct tls_certificate_named *n;
	int64_t least = INT_MAX;
	size_t cursor = 0;

	if (s->own.x509)
		return days_left(&s->own);
	while ((n = map_next(&s->named, &cursor)))
		if (days_left(&n->certificate) < least)
			least = days_left(&n->certificate);
	return least;
}

void tls_certificate_free_all(struct tls_setup *s)
{
	struct tls_certificate_named *n;
	size_t cursor = 0;

	while ((n = map_next(&s->named, &cursor)))
		free_named(n);
	map_fini(&s->named);
	drop(&s->own);
}
