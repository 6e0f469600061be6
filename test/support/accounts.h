/* accounts: a store with accounts for tests of what asks for them: one call, one answer.
 *
 * Threads: the test's. */
#ifndef MEERKAT_SUPPORT_ACCOUNTS_H
#define MEERKAT_SUPPORT_ACCOUNTS_H

#include "auth/account.h"
#include "support/await.h"

struct accounts {
	char folder[AWAIT_FOLDER_MAX];
	struct mailbox mailbox;
	struct store *store;
	struct jobs *jobs;
	struct account_service service;
	int hashes[CONFIG_HASH_COUNT];
	struct str mechanisms[16];
	int methods[1];
	struct config_auth auth; /* all hashes, all mechanisms, few iterations */
	/* The last answer. */
	bool answered, exists;
	enum err result;
	struct scram_keys keys;
};

void accounts_init(struct accounts *a);
void accounts_fini(struct accounts *a);

/* Asks with `a` for context and accounts_done or accounts_keys_done for callback. */
struct account_asker accounts_asker(struct accounts *a);
void accounts_done(void *context, enum err result);
void accounts_keys_done(void *context, enum err result, bool exists, const struct scram_keys *keys);

/* Waits for the answer to the question asked last. */
enum err accounts_await(struct accounts *a);

/* An address without preparation; the text must live on. */
struct jid accounts_jid(const char *bare);

/* Registers and waits; fails the test if it cannot be done. */
void accounts_add(struct accounts *a, const char *bare, const char *password);

#endif
