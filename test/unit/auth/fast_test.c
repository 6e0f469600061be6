#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/digest.h"
#include "auth/fast.h"
#include "base/mem.h"
#include "support/accounts.h"

enum { DAY_MS = 86400 * 1000, HOUR_MS = 3600 * 1000 };

static const struct fast_token_use sha256_none = {CONFIG_HASH_SHA256, FAST_TOKEN_NONE};
static const struct fast_token_use sha512_expr = {CONFIG_HASH_SHA512, FAST_TOKEN_EXPR};

struct fixture {
	struct accounts accounts;
	struct jid alice;
	struct fast_claim claim;
	/* The last answers. */
	char token[FAST_TOKEN_CHARS + 1];
	int64_t expiry_ms;
	enum fast_verdict verdict;
	bool is_due;
	uint8_t proof[DIGEST_BYTES_MAX];
	size_t proof_len;
	int rights, answers;
};

static int set_up(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));

	accounts_init(&f->accounts);
	accounts_add(&f->accounts, "alice@example.org", "secret");
	f->alice = accounts_jid("alice@example.org");
	f->claim = (struct fast_claim){.client = STR("client"), .use = sha256_none, .count = -1, .rotate_before_expire_ms = 6 * HOUR_MS};
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	accounts_fini(&f->accounts);
	free(f);
	return 0;
}

static struct account_asker asker_of(struct fixture *f)
{
	struct account_asker asker = accounts_asker(&f->accounts);

	asker.context = f;
	return asker;
}

static void on_issued(void *context, enum err result, struct str token, int64_t expiry_ms)
{
	struct fixture *f = context;

	assert_int_equal(result, ERR_NONE);
	assert_int_equal(token.len, FAST_TOKEN_CHARS);
	memcpy(f->token, token.data, token.len + 1);
	f->expiry_ms = expiry_ms;
	f->accounts.answered = true;
}

static void issue(struct fixture *f, const char *client, struct fast_token_use use, int64_t access_ms)
{
	fast_issue(asker_of(f), f->alice, &(struct fast_wish){str_from(client), use, access_ms, .since_ms = store_now_ms() + 1}, on_issued);
	assert_false(f->accounts.answered);
	await(&f->accounts.mailbox, &f->accounts.answered);
}

static void on_checked(void *context, const struct fast_answer *a)
{
	struct fixture *f = context;

	f->verdict = a->verdict;
	f->is_due = a->is_due;
	f->proof_len = a->proof.len;
	if (a->proof.len)
		memcpy(f->proof, a->proof.data, a->proof.len);
	f->rights += a->verdict == FAST_RIGHT;
	f->answers++;
	f->accounts.answered = true;
}

/* Without waiting. */
static void claim(struct fixture *f, const char *token)
{
	uint8_t proof[DIGEST_BYTES_MAX];
	enum config_hash hash = (enum config_hash)f->claim.use.hash;

	fast_token_prove(hash, str_from(token), "Initiator", f->claim.binding_data, proof);
	f->claim.proof = str_make((const char *)proof, digest_bytes(hash));
	fast_check(asker_of(f), f->alice, &f->claim, on_checked);
}

static enum fast_verdict check_token(struct fixture *f, const char *token)
{
	claim(f, token);
	assert_false(f->accounts.answered);
	await(&f->accounts.mailbox, &f->accounts.answered);
	return f->verdict;
}

static void test_right(void **state)
{
	struct fixture *f = *state;
	uint8_t expected[DIGEST_BYTES_MAX];

	issue(f, "client", sha256_none, 3 * DAY_MS);
	assert_in_range(f->expiry_ms - store_now_ms(), 3 * DAY_MS - 60000, 3 * DAY_MS);
	for (int i = 0; i < 3; i++)
		assert_int_equal(check_token(f, f->token), FAST_RIGHT);
	assert_false(f->is_due);
	fast_token_prove(CONFIG_HASH_SHA256, str_from(f->token), "Responder", STR_NONE, expected);
	assert_int_equal(f->proof_len, 32);
	assert_memory_equal(f->proof, expected, 32);
}

static void test_bound(void **state)
{
	struct fixture *f = *state;

	issue(f, "client", sha512_expr, DAY_MS);
	f->claim.use = sha512_expr;
	f->claim.binding_data = STR("of this connection");
	assert_int_equal(check_token(f, f->token), FAST_RIGHT);
	assert_int_equal(f->proof_len, 64);
	/* XEP-0484 §3.4: good for no other mechanism. */
	f->claim.use.binding = FAST_TOKEN_NONE;
	f->claim.binding_data = STR("");
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
	f->claim.use = sha256_none;
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
}

