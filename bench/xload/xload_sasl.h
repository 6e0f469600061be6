/* xload_sasl: the client's side of PLAIN and SCRAM, with derived keys that are remembered. */
#ifndef XLOAD_SASL_H
#define XLOAD_SASL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xload.h"

struct auth { /* exists only while a login is in progress */
	enum mech mech;
	char nonce[28];
	unsigned char server_sig[32];
};
int sasl_first(struct auth *a, const char *user, const char *pass, char *out, size_t cap);
int sasl_response(struct auth *a, uint32_t idx, const char *user, const char *pass,
		  const char *chal, size_t clen, char *out, size_t cap);
bool sasl_final_ok(struct auth *a, const char *text, size_t n);
void scram_cache_open(const char *file, enum mech mech, uint32_t users);
void scram_cache_save(void);

#endif
