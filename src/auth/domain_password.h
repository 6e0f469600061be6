/* domain_password: passwords of the administrators of single domains, who log in as admin@DOMAIN over HTTP and are no accounts.
 *
 * One value of the store each: owner the domain, kind "domain_password", keys as accounts have them (record.h), of SHA-256. A domain without one
 * costs whoever tries the same time as one that has it. Threads: any that has a mailbox. Test: test/unit/auth/domain_password_test.c */
#ifndef MEERKAT_AUTH_DOMAIN_PASSWORD_H
#define MEERKAT_AUTH_DOMAIN_PASSWORD_H

#include "auth/account.h"

struct domain_password_asker {
	const struct account_service *service;
	struct mailbox *reply_to;
	uint32_t iterations; /* for new keys */
	void *context;
};

/* `done` is as for accounts: on the asker's thread, never before the function has returned. The domain is prepared; texts are copied. */

/* Durable when done runs. ERR_INVALID: this cannot be a password. */
void domain_password_set(struct domain_password_asker asker, struct str domain, struct str password, account_done *done);
/* ERR_NOT_FOUND: there was none. */
void domain_password_delete(struct domain_password_asker asker, struct str domain, account_done *done);
/* ERR_NONE, ERR_ACCESS (wrong, or the domain has none), ERR_BUSY, or what failed in the store. */
void domain_password_check(struct domain_password_asker asker, struct str domain, struct str password, account_done *done);

#endif