static void test_wrong(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(check_token(f, "none was issued"), FAST_WRONG);
	issue(f, "client", sha256_none, DAY_MS);
	assert_int_equal(check_token(f, "another"), FAST_WRONG);
	assert_int_equal(f->proof_len, 0);
	f->claim.client = STR("somebody else");
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
	f->claim.client = STR("client");
	f->alice = accounts_jid("bob@example.org");
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
}

static void test_expired(void **state)
{
	struct fixture *f = *state;

	issue(f, "client", sha256_none, -1);
	assert_int_equal(check_token(f, f->token), FAST_EXPIRED);
	/* Only its owner is told so. */
	assert_int_equal(check_token(f, "another"), FAST_WRONG);
}

/* XEP-0484 §3.5: the old one is good until the new one is used. */
static void test_rotation(void **state)
{
	struct fixture *f = *state;
	char first[FAST_TOKEN_CHARS + 1], second[FAST_TOKEN_CHARS + 1];

	issue(f, "client", sha256_none, 5 * HOUR_MS);
	strcpy(first, f->token);
	assert_int_equal(check_token(f, first), FAST_RIGHT);
	assert_true(f->is_due);
	issue(f, "client", sha256_none, DAY_MS);
	strcpy(second, f->token);
	assert_int_equal(check_token(f, first), FAST_RIGHT);
	/* One that was not used yet gives way. */
	issue(f, "client", sha256_none, DAY_MS);
	assert_int_equal(check_token(f, second), FAST_WRONG);
	assert_int_equal(check_token(f, first), FAST_RIGHT);
	assert_int_equal(check_token(f, f->token), FAST_RIGHT);
	assert_false(f->is_due);
	assert_int_equal(check_token(f, first), FAST_WRONG);
	assert_int_equal(check_token(f, f->token), FAST_RIGHT);
}

static void test_count(void **state)
{
	struct fixture *f = *state;

	issue(f, "client", sha256_none, DAY_MS);
	f->claim.needs_count = true;
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
	f->claim.count = 0;
	assert_int_equal(check_token(f, f->token), FAST_RIGHT);
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
	f->claim.count = 7;
	assert_int_equal(check_token(f, f->token), FAST_RIGHT);
	f->claim.needs_count = false;
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
	f->claim.count = 6;
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
	f->claim.count = -1;
	assert_int_equal(check_token(f, f->token), FAST_RIGHT);
	/* With a new token it begins again. */
	issue(f, "client", sha256_none, DAY_MS);
	f->claim.count = 1;
	assert_int_equal(check_token(f, f->token), FAST_RIGHT);
}

/* Of several that say the same at the same time, one is right. */
static void test_count_at_once(void **state)
{
	struct fixture *f = *state;

	issue(f, "client", sha256_none, DAY_MS);
	f->claim.count = 1;
	f->rights = f->answers = 0;
	for (int i = 0; i < 4; i++)
		claim(f, f->token);
	while (f->answers < 4) {
		f->accounts.answered = false;
		await(&f->accounts.mailbox, &f->accounts.answered);
	}
	assert_int_equal(f->rights, 1);
}

static void test_invalidation(void **state)
{
	struct fixture *f = *state;

	issue(f, "client", sha256_none, HOUR_MS);
	f->claim.invalidates = true;
	assert_int_equal(check_token(f, f->token), FAST_RIGHT);
	assert_false(f->is_due);
	f->claim.invalidates = false;
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
}

