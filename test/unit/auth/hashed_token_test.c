#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/digest.h"
#include "auth/fast.h"
#include "base/mem.h"
#include "support/sasl_client.h"

enum { DAY_MS = 86400 * 1000 };

static const struct sasl_binding exporter = {"tls-exporter", {"0123456789abcdef0123456789abcdef", 32}};
static const struct sasl_binding unique = {"tls-unique", {"0123456789ab", 12}};
static const struct sasl_binding end_point = {"tls-server-end-point", {"hash of a certificate", 21}};

struct fixture {
	struct accounts accounts;
	struct sasl_client client;
	struct sasl_token token;
	char text[FAST_TOKEN_CHARS + 1];
};

static int set_up(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));

	accounts_init(&f->accounts);
	accounts_add(&f->accounts, "alice@example.org", "secret");
	sasl_client_init(&f->client, &f->accounts);
	f->token = (struct sasl_token){.client = STR("client"), .count = -1, .rotate_before_expire_ms = 1000};
	f->client.about.token = &f->token;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	sasl_client_fini(&f->client);
	accounts_fini(&f->accounts);
	free(f);
	return 0;
}

static void on_issued(void *context, enum err result, struct str token, int64_t expiry_ms)
{
	struct fixture *f = context;

	(void)expiry_ms;
	assert_int_equal(result, ERR_NONE);
	memcpy(f->text, token.data, token.len + 1);
	f->accounts.answered = true;
}

static void issue(struct fixture *f, const char *mechanism, int64_t access_ms)
{
	struct account_asker asker = accounts_asker(&f->accounts);
	struct fast_wish wish = {.client = STR("client"), .access_ms = access_ms, .since_ms = INT64_MAX};

	asker.context = f;
	assert_true(sasl_find_token_use(&f->client.about, str_from(mechanism), &wish.use));
	fast_issue(asker, accounts_jid("alice@example.org"), &wish, on_issued);
	await(&f->accounts.mailbox, &f->accounts.answered);
}

static void prove(struct fixture *f, struct str name, enum config_hash hash, struct str binding_data)
{
	char said[128 + DIGEST_BYTES_MAX];

	memcpy(said, name.data, name.len);
	said[name.len] = '\0';
	fast_token_prove(hash, str_from(f->text), "Initiator", binding_data, (uint8_t *)said + name.len + 1);
	sasl_client_step(&f->client, str_make(said, name.len + 1 + digest_bytes(hash)));
}

static void assert_offered(struct fixture *f, const char *expected)
{
	const char *names[16];
	size_t count = sasl_offered_for_tokens(&f->client.about, names, 16);
	char text[512] = "";

	for (size_t i = 0; i < count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, names[i] + strlen("HT-SHA-"));
	}
	assert_string_equal(text, expected);
}

static void test_offered(void **state)
{
	struct fixture *f = *state;
	struct fast_token_use use;

	assert_offered(f, "512-NONE 384-NONE 256-NONE");
	assert_false(sasl_find_token_use(&f->client.about, STR("HT-SHA-256-ENDP"), &use));
	f->client.about.bindings[0] = unique;
	f->client.about.bindings[1] = end_point;
	assert_offered(f, "512-UNIQ 384-UNIQ 256-UNIQ 512-ENDP 384-ENDP 256-ENDP 512-NONE 384-NONE 256-NONE");
	f->client.about.bindings[0] = exporter;
	f->client.about.bindings[1] = unique;
	f->client.about.bindings[2] = end_point;
	assert_offered(f, "512-EXPR 384-EXPR 256-EXPR 512-ENDP 384-ENDP 256-ENDP 512-NONE 384-NONE 256-NONE");
	assert_true(sasl_find_token_use(&f->client.about, STR("HT-SHA-256-ENDP"), &use));
	assert_int_equal(use.hash, CONFIG_HASH_SHA256);
	assert_int_equal(use.binding, FAST_TOKEN_ENDP);
	assert_false(sasl_find_token_use(&f->client.about, STR("SCRAM-SHA-1"), &use));
}

/* It is no mechanism like others: only who says that it has a token may use it. */
static void test_needs_token(void **state)
{
	struct fixture *f = *state;

	f->client.about.token = NULL;
	assert_false(sasl_client_start(&f->client, "HT-SHA-256-NONE"));
	f->client.about.token = &f->token;
	assert_true(sasl_client_start(&f->client, "HT-SHA-256-NONE"));
	assert_false(sasl_client_start(&f->client, "HT-SHA-256-EXPR"));
}

