#include "auth/external.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "support/sasl_client.h"

struct fixture {
	struct accounts accounts;
	struct sasl_client client;
	struct str mechanisms[1];
	int methods[2];
	struct sasl_certificate certificate;
	struct str addresses[4], common_names[4];
};

static int set_up(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));

	accounts_init(&f->accounts);
	accounts_add(&f->accounts, "banned@example.org", "secret");
	account_ban(accounts_asker(&f->accounts), accounts_jid("banned@example.org"), accounts_done);
	accounts_await(&f->accounts);
	f->mechanisms[0] = STR("external");
	f->methods[0] = CONFIG_AUTH_INTERNAL;
	f->methods[1] = CONFIG_AUTH_PKI;
	f->accounts.auth.sasl_mechanisms = (struct option_list){f->mechanisms, 1};
	f->accounts.auth.methods = (struct option_list){f->methods, 2};
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

enum { STANDARD = CONFIG_EXTERNAL_STANDARD, COMMON = CONFIG_EXTERNAL_COMMON_NAME, REQUEST = CONFIG_EXTERNAL_AUTH_ID };

static size_t fill(struct str *items, const char *const *from)
{
	size_t count = 0;

	for (; from[count]; count++)
		items[count] = str_from(from[count]);
	return count;
}

/* Shows a certificate with these names; the arrays end with NULL. */
static void show(struct fixture *f, const char *const *addresses, const char *const *common_names)
{
	f->certificate = (struct sasl_certificate){
		.addresses = f->addresses,
		.address_count = fill(f->addresses, addresses),
		.common_names = f->common_names,
		.common_name_count = fill(f->common_names, common_names),
	};
	f->client.about.certificate = &f->certificate;
}

/* Who is let in, or the condition. */
static const char *log_in(struct fixture *f, const char *authzid)
{
	static char who[200];

	assert_true(sasl_client_start(&f->client, "EXTERNAL"));
	sasl_client_step(&f->client, str_from(authzid));
	if (f->client.result == SASL_FAILED)
		return sasl_failure_condition(f->client.failure);
	assert_int_equal(f->client.result, SASL_SUCCESS);
	snprintf(who, sizeof(who), "%.*s", STR_ARGS(jid_str(sasl_who(f->client.sasl))));
	return who;
}

#define ALICE "alice@example.org"
#define BOB "bob@example.org"
#define REFUSED "not-authorized"
#define NOT_YOURS "invalid-authzid"

/* T-AUTH-22, -23, -24, -25, -26 */
static const struct {
	int ways[3];
	size_t way_count;
	const char *addresses[4], *common_names[3], *prefix, *suffix;
	const char *authzid, *expected;
} cases[] = {
	{{STANDARD}, 1, {ALICE}, {"x"}, "", "", "", ALICE},
	{{STANDARD}, 1, {ALICE}, {"x"}, "", "", ALICE, ALICE},
	{{STANDARD}, 1, {"Alice@EXAMPLE.org"}, {NULL}, "", "", "", ALICE},
	{{STANDARD}, 1, {"Alice@EXAMPLE.org"}, {NULL}, "", "", "ALICE@example.org", ALICE},
	{{STANDARD}, 1, {ALICE}, {"bob"}, "", "", BOB, NOT_YOURS},
	{{STANDARD}, 1, {ALICE, BOB}, {NULL}, "", "", "", REFUSED},
	{{STANDARD}, 1, {ALICE, BOB}, {NULL}, "", "", BOB, BOB},
	{{STANDARD}, 1, {ALICE, BOB}, {NULL}, "", "", "eve@example.org", NOT_YOURS},
	{{STANDARD}, 1, {NULL}, {"alice"}, "", "", "", REFUSED},
	{{STANDARD}, 1, {NULL}, {"alice"}, "", "", ALICE, NOT_YOURS},
	/* Of another host, of none, of a device; what is no address. */
	{{STANDARD}, 1, {"alice@example.net"}, {NULL}, "", "", "", REFUSED},
	{{STANDARD}, 1, {"alice@example.net"}, {NULL}, "", "", ALICE, NOT_YOURS},
	{{STANDARD}, 1, {"example.org"}, {NULL}, "", "", "", REFUSED},
	{{STANDARD}, 1, {"alice"}, {NULL}, "", "", "", REFUSED},
	{{STANDARD}, 1, {"alice@example.org/phone"}, {NULL}, "", "", "", REFUSED},
	{{STANDARD}, 1, {"al ice@example.org"}, {NULL}, "", "", "", REFUSED},
	{{STANDARD}, 1, {ALICE}, {NULL}, "", "", "alice@example.org/phone", NOT_YOURS},
	{{STANDARD}, 1, {ALICE}, {NULL}, "", "", "alice", NOT_YOURS},
	{{STANDARD}, 1, {"banned@example.org"}, {NULL}, "", "", "", "account-disabled"},

	{{COMMON}, 1, {NULL}, {"alice"}, "", "", "", ALICE},
	{{COMMON}, 1, {NULL}, {"alice"}, "", "", ALICE, ALICE},
	{{COMMON}, 1, {NULL}, {ALICE}, "", "", "", ALICE},
	{{COMMON}, 1, {NULL}, {"alice"}, "", "", BOB, NOT_YOURS},
	{{COMMON}, 1, {NULL}, {"alice", "bob"}, "", "", "", REFUSED},
	{{COMMON}, 1, {NULL}, {NULL}, "", "", "", REFUSED},
	{{COMMON}, 1, {NULL}, {"alice@example.net"}, "", "", "", REFUSED},
	{{COMMON}, 1, {BOB}, {"alice"}, "", "", "", ALICE},
	{{COMMON}, 1, {NULL}, {"user:alice.device"}, "user:", ".device", "", ALICE},
	{{COMMON}, 1, {NULL}, {"alice.device"}, "user:", ".device", "", REFUSED},
	{{COMMON}, 1, {NULL}, {"user:alice"}, "user:", ".device", "", REFUSED},
	{{COMMON}, 1, {NULL}, {"user:.device"}, "user:", ".device", "", REFUSED},
	{{COMMON}, 1, {NULL}, {"aa"}, "aa", "a", "", REFUSED},

	{{REQUEST}, 1, {NULL}, {"x"}, "", "", BOB, BOB},
	{{REQUEST}, 1, {NULL}, {"x"}, "", "", "", REFUSED},
	{{REQUEST}, 1, {NULL}, {"x"}, "", "", "bob@example.net", NOT_YOURS},
	{{REQUEST}, 1, {ALICE}, {"x"}, "", "", BOB, NOT_YOURS},

	/* One after the other; but a certificate with addresses is good for these only. */
	{{STANDARD, COMMON}, 2, {ALICE}, {"bob"}, "", "", "", ALICE},
	{{STANDARD, COMMON}, 2, {ALICE}, {"bob"}, "", "", BOB, NOT_YOURS},
	{{COMMON, STANDARD}, 2, {ALICE}, {"bob"}, "", "", BOB, NOT_YOURS},
	{{STANDARD, COMMON}, 2, {NULL}, {"bob"}, "", "", "", BOB},
	{{STANDARD, COMMON, REQUEST}, 3, {NULL}, {"bob"}, "", "", ALICE, ALICE},
	{{STANDARD, REQUEST}, 2, {"alice@example.net"}, {"bob"}, "", "", ALICE, NOT_YOURS},
};

