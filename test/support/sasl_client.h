/* sasl_client: a SASL exchange seen from the client: each step waits for its answer.
 *
 * Threads: the test's. */
#ifndef MEERKAT_SUPPORT_SASL_CLIENT_H
#define MEERKAT_SUPPORT_SASL_CLIENT_H

#include "auth/sasl.h"
#include "base/arena.h"
#include "support/accounts.h"

struct sasl_client {
	struct accounts *accounts;
	struct sasl_context about; /* example.org, encrypted, no bindings */
	struct config_listen listen;
	struct arena arena;
	struct sasl *sasl;
	enum config_hash hash; /* with which SCRAM is done */
	int answers;
	/* The last answer, in the arena. */
	enum sasl_result result;
	enum sasl_failure failure;
	struct str data;
	struct str expected; /* the signature that a SCRAM server must give, base64 */
};

void sasl_client_init(struct sasl_client *e, struct accounts *a);
void sasl_client_fini(struct sasl_client *e);

/* Drops the exchange before, if there is one; false if the mechanism is not offered. */
bool sasl_client_start(struct sasl_client *e, const char *mechanism);

void sasl_client_step(struct sasl_client *e, struct str data);

/* The client's side of SCRAM: does all of it with this gs2 header and binding data. */
void sasl_client_scram(struct sasl_client *e, const char *gs2_header, struct str binding, const char *name, const char *password);

/* The last message of a client to the challenge in `e->data`; its proof fits if the password does. c is the value of c=. */
struct str sasl_client_scram_final(struct sasl_client *e, struct str first_bare, struct str c, const char *password);

/* Does the server's signature fit that message? */
bool sasl_client_scram_is_signed(struct sasl_client *e);

#endif
