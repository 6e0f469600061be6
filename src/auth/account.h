/* account: who has an account, and with which password; the methods of [auth] in their order (method.h), behind one interface.
 *
 * Answers come as callbacks on the asker's thread (its mailbox), never before the function has returned. Unknown accounts cost the same
 * time as known ones. An account of the server's own is one value of the store, kind "account" (record.h); a ban is another, kind "ban", so
 * that neither a change of password nor a ban that cross each other undo one another.
 * Threads: any that has a mailbox. Tests: test/unit/auth/account_test.c */
#ifndef MEERKAT_AUTH_ACCOUNT_H
#define MEERKAT_AUTH_ACCOUNT_H

#include <stdbool.h>

#include "auth/scram.h"
#include "base/err.h"
#include "base/mailbox.h"
#include "conf/config.h"
#include "store/jobs.h"
#include "store/store.h"
#include "xmpp/jid.h"

/* The kind of value an account is in the store, and a ban. */
#define ACCOUNT_KIND "account"
#define ACCOUNT_KIND_BAN "ban"

struct guest_list;
struct partner_set;
struct revocation_list;

/* The process-wide service: started once by main, and not moved while answers are awaited. */
struct account_service {
	struct store *store;
	struct jobs *jobs;
	struct partner_set *partners; /* services, directories, programs that methods ask */
	struct guest_list *guests;    /* users without account who are here */
	struct revocation_list *revocations; /* what a login that is under way must not outlive */
	uint8_t pretend_key[32]; /* from which salts of accounts that do not exist are made, the same for the same name */
	uint8_t token_key[32];   /* see fast_key.h */
};

/* Waits for the store: belongs to the start of the process. */
void account_service_init(struct account_service *s, struct store *store, struct jobs *jobs);
/* Makes ready what the methods of this configuration need, in place of what those of the one before needed. False with why: they cannot be
 * used, and nothing has changed. */
bool account_service_use(struct account_service *s, const struct config *c, struct why *why);
/* Would account_service_use succeed? */
bool account_service_check(const struct config *c, struct why *why);
/* Gives up what is asked outside of this process. All questions get answers. */
void account_service_finish(struct account_service *s);
/* Nobody asks any more. */
void account_service_fini(struct account_service *s);

/* The answer: ERR_NONE, ERR_NOT_FOUND (no account), ERR_ACCESS (wrong password), ERR_CLOSED (right password, but banned), ERR_EXISTS,
 * ERR_INVALID (not a password), ERR_BUSY (too many passwords wait to be hashed), or what failed in the store. */
typedef void account_done(void *context, enum err result);

/* SCRAM: the keys of an account for a hash; for one that does not exist (or has none of this hash) pretended ones, with exists false.
 * ERR_NONE, ERR_CLOSED (banned; the keys are as if it were not, so that only who proves to have the password need be told), or what
 * failed, and then keys is NULL. They live during the call. */
typedef void account_keys_done(void *context, enum err result, bool exists, const struct scram_keys *keys);

struct account_asker {
	const struct account_service *service;
	const struct config_auth *auth; /* of the host; counted until the answer */
	struct mailbox *reply_to;
	void *context;
	uint32_t denied; /* 1 << enum config_auth_method: those that are not to be asked */
	int *method_out; /* NULL, or set before a login is answered with ERR_NONE: the enum config_auth_method that has said so */
};

/* `who` is a bare address; it is copied. */
void account_find_keys(struct account_asker asker, struct jid who, enum config_hash hash, account_keys_done *done);
void account_check_password(struct account_asker asker, struct jid who, struct str password, account_done *done);
/* Somebody has shown a good certificate in this name: may he log in? */
void account_check_certificate(struct account_asker asker, struct jid who, account_done *done);
void account_exists(struct account_asker asker, struct jid who, account_done *done);
/* Durable when done runs. */
void account_register(struct account_asker asker, struct jid who, struct str password, account_done *done);
/* The same, and in place of the password there may be keys (scram_text.h); only methods whose accounts are in the store can take those. */
void account_import(struct account_asker asker, struct jid who, struct str password_or_keys, account_done *done);
void account_set_password(struct account_asker asker, struct jid who, struct str password, account_done *done);
/* Deletes everything the store has of this owner. */
void account_remove(struct account_asker asker, struct jid who, account_done *done);
/* A banned account exists but nobody can log in with it, whatever its password becomes, until the ban is lifted. */
void account_ban(struct account_asker asker, struct jid who, account_done *done);
/* Also fine if it was not banned. */
void account_unban(struct account_asker asker, struct jid who, account_done *done);

#endif
