/* scram_exchange: the server's side of SCRAM (RFC 5802 §5), for all hashes, with and without channel binding.
 *
 * Test: test/unit/auth/scram_exchange_test.c */
#ifndef MEERKAT_AUTH_SCRAM_EXCHANGE_H
#define MEERKAT_AUTH_SCRAM_EXCHANGE_H

#include "auth/mechanism.h"

enum { SCRAM_EXCHANGE_NONCE_CHARS = 24 }; /* 120 random bits */

struct scram_exchange_state {
	bool has_challenged;
	struct str gs2_header, client_first, server_first; /* what is signed */
	struct str nonce;                                  /* the client's and ours */
	const struct sasl_binding *binding;                /* NULL: not bound */
	struct jid who;
	bool exists, is_banned;
	struct scram_keys keys;
};

void scram_exchange_step(struct sasl *s, struct str data);

#endif
