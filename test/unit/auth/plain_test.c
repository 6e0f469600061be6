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
	accounts_add(&f->accounts, "alice@example.org", "secret");
	accounts_add(&f->accounts, "banned@example.org", "secret");
	account_ban(accounts_asker(&f->accounts), accounts_jid("banned@example.org"), accounts_done);
	accounts_await(&f->accounts);
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

#define MESSAGE(text) {text, sizeof(text) - 1}

static void test_messages(void **state)
{
	static const struct {
		struct str message;
		enum sasl_failure failure; /* NONE: alice logs in */
	} cases[] = {
		{MESSAGE("\0alice\0secret"), SASL_FAILURE_NONE},
		{MESSAGE("alice@example.org\0alice\0secret"), SASL_FAILURE_NONE},
		{MESSAGE("Alice@Example.org\0ALICE\0secret"), SASL_FAILURE_NONE},
		{MESSAGE("\0alice@example.org\0secret"), SASL_FAILURE_NONE},
		{MESSAGE("\0Alice@EXAMPLE.ORG\0secret"), SASL_FAILURE_NONE},
		{MESSAGE("\0alice\0wrong"), SASL_FAILURE_NOT_AUTHORIZED},
		{MESSAGE("\0nobody\0secret"), SASL_FAILURE_NOT_AUTHORIZED},
		{MESSAGE("\0alice@example.net\0secret"), SASL_FAILURE_NOT_AUTHORIZED},
		{MESSAGE("\0alice@example.org/phone\0secret"), SASL_FAILURE_NOT_AUTHORIZED},
		{MESSAGE("\0al ice\0secret"), SASL_FAILURE_NOT_AUTHORIZED},
		{MESSAGE("\0al&ice\0secret"), SASL_FAILURE_NOT_AUTHORIZED},
		{MESSAGE("\0@\0secret"), SASL_FAILURE_NOT_AUTHORIZED},
		{MESSAGE("\0banned\0secret"), SASL_FAILURE_ACCOUNT_DISABLED},
		{MESSAGE("\0banned\0wrong"), SASL_FAILURE_NOT_AUTHORIZED},
		{MESSAGE("bob@example.org\0alice\0secret"), SASL_FAILURE_INVALID_AUTHZID},
		{MESSAGE("alice@example.net\0alice\0secret"), SASL_FAILURE_INVALID_AUTHZID},
		{MESSAGE("alice@example.org/phone\0alice\0secret"), SASL_FAILURE_INVALID_AUTHZID},
		{MESSAGE("alice\0alice\0secret"), SASL_FAILURE_INVALID_AUTHZID},
		{MESSAGE("@\0alice\0secret"), SASL_FAILURE_INVALID_AUTHZID},
		{MESSAGE(""), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("\0"), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("\0\0"), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("alice"), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("\0alice"), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("\0alice\0"), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("\0\0secret"), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("\0alice\0secret\0"), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("\0alice\0sec\0ret"), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("\0alice\0sec\xffret"), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("\0al\xc3\0secret"), SASL_FAILURE_MALFORMED_REQUEST},
		{MESSAGE("\xed\xa0\x80\0alice\0secret"), SASL_FAILURE_MALFORMED_REQUEST},
	};
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum sasl_failure failure = cases[i].failure;

		assert_true(sasl_client_start(e, "PLAIN"));
		sasl_client_step(e, cases[i].message);
		assert_int_equal(e->result, failure == SASL_FAILURE_NONE ? SASL_SUCCESS : SASL_FAILED);
		assert_string_equal(sasl_failure_condition(e->failure), sasl_failure_condition(failure));
		if (failure == SASL_FAILURE_NONE)
			assert_true(str_is(jid_str(sasl_who(e->sasl)), "alice@example.org"));
	}
}

/* A password longer than any can be: refused without hashing megabytes. */
static void test_long_password(void **state)
{
	struct fixture *f = *state;
	struct sasl_client *e = &f->client;
	char *message = mem_new(60000);

	memset(message, 'x', 60000);
	memcpy(message, "\0alice", 7);
	assert_true(sasl_client_start(e, "PLAIN"));
	sasl_client_step(e, str_make(message, 60000));
	assert_int_equal(e->failure, SASL_FAILURE_NOT_AUTHORIZED);
	free(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_messages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_password, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
