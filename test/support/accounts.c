#include "support/accounts.h"

#include <string.h>

#include "base/check.h"

void accounts_init(struct accounts *a)
{
	static const char *const mechanisms[] = {
		"scram_sha512_plus", "scram_sha512", "scram_sha384_plus", "scram_sha384", "scram_sha256_plus", "scram_sha256",
		"scram_sha224_plus", "scram_sha224", "scram_sha1_plus", "scram_sha1", "plain", "anonymous", "oauth",
	};
	enum { COUNT = sizeof mechanisms / sizeof mechanisms[0] };

	*a = (struct accounts){.methods = {CONFIG_AUTH_INTERNAL}};
	await_folder_make(a->folder);
	mailbox_init(&a->mailbox);
	a->store = store_open(a->folder, 1, NULL);
	check(a->store != NULL);
	a->jobs = jobs_start(1);
	account_service_init(&a->service, a->store, a->jobs);
	for (int h = 0; h < CONFIG_HASH_COUNT; h++)
		a->hashes[h] = h;
	for (size_t i = 0; i < COUNT; i++)
		a->mechanisms[i] = str_from(mechanisms[i]);
	a->auth.methods = (struct option_list){a->methods, 1};
	a->auth.hashes = (struct option_list){a->hashes, CONFIG_HASH_COUNT};
	a->auth.sasl_mechanisms = (struct option_list){a->mechanisms, COUNT};
	a->auth.scram_iterations = 5;
	a->auth.max_users_per_domain = OPTION_INFINITY;
}

void accounts_fini(struct accounts *a)
{
	struct jid nobody = accounts_jid("nobody@invalid");

	/* Questions whose asker is gone are still on their way; with one thread of each kind these two come after all of them. */
	account_check_password(accounts_asker(a), nobody, STR("x"), accounts_done);
	accounts_await(a);
	account_ban(accounts_asker(a), nobody, accounts_done);
	accounts_await(a);
	account_service_finish(&a->service);
	jobs_stop(&a->jobs);
	store_close(&a->store);
	account_service_fini(&a->service);
	mailbox_fini(&a->mailbox);
	await_folder_remove(a->folder);
}

struct account_asker accounts_asker(struct accounts *a)
{
	a->answered = false;
	return (struct account_asker){.service = &a->service, .auth = &a->auth, .reply_to = &a->mailbox, .context = a};
}

void accounts_done(void *context, enum err result)
{
	struct accounts *a = context;

	check(!a->answered);
	a->answered = true;
	a->result = result;
}

void accounts_keys_done(void *context, enum err result, bool exists, const struct scram_keys *keys)
{
	struct accounts *a = context;

	a->exists = exists;
	if (keys)
		a->keys = *keys;
	accounts_done(context, result);
}

enum err accounts_await(struct accounts *a)
{
	await(&a->mailbox, &a->answered);
	return a->result;
}

struct jid accounts_jid(const char *bare)
{
	const char *at = strchr(bare, '@');

	check(at != NULL);
	return (struct jid){.text = bare, .local_len = (uint16_t)(at - bare), .domain_len = (uint16_t)strlen(at + 1)};
}

void accounts_add(struct accounts *a, const char *bare, const char *password)
{
	account_register(accounts_asker(a), accounts_jid(bare), str_from(password), accounts_done);
	check(accounts_await(a) == ERR_NONE);
}
