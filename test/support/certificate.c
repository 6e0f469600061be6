#include "support/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"

static void name_files(struct certificate *c)
{
	strcpy(c->folder, "/tmp/meerkat-test-XXXXXX");
	check(mkdtemp(c->folder) != NULL);
	snprintf(c->certfile, sizeof(c->certfile), "%s/cert.pem", c->folder);
	snprintf(c->keyfile, sizeof(c->keyfile), "%s/key.pem", c->folder);
	snprintf(c->bothfile, sizeof(c->bothfile), "%s/both.pem", c->folder);
	snprintf(c->secretfile, sizeof(c->secretfile), "%s/secret.pem", c->folder);
}

static void write_file(const char *path, X509 *x509, EVP_PKEY *key, const char *password)
{
	FILE *f = fopen(path, "w");

	check(f != NULL);
	if (x509)
		check(PEM_write_X509(f, x509) == 1);
	if (key)
		check(PEM_write_PrivateKey(f, key, password ? EVP_aes_128_cbc() : NULL, (const unsigned char *)password,
					   password ? (int)strlen(password) : 0, NULL, NULL) == 1);
	fclose(f);
}

static void add_extension(X509 *x509, int kind, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, kind, value);

	check(e && X509_add_ext(x509, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static X509 *make(const struct certificate *c, const struct certificate_wish *w)
{
	static int serial = 1;
	X509 *x509 = X509_new();
	X509_NAME *subject = X509_get_subject_name(x509);

	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++);
	X509_gmtime_adj(X509_getm_notBefore(x509), (w->begins_days ? w->begins_days : -60) * 86400L);
	X509_gmtime_adj(X509_getm_notAfter(x509), w->days * 86400L + 3600);
	if (w->name)
		X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)w->name, -1, -1, 0);
	X509_set_issuer_name(x509, w->issuer ? X509_get_subject_name(w->issuer->x509) : subject);
	X509_set_pubkey(x509, c->key);
	if (!w->issuer)
		add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
	if (w->alt_names)
		add_extension(x509, NID_subject_alt_name, w->alt_names);
	check(X509_sign(x509, w->issuer ? w->issuer->key : c->key, EVP_sha256()) > 0);
	return x509;
}

static void write_files(const struct certificate *c, const struct certificate *to)
{
	write_file(to->certfile, c->x509, NULL, NULL);
	write_file(to->keyfile, NULL, c->key, NULL);
	write_file(to->bothfile, c->x509, c->key, NULL);
	write_file(to->secretfile, NULL, c->key, "secret");
}

void certificate_init_like(struct certificate *c, const struct certificate_wish *wish)
{
	*c = (struct certificate){.key = wish->is_rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")};
	check(c->key != NULL);
	name_files(c);
	c->x509 = make(c, wish);
	write_files(c, c);
}

void certificate_replace(const struct certificate *c, const struct certificate *in)
{
	write_files(c, in);
}

void certificate_init_signed(struct certificate *c, const char *name, int days, const struct certificate *issuer)
{
	certificate_init_like(c, &(struct certificate_wish){.name = name, .days = days, .issuer = issuer});
}

void certificate_init(struct certificate *c, const char *name, int days)
{
	certificate_init_signed(c, name, days, NULL);
}

void certificate_revoke(const struct certificate *issuer, const struct certificate *revoked, char *file_out, size_t size)
{
	X509_CRL *list = X509_CRL_new();
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *now = ASN1_TIME_set(NULL, time(NULL) - 60), *later = ASN1_TIME_set(NULL, time(NULL) + 3600);
	FILE *f;

	X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked->x509));
	X509_REVOKED_set_revocationDate(entry, now);
	X509_CRL_set_version(list, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer->x509));
	X509_CRL_set1_lastUpdate(list, now);
	X509_CRL_set1_nextUpdate(list, later);
	check(X509_CRL_add0_revoked(list, entry) == 1);
	check(X509_CRL_sign(list, issuer->key, EVP_sha256()) > 0);
	snprintf(file_out, size, "%s/crl.pem", issuer->folder);
	f = fopen(file_out, "w");
	check(f && PEM_write_X509_CRL(f, list) == 1);
	fclose(f);
	ASN1_TIME_free(now);
	ASN1_TIME_free(later);
	X509_CRL_free(list);
}

void certificate_fini(struct certificate *c)
{
	char crl[96];

	snprintf(crl, sizeof(crl), "%s/crl.pem", c->folder);
	unlink(crl);
	unlink(c->certfile);
	unlink(c->keyfile);
	unlink(c->bothfile);
	unlink(c->secretfile);
	rmdir(c->folder);
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
}
