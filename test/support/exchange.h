/* exchange: a SASL exchange seen from the client: each step waits for its answer.
 *
 * Threads: the test's. */
#ifndef MEERKAT_SUPPORT_EXCHANGE_H
#define MEERKAT_SUPPORT_EXCHANGE_H

#include "auth/sasl.h"
#include "base/arena.h"
#include "support/accounts.h"

struct exchange {
	struct accounts *accounts;
	struct sasl_context about; /* example.org, encrypted, no bindings */
	struct config_listen listen;
	struct arena arena;
	struct sasl *sasl;
	int answers;
	/* The last answer, in the arena. */
	enum sasl_result result;
	enum sasl_failure failure;
	struct str data;
	struct str expected; /* the signature that a SCRAM server must give, base64 */
};

void exchange_init(struct exchange *e, struct accounts *a);
void exchange_fini(struct exchange *e);

/* Drops the exchange before, if there is one; false if the mechanism is not offered. */
bool exchange_start(struct exchange *e, const char *mechanism);

void exchange_step(struct exchange *e, struct str data);

/* The client's side of SCRAM: does all of it with this gs2 header and binding data. */
void exchange_scram(struct exchange *e, enum config_hash hash, const char *gs2_header, struct str binding, const char *name, const char *password);

/* The last message of a client to the challenge in `e->data`; its proof fits if the password does. c is the value of c=. */
struct str exchange_scram_final(struct exchange *e, enum config_hash hash, struct str first_bare, struct str c, const char *password);

/* Does the server's signature fit that message? */
bool exchange_scram_is_signed(struct exchange *e);

#endif