static void test_password_change_and_ban(void **state)
{
	struct fixture *f = *state;

	issue(f, "client", sha256_none, DAY_MS);
	account_set_password(accounts_asker(&f->accounts), f->alice, STR("another"), accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	assert_int_equal(check_token(f, f->token), FAST_WRONG);

	issue(f, "client", sha256_none, DAY_MS);
	account_ban(accounts_asker(&f->accounts), f->alice, accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
	/* One that is issued in between says why it is no good. */
	issue(f, "client", sha256_none, DAY_MS);
	assert_int_equal(check_token(f, f->token), FAST_BANNED);
	account_unban(accounts_asker(&f->accounts), f->alice, accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	account_remove(accounts_asker(&f->accounts), f->alice, accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	assert_int_equal(check_token(f, f->token), FAST_WRONG);
}

static void on_refused(void *context, enum err result, struct str token, int64_t expiry_ms)
{
	struct fixture *f = context;

	(void)expiry_ms;
	assert_int_equal(result, ERR_ACCESS);
	assert_int_equal(token.len, 0);
	f->accounts.answered = true;
}

/* A login that has begun before the password was changed, and ends after that. */
static void test_revoked_meanwhile(void **state)
{
	struct fixture *f = *state;
	struct fast_wish wish = {STR("client"), sha256_none, DAY_MS, .since_ms = store_now_ms()};

	account_set_password(accounts_asker(&f->accounts), f->alice, STR("another"), accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	f->accounts.answered = false;
	fast_issue(asker_of(f), f->alice, &wish, on_refused);
	await(&f->accounts.mailbox, &f->accounts.answered);
	issue(f, "client", sha256_none, DAY_MS);
	assert_int_equal(check_token(f, f->token), FAST_RIGHT);

	wish.since_ms = store_now_ms();
	account_ban(accounts_asker(&f->accounts), f->alice, accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	f->accounts.answered = false;
	fast_issue(asker_of(f), f->alice, &wish, on_refused);
	await(&f->accounts.mailbox, &f->accounts.answered);
}

static void on_changed(void *context, enum err result)
{
	assert_int_equal(result, ERR_NONE);
	*(bool *)context = true;
}

static void on_perhaps(void *context, enum err result, struct str token, int64_t expiry_ms)
{
	struct fixture *f = context;

	(void)expiry_ms;
	if (result == ERR_NONE)
		memcpy(f->token, token.data, token.len + 1);
	f->accounts.answered = true;
}

/* The change and the end of the login cross each other at the store. */
static void test_revoked_at_once(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 50; i++) {
		bool is_given, is_changed = false;
		struct fast_wish wish = {STR("client"), sha256_none, DAY_MS, .since_ms = store_now_ms()};
		struct account_asker asker = accounts_asker(&f->accounts);

		f->token[0] = 0;
		asker.context = &is_changed;
		account_ban(asker, f->alice, on_changed);
		f->accounts.answered = false;
		fast_issue(asker_of(f), f->alice, &wish, on_perhaps);
		await(&f->accounts.mailbox, &f->accounts.answered);
		if (!is_changed)
			await(&f->accounts.mailbox, &is_changed);
		is_given = f->token[0];
		asker.context = &f->accounts;
		f->accounts.answered = false;
		account_unban(asker, f->alice, accounts_done);
		assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
		if (is_given)
			assert_int_equal(check_token(f, f->token), FAST_WRONG);
	}
}

static void note_done(struct store_job *job, void *context)
{
	(void)job;
	((struct fixture *)context)->accounts.answered = true;
}

static size_t count_clients(struct fixture *f)
{
	struct store_job *job = store_job_new(f->accounts.store, &f->accounts.mailbox, note_done, f);
	size_t step = store_map_list(job, STR("alice@example.org"), FAST_KIND), count;

	f->accounts.answered = false;
	store_submit_post(job);
	await(&f->accounts.mailbox, &f->accounts.answered);
	count = store_job_rows(job, step).count;
	store_job_free(&job);
	return count;
}

static void test_clients_are_bounded(void **state)
{
	struct fixture *f = *state;
	char first[FAST_TOKEN_CHARS + 1];

	issue(f, "soonest", sha256_none, HOUR_MS);
	strcpy(first, f->token);
	for (int i = 0; i < FAST_CLIENTS_MAX - 1; i++) {
		char client[16];

		snprintf(client, sizeof(client), "client %d", i);
		issue(f, client, sha256_none, DAY_MS);
	}
	f->claim.client = STR("soonest");
	assert_int_equal(check_token(f, first), FAST_RIGHT);
	issue(f, "one more", sha256_none, DAY_MS);
	assert_int_equal(count_clients(f), FAST_CLIENTS_MAX);
	assert_int_equal(check_token(f, first), FAST_WRONG);
	/* What has ended goes by itself. */
	issue(f, "client 3", sha256_none, -1);
	assert_int_equal(count_clients(f), FAST_CLIENTS_MAX);
	issue(f, "client 4", sha256_none, DAY_MS);
	assert_int_equal(count_clients(f), FAST_CLIENTS_MAX - 1);
}

/* What is in the store is worth nothing to who does not have the key. */
static void test_store_has_no_token(void **state)
{
	struct fixture *f = *state;
	char first[FAST_TOKEN_CHARS + 1];

	issue(f, "client", sha256_none, DAY_MS);
	strcpy(first, f->token);
	assert_int_equal(check_token(f, first), FAST_RIGHT);
	f->accounts.service.token_key[0] ^= 1;
	assert_int_equal(check_token(f, first), FAST_WRONG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_right), TEST(test_bound), TEST(test_wrong), TEST(test_expired), TEST(test_rotation), TEST(test_count),
		TEST(test_count_at_once), TEST(test_invalidation), TEST(test_password_change_and_ban),
		TEST(test_revoked_meanwhile), TEST(test_revoked_at_once), TEST(test_clients_are_bounded),
		TEST(test_store_has_no_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
