#include "auth/anonymous.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/sasl_client.h"

static struct accounts accounts;
static struct sasl_client client;
static struct config_auth_anonymous options = {.protocol = CONFIG_SASL_ANON};

static int set_up(void **state)
{
	(void)state;
	accounts_init(&accounts);
	accounts.methods[0] = CONFIG_AUTH_ANONYMOUS;
	accounts.auth.anonymous = &options;
	sasl_client_init(&client, &accounts);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	accounts.auth.methods.count = 0;
	sasl_client_fini(&client);
	accounts_fini(&accounts);
	return 0;
}

static void makes_a_name(struct str message, char *name_out)
{
	struct jid who;

	assert_true(sasl_client_start(&client, "ANONYMOUS"));
	sasl_client_step(&client, message);
	assert_int_equal(client.result, SASL_SUCCESS);
	assert_true(sasl_is_guest(client.sasl));
	who = sasl_who(client.sasl);
	assert_int_equal(who.local_len, 24);
	assert_true(str_is(jid_domain(who), "example.org"));
	memcpy(name_out, who.text, who.local_len);
}

static void lets_everybody_in_with_another_name(void **state)
{
	char first[24], second[24];

	(void)state;
	makes_a_name(STR_NONE, first);
	makes_a_name(STR(""), second);
	assert_memory_not_equal(first, second, sizeof first);
	makes_a_name(STR("somebody@example.net"), second);
}

static void refuses_what_is_no_trace(void **state)
{
	char large[1021];
	const struct str bad[] = {STR("\xff"), {large, sizeof large}};

	(void)state;
	memset(large, 'x', sizeof large);
	for (size_t i = 0; i < 2; i++) {
		assert_true(sasl_client_start(&client, "ANONYMOUS"));
		sasl_client_step(&client, bad[i]);
		assert_int_equal(client.result, SASL_FAILED);
		assert_int_equal(client.failure, SASL_FAILURE_MALFORMED_REQUEST);
	}
}

static void is_not_offered_for_names_of_ones_own(void **state)
{
	(void)state;
	options.protocol = CONFIG_LOGIN_ANON;
	assert_false(sasl_client_start(&client, "ANONYMOUS"));
	options.protocol = CONFIG_BOTH_ANON;
	assert_true(sasl_client_start(&client, "ANONYMOUS"));
	assert_true(sasl_client_start(&client, "PLAIN"));
	options.protocol = CONFIG_SASL_ANON;
	assert_false(sasl_client_start(&client, "PLAIN"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lets_everybody_in_with_another_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_trace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_not_offered_for_names_of_ones_own, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
