#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "support/sasl_client.h"

struct fixture {
	struct accounts accounts;
	struct sasl_client client;
};

static int set_up(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));

	accounts_init(&f->accounts);
	sasl_client_init(&f->client, &f->accounts);
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

static const struct sasl_binding exporter = {"tls-exporter", {"0123456789abcdef0123456789abcdef", 32}};

/* What is offered, with spaces between. */
static void assert_offered(struct fixture *f, const char *expected)
{
	const char *names[16];
	size_t count = sasl_offered(&f->client.about, &f->client.listen, names, 16);
	char text[512] = "";

	for (size_t i = 0; i < count; i++) {
		strcat(text, i ? " " : "");
		strcat(text, names[i]);
	}
	assert_string_equal(text, expected);
}

static void test_offered_by_connection(void **state)
{
	struct fixture *f = *state;

	assert_offered(f, "SCRAM-SHA-512 SCRAM-SHA-384 SCRAM-SHA-256 SCRAM-SHA-224 SCRAM-SHA-1 PLAIN");
	f->client.about.is_encrypted = false;
	assert_offered(f, "SCRAM-SHA-512 SCRAM-SHA-384 SCRAM-SHA-256 SCRAM-SHA-224 SCRAM-SHA-1");
	assert_false(sasl_client_start(&f->client, "PLAIN"));
	f->client.about.is_encrypted = true;
	f->client.about.bindings[0] = exporter;
	assert_offered(f, "SCRAM-SHA-512-PLUS SCRAM-SHA-512 SCRAM-SHA-384-PLUS SCRAM-SHA-384 SCRAM-SHA-256-PLUS SCRAM-SHA-256 "
			  "SCRAM-SHA-224-PLUS SCRAM-SHA-224 SCRAM-SHA-1-PLUS SCRAM-SHA-1 PLAIN");
}

static void test_offered_by_configuration(void **state)
{
	struct fixture *f = *state;
	struct accounts *a = &f->accounts;

	f->client.about.bindings[0] = exporter;
	a->hashes[0] = CONFIG_HASH_SHA256;
	a->auth.hashes.count = 1;
	assert_offered(f, "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN");
	a->mechanisms[0] = STR("plain");
	a->mechanisms[1] = STR("scram_sha256");
	a->mechanisms[2] = STR("scram_sha1");
	a->auth.sasl_mechanisms.count = 3;
	assert_offered(f, "PLAIN SCRAM-SHA-256");
	assert_false(sasl_client_start(&f->client, "SCRAM-SHA-1"));
	a->auth.methods.count = 0;
	assert_offered(f, "");
}

static void test_offered_by_listener(void **state)
{
	static const int dummy[] = {CONFIG_AUTH_DUMMY}, both[] = {CONFIG_AUTH_DUMMY, CONFIG_AUTH_INTERNAL};
	struct fixture *f = *state;

	f->client.listen.limits_auth_methods = true;
	assert_offered(f, "");
	f->client.listen.allowed_auth_methods = (struct option_list){dummy, 1};
	assert_offered(f, "");
	assert_false(sasl_client_start(&f->client, "PLAIN"));
	f->client.listen.allowed_auth_methods = (struct option_list){both, 2};
	f->accounts.auth.hashes.count = 1;
	assert_offered(f, "SCRAM-SHA-1 PLAIN");
}

static void test_room_for_fewer(void **state)
{
	struct fixture *f = *state;
	const char *names[2];

	assert_int_equal(sasl_offered(&f->client.about, NULL, names, 2), 2);
	assert_string_equal(names[1], "SCRAM-SHA-384");
}

