#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "support/accounts.h"

static int set_up(void **state)
{
	struct accounts *a = mem_new(sizeof(*a));

	accounts_init(a);
	*state = a;
	return 0;
}

static int tear_down(void **state)
{
	struct accounts *a = *state;

	accounts_fini(a);
	free(a);
	return 0;
}

#define ALICE "alice@example.org"

static enum err check_password(struct accounts *a, const char *who, const char *password)
{
	account_check_password(accounts_asker(a), accounts_jid(who), str_from(password), accounts_done);
	assert_false(a->answered); /* never before it returns */
	return accounts_await(a);
}

static enum err register_account(struct accounts *a, const char *who, const char *password)
{
	account_register(accounts_asker(a), accounts_jid(who), str_from(password), accounts_done);
	assert_false(a->answered);
	return accounts_await(a);
}

static enum err set_password(struct accounts *a, const char *who, const char *password)
{
	account_set_password(accounts_asker(a), accounts_jid(who), str_from(password), accounts_done);
	assert_false(a->answered);
	return accounts_await(a);
}

static enum err find_keys(struct accounts *a, const char *who, enum config_hash hash)
{
	account_find_keys(accounts_asker(a), accounts_jid(who), hash, accounts_keys_done);
	assert_false(a->answered);
	return accounts_await(a);
}

static enum err ask(struct accounts *a, void (*function)(struct account_asker, struct jid, account_done *), const char *who)
{
	function(accounts_asker(a), accounts_jid(who), accounts_done);
	assert_false(a->answered);
	return accounts_await(a);
}

static void test_register_and_check(void **state)
{
	struct accounts *a = *state;

	assert_int_equal(ask(a, account_exists, ALICE), ERR_NOT_FOUND);
	assert_int_equal(register_account(a, ALICE, "secret"), ERR_NONE);
	assert_int_equal(register_account(a, ALICE, "other"), ERR_EXISTS);
	assert_int_equal(ask(a, account_exists, ALICE), ERR_NONE);
	assert_int_equal(check_password(a, ALICE, "secret"), ERR_NONE);
	assert_int_equal(check_password(a, ALICE, "other"), ERR_ACCESS);
	assert_int_equal(check_password(a, ALICE, ""), ERR_ACCESS);
	assert_int_equal(check_password(a, "alice@example.net", "secret"), ERR_NOT_FOUND);
}

/* The resource of an address is nothing to an account. */
static void test_full_address(void **state)
{
	struct accounts *a = *state;
	struct jid who = {.text = ALICE "/phone", .local_len = 5, .domain_len = 11, .resource_len = 5};

	accounts_add(a, ALICE, "secret");
	account_check_password(accounts_asker(a), who, STR("secret"), accounts_done);
	assert_int_equal(accounts_await(a), ERR_NONE);
}

static void test_change_of_password(void **state)
{
	struct accounts *a = *state;

	assert_int_equal(set_password(a, ALICE, "secret"), ERR_NOT_FOUND);
	assert_int_equal(register_account(a, ALICE, "secret"), ERR_NONE);
	assert_int_equal(set_password(a, ALICE, "new"), ERR_NONE);
	assert_int_equal(check_password(a, ALICE, "secret"), ERR_ACCESS);
	assert_int_equal(check_password(a, ALICE, "new"), ERR_NONE);
}

static void test_what_is_no_password(void **state)
{
	static const char *const bad[] = {"", "bell\x07", "\xff", "\xc2\xad"};
	struct accounts *a = *state;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(register_account(a, ALICE, bad[i]), ERR_INVALID);
		assert_int_equal(set_password(a, ALICE, bad[i]), ERR_INVALID);
		assert_int_equal(check_password(a, ALICE, bad[i]), ERR_ACCESS);
	}
	assert_int_equal(ask(a, account_exists, ALICE), ERR_NOT_FOUND);
}

/* SASLprep: these are the same password. */
static void test_passwords_are_prepared(void **state)
{
	struct accounts *a = *state;

	accounts_add(a, ALICE, "I\xc2\xadX \xe2\x85\xa8");
	assert_int_equal(check_password(a, ALICE, "IX\xc2\xa0IX"), ERR_NONE);
	assert_int_equal(check_password(a, ALICE, "IX IX"), ERR_NONE);
	assert_int_equal(check_password(a, ALICE, "ix ix"), ERR_ACCESS);
}

