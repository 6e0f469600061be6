/* certificate: keys and certificates for tests, made when they are needed.
 *
 * Files go into a new folder under /tmp that certificate_fini removes. Threads: one at a time. */
#ifndef MEERKAT_SUPPORT_CERTIFICATE_H
#define MEERKAT_SUPPORT_CERTIFICATE_H

#include <stdbool.h>

#include <openssl/x509.h>

struct certificate {
	char folder[64];
	char certfile[96], keyfile[96];
	char bothfile[96];   /* certificate and key in one */
	char secretfile[96]; /* the key, encrypted with the password "secret" */
	EVP_PKEY *key;
	X509 *x509;
};

struct certificate_wish {
	const char *name;      /* the common name; NULL: none */
	int begins_days;       /* from now; 0: it began sixty days ago */
	int days;              /* it ends so many days from now (negative: it has ended) */
	const char *alt_names; /* "DNS:localhost,otherName:1.3.6.1.5.5.7.8.5;UTF8:romeo@localhost"; NULL: none */
	bool is_rsa;
	const struct certificate *issuer; /* NULL: signs itself */
};

void certificate_init_like(struct certificate *c, const struct certificate_wish *wish);

/* Puts certificate and key into the other's files, as a renewal does. */
void certificate_replace(const struct certificate *c, const struct certificate *in);

/* A self-signed certificate for `name`, good for `days` from now (negative: it has ended). */
void certificate_init(struct certificate *c, const char *name, int days);

/* The same, signed by another. */
void certificate_init_signed(struct certificate *c, const char *name, int days, const struct certificate *issuer);

/* A list, in a file of issuer's folder, in which the issuer revokes the certificate. */
void certificate_revoke(const struct certificate *issuer, const struct certificate *revoked, char *file_out, size_t size);

void certificate_fini(struct certificate *c);

#endif