/* T-AUTH-44 */
static void test_login(void **state)
{
	static const struct {
		const char *mechanism;
		enum config_hash hash;
		struct str binding_data;
	} rows[] = {
		{"HT-SHA-256-NONE", CONFIG_HASH_SHA256, {"", 0}},
		{"HT-SHA-384-ENDP", CONFIG_HASH_SHA384, {"hash of a certificate", 21}},
		{"HT-SHA-512-EXPR", CONFIG_HASH_SHA512, {"0123456789abcdef0123456789abcdef", 32}},
	};
	struct fixture *f = *state;

	f->client.about.bindings[0] = exporter;
	f->client.about.bindings[1] = end_point;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t expected[DIGEST_BYTES_MAX];

		issue(f, rows[i].mechanism, DAY_MS);
		for (int full = 0; full < 2; full++) {
			assert_true(sasl_client_start(&f->client, rows[i].mechanism));
			prove(f, full ? STR("alice@example.org") : STR("Alice"), rows[i].hash, rows[i].binding_data);
			assert_int_equal(f->client.result, SASL_SUCCESS);
			assert_true(str_is(jid_str(sasl_who(f->client.sasl)), "alice@example.org"));
			assert_false(sasl_token_is_due(f->client.sasl));
			fast_token_prove(rows[i].hash, str_from(f->text), "Responder", rows[i].binding_data, expected);
			assert_int_equal(f->client.data.len, digest_bytes(rows[i].hash));
			assert_memory_equal(f->client.data.data, expected, digest_bytes(rows[i].hash));
		}
		/* Of another connection. */
		if (rows[i].binding_data.len) {
			assert_true(sasl_client_start(&f->client, rows[i].mechanism));
			prove(f, STR("alice"), rows[i].hash, STR("of another connection"));
			assert_int_equal(f->client.result, SASL_FAILED);
			assert_int_equal(f->client.failure, SASL_FAILURE_NOT_AUTHORIZED);
		}
	}
}

static void test_failures(void **state)
{
	struct fixture *f = *state;

	issue(f, "HT-SHA-256-NONE", DAY_MS);
	assert_true(sasl_client_start(&f->client, "HT-SHA-256-NONE"));
	prove(f, STR("nobody"), CONFIG_HASH_SHA256, STR(""));
	assert_int_equal(f->client.failure, SASL_FAILURE_NOT_AUTHORIZED);

	issue(f, "HT-SHA-256-NONE", -1);
	assert_true(sasl_client_start(&f->client, "HT-SHA-256-NONE"));
	prove(f, STR("alice"), CONFIG_HASH_SHA256, STR(""));
	assert_int_equal(f->client.failure, SASL_FAILURE_CREDENTIALS_EXPIRED);

	account_ban(accounts_asker(&f->accounts), accounts_jid("alice@example.org"), accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	issue(f, "HT-SHA-256-NONE", DAY_MS);
	assert_true(sasl_client_start(&f->client, "HT-SHA-256-NONE"));
	prove(f, STR("alice"), CONFIG_HASH_SHA256, STR(""));
	assert_int_equal(f->client.failure, SASL_FAILURE_ACCOUNT_DISABLED);
}

static void test_malformed(void **state)
{
#define HASH_31 "0123456789abcdef0123456789abcde"
	static const struct str rows[] = {
		{"", 0}, {"alice", 5}, {"alice\0", 6}, {"\0" HASH_31 "f", 33}, {"alice\0" HASH_31, 37}, {"alice\0" HASH_31 "fg", 39},
		{"al\xffice\0" HASH_31 "f", 39},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(sasl_client_start(&f->client, "HT-SHA-256-NONE"));
		sasl_client_step(&f->client, rows[i]);
		assert_int_equal(f->client.result, SASL_FAILED);
		assert_int_equal(f->client.failure, SASL_FAILURE_MALFORMED_REQUEST);
	}
}

static void test_due_and_dropped(void **state)
{
	struct fixture *f = *state;

	f->token.rotate_before_expire_ms = 2 * DAY_MS;
	issue(f, "HT-SHA-256-NONE", DAY_MS);
	assert_true(sasl_client_start(&f->client, "HT-SHA-256-NONE"));
	prove(f, STR("alice"), CONFIG_HASH_SHA256, STR(""));
	assert_int_equal(f->client.result, SASL_SUCCESS);
	assert_true(sasl_token_is_due(f->client.sasl));

	/* The answer comes to nobody. */
	assert_true(sasl_client_start(&f->client, "HT-SHA-256-NONE"));
	sasl_step(f->client.sasl, STR("alice\0" HASH_31 "f"));
	sasl_free(&f->client.sasl);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_offered), TEST(test_needs_token), TEST(test_login), TEST(test_failures), TEST(test_malformed), TEST(test_due_and_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