static void test_keys(void **state)
{
	struct accounts *a = *state;

	accounts_add(a, ALICE, "secret");
	for (int h = 0; h < CONFIG_HASH_COUNT; h++) {
		assert_int_equal(find_keys(a, ALICE, (enum config_hash)h), ERR_NONE);
		assert_true(a->exists && a->keys.present);
		assert_int_equal(a->keys.iterations, 5);
		assert_true(scram_verify_password(&a->keys, (enum config_hash)h, STR("secret")));
	}
}

static void test_pretended_keys(void **state)
{
	struct accounts *a = *state;
	struct scram_keys first, other_hash, other_name;

	assert_int_equal(find_keys(a, ALICE, CONFIG_HASH_SHA1), ERR_NONE);
	first = a->keys;
	assert_false(a->exists || first.present);
	assert_int_equal(first.iterations, 5);
	assert_int_equal(find_keys(a, ALICE, CONFIG_HASH_SHA256), ERR_NONE);
	other_hash = a->keys;
	assert_int_equal(find_keys(a, "bob@example.org", CONFIG_HASH_SHA1), ERR_NONE);
	other_name = a->keys;
	assert_memory_not_equal(first.salt, other_hash.salt, SCRAM_SALT_BYTES);
	assert_memory_not_equal(first.salt, other_name.salt, SCRAM_SALT_BYTES);

	/* The same after a restart. */
	account_service_fini(&a->service);
	account_service_init(&a->service, a->store, a->jobs);
	assert_int_equal(find_keys(a, ALICE, CONFIG_HASH_SHA1), ERR_NONE);
	assert_memory_equal(first.salt, a->keys.salt, SCRAM_SALT_BYTES);
}

static void test_only_configured_hashes(void **state)
{
	struct accounts *a = *state;

	a->hashes[0] = CONFIG_HASH_SHA256;
	a->auth.hashes.count = 1;
	accounts_add(a, ALICE, "secret");
	assert_int_equal(find_keys(a, ALICE, CONFIG_HASH_SHA256), ERR_NONE);
	assert_true(a->exists);
	assert_int_equal(find_keys(a, ALICE, CONFIG_HASH_SHA384), ERR_NONE);
	assert_false(a->exists || a->keys.present);

	/* Keys from before a change of the configuration still serve to check a password. */
	a->hashes[0] = CONFIG_HASH_SHA512;
	assert_int_equal(check_password(a, ALICE, "secret"), ERR_NONE);
	assert_int_equal(check_password(a, ALICE, "wrong"), ERR_ACCESS);
}

static void test_plain_format(void **state)
{
	struct accounts *a = *state;

	a->auth.plain_format = true;
	a->hashes[0] = CONFIG_HASH_SHA256;
	a->auth.hashes.count = 1;
	accounts_add(a, ALICE, "secret");
	assert_int_equal(check_password(a, ALICE, "secret"), ERR_NONE);
	assert_int_equal(check_password(a, ALICE, "wrong"), ERR_ACCESS);
	/* Keys for another hash are made from the password. */
	assert_int_equal(find_keys(a, ALICE, CONFIG_HASH_SHA512), ERR_NONE);
	assert_true(a->exists && scram_verify_password(&a->keys, CONFIG_HASH_SHA512, STR("secret")));
	/* And forgotten when it changes. */
	a->auth.plain_format = false;
	assert_int_equal(set_password(a, ALICE, "new"), ERR_NONE);
	assert_int_equal(find_keys(a, ALICE, CONFIG_HASH_SHA512), ERR_NONE);
	assert_false(a->exists);
}

static void test_ban(void **state)
{
	struct accounts *a = *state;

	assert_int_equal(ask(a, account_ban, ALICE), ERR_NOT_FOUND);
	assert_int_equal(ask(a, account_unban, ALICE), ERR_NOT_FOUND);
	accounts_add(a, ALICE, "secret");
	assert_int_equal(ask(a, account_ban, ALICE), ERR_NONE);
	assert_int_equal(check_password(a, ALICE, "secret"), ERR_CLOSED);
	assert_int_equal(check_password(a, ALICE, "wrong"), ERR_ACCESS);
	assert_int_equal(find_keys(a, ALICE, CONFIG_HASH_SHA1), ERR_CLOSED);
	assert_true(a->exists && a->keys.present);
	assert_int_equal(ask(a, account_exists, ALICE), ERR_NONE);
	assert_int_equal(register_account(a, ALICE, "again"), ERR_EXISTS);
	assert_int_equal(set_password(a, ALICE, "new"), ERR_NONE);
	assert_int_equal(check_password(a, ALICE, "new"), ERR_CLOSED);
	assert_int_equal(ask(a, account_unban, ALICE), ERR_NONE);
	assert_int_equal(check_password(a, ALICE, "new"), ERR_NONE);
}