static void finds_who_it_is(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->accounts.auth.sasl_external = (struct option_list){cases[i].ways, cases[i].way_count};
		f->accounts.auth.common_name = (struct config_common_name){str_from(cases[i].prefix), str_from(cases[i].suffix)};
		show(f, cases[i].addresses, cases[i].common_names);
		assert_string_equal(log_in(f, cases[i].authzid), cases[i].expected);
	}
}

static void refuses_what_is_no_text(void **state)
{
	static const int standard[] = {STANDARD};
	static const struct str messages[] = {{"alice@example.org\0", 18}, {"\xff", 1}, {"\0", 1}};
	struct fixture *f = *state;

	f->accounts.auth.sasl_external = (struct option_list){standard, 1};
	show(f, (const char *const[]){ALICE, NULL}, (const char *const[]){NULL});
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		assert_true(sasl_client_start(&f->client, "EXTERNAL"));
		sasl_client_step(&f->client, messages[i]);
		assert_int_equal(f->client.failure, SASL_FAILURE_MALFORMED_REQUEST);
	}
	/* Without an initial response it is asked for one. */
	assert_true(sasl_client_start(&f->client, "EXTERNAL"));
	sasl_client_step(&f->client, STR_NONE);
	assert_int_equal(f->client.result, SASL_CHALLENGE);
	sasl_client_step(&f->client, STR(""));
	assert_int_equal(f->client.result, SASL_SUCCESS);
}

/* T-AUTH-21 */
static void is_offered_to_whom_it_is_of_use(void **state)
{
	static const int standard[] = {STANDARD}, pki[] = {CONFIG_AUTH_PKI}, internal[] = {CONFIG_AUTH_INTERNAL};
	struct fixture *f = *state;

	f->accounts.auth.sasl_external = (struct option_list){standard, 1};
	assert_false(sasl_client_start(&f->client, "EXTERNAL"));
	show(f, (const char *const[]){ALICE, NULL}, (const char *const[]){NULL});
	assert_true(sasl_client_start(&f->client, "EXTERNAL"));
	f->accounts.auth.methods.count = 1;
	assert_false(sasl_client_start(&f->client, "EXTERNAL"));
	f->accounts.auth.methods.count = 2;
	f->client.listen.limits_auth_methods = true;
	f->client.listen.allowed_auth_methods = (struct option_list){internal, 1};
	assert_false(sasl_client_start(&f->client, "EXTERNAL"));
	f->client.listen.allowed_auth_methods = (struct option_list){pki, 1};
	assert_true(sasl_client_start(&f->client, "EXTERNAL"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds_who_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_offered_to_whom_it_is_of_use, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