static void test_mechanism_names_are_exact(void **state)
{
	static const char *const bad[] = {"", "plain", "SCRAM-SHA-1-PLUS", "SCRAM-MD5", "SCRAM-SHA-1 ", "PLAI", "PLAINX"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(sasl_client_start(&f->client, bad[i]));
}

static void test_conditions(void **state)
{
	(void)state;
	assert_string_equal(sasl_failure_condition(SASL_FAILURE_ABORTED), "aborted");
	assert_string_equal(sasl_failure_condition(SASL_FAILURE_TEMPORARY_AUTH_FAILURE), "temporary-auth-failure");
}

static void test_plain(void **state)
{
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	accounts_add(&f->accounts, "alice@example.org", "secret");
	assert_true(sasl_client_start(e, "PLAIN"));
	sasl_client_step(e, str_make("\0alice\0secret", 13));
	assert_int_equal(e->result, SASL_SUCCESS);
	assert_null(e->data.data);
	assert_true(str_is(jid_str(sasl_who(e->sasl)), "alice@example.org"));
	assert_int_equal(e->answers, 1);
}

static void test_without_initial_response(void **state)
{
	static const char *const mechanisms[] = {"PLAIN", "SCRAM-SHA-1"};
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	accounts_add(&f->accounts, "alice@example.org", "secret");
	assert_true(sasl_client_start(e, "PLAIN"));
	sasl_client_step(e, STR_NONE);
	assert_int_equal(e->result, SASL_CHALLENGE);
	assert_null(e->data.data);
	sasl_client_step(e, str_make("\0alice\0secret", 13));
	assert_int_equal(e->result, SASL_SUCCESS);
	/* The client is asked once. */
	for (size_t i = 0; i < 2; i++) {
		assert_true(sasl_client_start(e, mechanisms[i]));
		sasl_client_step(e, STR_NONE);
		assert_int_equal(e->result, SASL_CHALLENGE);
		sasl_client_step(e, STR_NONE);
		assert_int_equal(e->result, SASL_FAILED);
		assert_int_equal(e->failure, SASL_FAILURE_MALFORMED_REQUEST);
		/* An empty response is not the same as none. */
		assert_true(sasl_client_start(e, mechanisms[i]));
		sasl_client_step(e, STR(""));
		assert_int_equal(e->failure, SASL_FAILURE_MALFORMED_REQUEST);
	}
}

static void test_speaking_after_the_end(void **state)
{
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	accounts_add(&f->accounts, "alice@example.org", "secret");
	assert_true(sasl_client_start(e, "PLAIN"));
	sasl_client_step(e, str_make("\0alice\0secret", 13));
	assert_int_equal(e->result, SASL_SUCCESS);
	sasl_client_step(e, str_make("\0alice\0secret", 13));
	assert_int_equal(e->result, SASL_FAILED);
	assert_int_equal(e->failure, SASL_FAILURE_MALFORMED_REQUEST);
}

static void test_speaking_out_of_turn(void **state)
{
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	accounts_add(&f->accounts, "alice@example.org", "secret");
	assert_true(sasl_client_start(e, "PLAIN"));
	e->answers = 0;
	sasl_step(e->sasl, str_make("\0alice\0secret", 13));
	assert_int_equal(e->answers, 0);
	sasl_client_step(e, str_make("\0alice\0secret", 13));
	assert_int_equal(e->result, SASL_FAILED);
	assert_int_equal(e->answers, 1);
}

/* Dropped while the store or a job thread has the question: no answer, nothing touched, nothing leaked (the sanitizers see). */
static void test_dropped_while_waiting(void **state)
{
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	accounts_add(&f->accounts, "alice@example.org", "secret");
	e->answers = 0;
	for (int i = 0; i < 20; i++) {
		assert_true(sasl_client_start(e, i % 2 ? "PLAIN" : "SCRAM-SHA-256"));
		sasl_step(e->sasl, i % 2 ? str_make("\0alice\0secret", 13) : STR("n,,n=alice,r=abc"));
		/* Some after the store has answered, too. */
		for (int letters = 0; letters < i % 4; letters++)
			mailbox_drain(&f->accounts.mailbox, 1);
		sasl_free(&e->sasl);
		assert_null(e->sasl);
	}
	sasl_free(&e->sasl);
}

/* The asker may drop the exchange in the answer. */
static void drop(void *context, const struct sasl_answer *answer)
{
	struct sasl_client *e = context;

	e->result = answer->result;
	sasl_free(&e->sasl);
	e->accounts->answered = true;
}

static void test_dropped_in_the_answer(void **state)
{
	static const struct {
		const char *mechanism;
		struct str data;
		enum sasl_result result;
	} cases[] = {
		{"PLAIN", {"\0alice\0secret", 13}, SASL_SUCCESS},
		{"PLAIN", {"\0alice\0wrong", 12}, SASL_FAILED},
		{"PLAIN", {"nonsense", 8}, SASL_FAILED},
		{"PLAIN", {NULL, 0}, SASL_CHALLENGE},
		{"SCRAM-SHA-1", {"n,,n=alice,r=abc", 16}, SASL_CHALLENGE},
		{"SCRAM-SHA-1", {"nonsense", 8}, SASL_FAILED},
	};
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	accounts_add(&f->accounts, "alice@example.org", "secret");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		e->sasl = sasl_new(&e->about, NULL, str_from(cases[i].mechanism), drop, e);
		assert_non_null(e->sasl);
		sasl_client_step(e, cases[i].data);
		assert_int_equal(e->result, cases[i].result);
		assert_null(e->sasl);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(test_offered_by_connection),
		TEST(test_offered_by_configuration),
		TEST(test_offered_by_listener),
		TEST(test_room_for_fewer),
		TEST(test_mechanism_names_are_exact),
		TEST(test_conditions),
		TEST(test_plain),
		TEST(test_without_initial_response),
		TEST(test_speaking_after_the_end),
		TEST(test_speaking_out_of_turn),
		TEST(test_dropped_while_waiting),
		TEST(test_dropped_in_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