static void test_remove(void **state)
{
	struct accounts *a = *state;

	assert_int_equal(ask(a, account_remove, ALICE), ERR_NOT_FOUND);
	accounts_add(a, ALICE, "secret");
	assert_int_equal(ask(a, account_ban, ALICE), ERR_NONE);
	assert_int_equal(ask(a, account_remove, ALICE), ERR_NONE);
	assert_int_equal(ask(a, account_exists, ALICE), ERR_NOT_FOUND);
	assert_int_equal(check_password(a, ALICE, "secret"), ERR_NOT_FOUND);
	/* Whoever gets the name next is not banned. */
	accounts_add(a, ALICE, "other");
	assert_int_equal(check_password(a, ALICE, "other"), ERR_NONE);
}

static void set_flag(struct store_job *job, void *context)
{
	(void)job;
	*(bool *)context = true;
}

static void put_record(struct accounts *a, struct str blob)
{
	bool answered = false;
	struct store_job *job = store_job_new(a->store, &a->mailbox, set_flag, &answered);

	store_value_put(job, STR(ALICE), "account", blob);
	store_submit_post(job);
	await(&a->mailbox, &answered);
	store_job_free(&job);
}

static void test_damaged_record(void **state)
{
	struct accounts *a = *state;

	put_record(a, STR("nonsense"));
	assert_int_equal(check_password(a, ALICE, "secret"), ERR_INVALID);
	assert_int_equal(find_keys(a, ALICE, CONFIG_HASH_SHA1), ERR_INVALID);
	assert_int_equal(ask(a, account_remove, ALICE), ERR_NONE);
}

/* The server stops while questions are on their way: each gets an answer. */
static void on_counted(void *context, enum err result)
{
	assert_true(result == ERR_NONE || result == ERR_ACCESS || result == ERR_BUSY || result == ERR_SYSTEM);
	++*(int *)context;
}

static void test_finish_while_asked(void **state)
{
	struct accounts *a = *state;
	struct account_asker asker = accounts_asker(a);
	int answers = 0;

	accounts_add(a, ALICE, "secret");
	asker.context = &answers;
	for (int i = 0; i < 5; i++) {
		account_check_password(asker, accounts_jid(ALICE), i % 2 ? STR("secret") : STR("wrong"), on_counted);
		account_set_password(asker, accounts_jid(ALICE), STR("secret"), on_counted);
		account_exists(asker, accounts_jid(ALICE), on_counted);
	}
	jobs_finish(a->jobs);
	store_finish(a->store);
	while (mailbox_drain(&a->mailbox, 100))
		;
	assert_int_equal(answers, 15);
}

/* Two that want the same name at once: one gets it. */
static enum err race_results[2];
static size_t race_count;

static void on_raced(void *context, enum err result)
{
	race_results[race_count++] = result;
	*(bool *)context = race_count == 2;
}

static void test_registering_twice_at_once(void **state)
{
	struct accounts *a = *state;
	bool is_over = false;
	struct account_asker asker = accounts_asker(a);

	asker.context = &is_over;
	race_count = 0;
	account_register(asker, accounts_jid(ALICE), STR("one"), on_raced);
	account_register(asker, accounts_jid(ALICE), STR("two"), on_raced);
	await(&a->mailbox, &is_over);
	assert_int_equal(race_results[0], ERR_NONE);
	assert_int_equal(race_results[1], ERR_EXISTS);
	assert_int_equal(check_password(a, ALICE, "one"), ERR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(test_register_and_check),
		TEST(test_full_address),
		TEST(test_change_of_password),
		TEST(test_what_is_no_password),
		TEST(test_passwords_are_prepared),
		TEST(test_keys),
		TEST(test_pretended_keys),
		TEST(test_only_configured_hashes),
		TEST(test_plain_format),
		TEST(test_ban),
		TEST(test_remove),
		TEST(test_damaged_record),
		TEST(test_finish_while_asked),
		TEST(test_registering_twice_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
