/* certificate: keys and certificates for tests, made when they are needed.
 *
 * Files go into a new folder under /tmp that certificate_fini removes. Threads: one at a time. */
#ifndef MEERKAT_SUPPORT_CERTIFICATE_H
#define MEERKAT_SUPPORT_CERTIFICATE_H

#include <openssl/x509.h>

struct certificate {
	char folder[64];
	char certfile[96], keyfile[96];
	char bothfile[96];   /* certificate and key in one */
	char secretfile[96]; /* the key, encrypted with the password "secret" */
	EVP_PKEY *key;
	X509 *x509;
};

/* A self-signed certificate for `name`, good for `days` from now (negative: it has ended). */
void certificate_init(struct certificate *c, const char *name, int days);

/* The same, signed by another. */
void certificate_init_signed(struct certificate *c, const char *name, int days, const struct certificate *issuer);

/* A list, in a file of issuer's folder, in which the issuer revokes the certificate. */
void certificate_revoke(const struct certificate *issuer, const struct certificate *revoked, char *file_out, size_t size);

void certificate_fini(struct certificate *c);

#endif
