/* Questions to several methods, and to partners that do not behave: configurations are read as from a file. */
#include "auth/method.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "auth/guest.h"
#include "base/clock.h"
#include "base/mem.h"
#include "support/accounts.h"
#include "support/conf_check.h"

#define GENERAL "general = {hosts = [\"h\", \"i\"], default_server_domain = \"h\"}\n"
#define PLAIN "[auth]\nsasl_mechanisms = [\"plain\"]\npassword.scram_iterations = 5\n"
#define PROGRAM "\"/usr/bin/python3 test/support/partners/authenticator.py /dev/null\""

struct fixture {
	struct accounts accounts;
	const struct config *config;
	int method;
};

static int set_up(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));

	accounts_init(&f->accounts);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	accounts_fini(&f->accounts);
	config_unref(&f->config);
	free(f);
	return 0;
}

static void use(struct fixture *f, const char *text)
{
	struct why why = {""};
	const struct config *c = conf_check(text, "");

	assert_non_null(c);
	assert_true(account_service_use(&f->accounts.service, c, &why));
	config_unref(&f->config);
	f->config = c;
}

static struct account_asker asker(struct fixture *f)
{
	struct account_asker a = accounts_asker(&f->accounts);

	a.auth = config_find_host(f->config, STR("h"))->auth;
	a.method_out = &f->method;
	f->method = -1;
	return a;
}

static enum err check_password(struct fixture *f, const char *who, const char *password, uint32_t denied)
{
	struct account_asker a = asker(f);

	a.denied = denied;
	account_check_password(a, accounts_jid(who), str_from(password), accounts_done);
	assert_false(f->accounts.answered);
	return accounts_await(&f->accounts);
}

static enum err register_account(struct fixture *f, const char *who)
{
	account_register(asker(f), accounts_jid(who), STR("secret"), accounts_done);
	assert_false(f->accounts.answered);
	return accounts_await(&f->accounts);
}

static enum err exists(struct fixture *f, const char *who)
{
	account_exists(asker(f), accounts_jid(who), accounts_done);
	assert_false(f->accounts.answered);
	return accounts_await(&f->accounts);
}

static void tells_who_has_said_yes(void **state)
{
	struct fixture *f = *state;

	use(f, GENERAL PLAIN "methods = [\"internal\", \"dummy\"]\ninternal = {}\ndummy = {base_time = 0, variance = 1}\n");
	/* That to dummy everybody exists is no obstacle. */
	assert_int_equal(register_account(f, "alice@h"), ERR_NONE);
	assert_int_equal(register_account(f, "alice@h"), ERR_EXISTS);
	assert_int_equal(check_password(f, "alice@h", "secret", 0), ERR_NONE);
	assert_int_equal(f->method, CONFIG_AUTH_INTERNAL);
	assert_int_equal(check_password(f, "alice@h", "wrong", 0), ERR_NONE);
	assert_int_equal(f->method, CONFIG_AUTH_DUMMY);
}

static void asks_nobody_who_is_denied(void **state)
{
	enum { NO_DUMMY = 1 << CONFIG_AUTH_DUMMY, NO_INTERNAL = 1 << CONFIG_AUTH_INTERNAL };
	struct fixture *f = *state;

	use(f, GENERAL PLAIN "methods = [\"internal\", \"dummy\"]\ninternal = {}\ndummy = {base_time = 0, variance = 1}\n");
	assert_int_equal(check_password(f, "alice@h", "secret", NO_DUMMY), ERR_NOT_FOUND);
	assert_int_equal(check_password(f, "alice@h", "secret", NO_INTERNAL), ERR_NONE);
	assert_int_equal(check_password(f, "alice@h", "secret", NO_INTERNAL | NO_DUMMY), ERR_NOT_FOUND);
	assert_int_equal(f->method, -1);
	assert_int_equal(method_services(asker(f).auth, 0), METHOD_PASSWORDS | METHOD_KEYS);
	assert_int_equal(method_services(asker(f).auth, NO_INTERNAL), METHOD_PASSWORDS);
	assert_int_equal(method_services(asker(f).auth, NO_INTERNAL | NO_DUMMY), 0);
}

/* A ban holds wherever the account is. */
static void honours_bans_of_others(void **state)
{
	struct fixture *f = *state;

	use(f, GENERAL "auth.dummy = {base_time = 0, variance = 1}\n");
	account_ban(asker(f), accounts_jid("alice@h"), accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	assert_int_equal(check_password(f, "alice@h", "x", 0), ERR_CLOSED);
	assert_int_equal(check_password(f, "bob@h", "x", 0), ERR_NONE);
	account_unban(asker(f), accounts_jid("alice@h"), accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	assert_int_equal(check_password(f, "alice@h", "x", 0), ERR_NONE);
}

static void cannot_change_everything(void **state)
{
	struct fixture *f = *state;

	use(f, GENERAL "auth.dummy = {base_time = 0, variance = 1}\n");
	assert_int_equal(register_account(f, "alice@h"), ERR_ACCESS);
	account_set_password(asker(f), accounts_jid("alice@h"), STR("x"), accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_ACCESS);
	account_remove(asker(f), accounts_jid("alice@h"), accounts_done);
	assert_int_equal(accounts_await(&f->accounts), ERR_ACCESS);
}

/* Names of accounts are no guests' names, also where a listener denies the method of the account. */
static void keeps_guests_from_accounts(void **state)
{
	static const char text[] = GENERAL PLAIN "methods = [\"anonymous\", \"internal\"]\ninternal = {}\nanonymous.protocol = \"login_anon\"\n";
	struct fixture *f = *state;

	use(f, text);
	assert_int_equal(register_account(f, "alice@h"), ERR_NONE);
	assert_int_equal(check_password(f, "alice@h", "wrong", 0), ERR_ACCESS);
	assert_int_equal(check_password(f, "alice@h", "wrong", 1 << CONFIG_AUTH_INTERNAL), ERR_NOT_FOUND);
	assert_int_equal(check_password(f, "alice@h", "secret", 0), ERR_NONE);
	assert_int_equal(f->method, CONFIG_AUTH_INTERNAL);
	assert_int_equal(check_password(f, "carol@h", "anything", 0), ERR_NONE);
	assert_int_equal(f->method, CONFIG_AUTH_ANONYMOUS);
	guest_arrive(&f->accounts.service, accounts_jid("carol@h"));
	assert_int_equal(check_password(f, "carol@h", "anything", 0), ERR_ACCESS);
	assert_int_equal(exists(f, "carol@h"), ERR_NONE);
	assert_int_equal(register_account(f, "carol@h"), ERR_EXISTS);
	guest_leave(&f->accounts.service, accounts_jid("carol@h"), &f->accounts.mailbox);
	assert_int_equal(exists(f, "carol@h"), ERR_NOT_FOUND);
	assert_int_equal(register_account(f, "carol@h"), ERR_NONE);
}

/* Who cannot be asked might know the name. */
static void lets_no_guest_in_unless_it_is_sure(void **state)
{
	struct fixture *f = *state;

	use(f, GENERAL PLAIN "methods = [\"external\", \"anonymous\"]\nexternal.program = \"/bin/false\"\nanonymous.protocol = \"both\"\n");
	assert_int_equal(check_password(f, "carol@h", "x", 0), ERR_SYSTEM);
	assert_int_equal(check_password(f, "carol@h", "x", 1 << CONFIG_AUTH_EXTERNAL), ERR_SYSTEM);
}

static void has_nothing_to_say_without_methods(void **state)
{
	struct fixture *f = *state;
	struct account_asker a;
	struct config_auth none;

	use(f, GENERAL "auth.internal = {}\n");
	a = asker(f);
	none = *a.auth;
	none.methods.count = 0;
	a.auth = &none;
	account_check_password(a, accounts_jid("alice@h"), STR("x"), accounts_done);
	assert_false(f->accounts.answered);
	assert_int_equal(accounts_await(&f->accounts), ERR_NOT_FOUND);
}

/* What is under way is given up and what waits is dropped; everything is answered, and soon. */
static int answers;

static void on_counted(void *context, enum err result)
{
	assert_true(result == ERR_SYSTEM || result == ERR_BUSY);
	*(bool *)context = ++answers == 5;
}

static void finishes_while_a_program_hangs(void **state)
{
	struct fixture *f = *state;
	struct account_asker a;
	bool all_are_there = false;
	int64_t began = clock_monotonic_ms();

	use(f, GENERAL "auth.external.program = " PROGRAM "\n");
	a = asker(f);
	a.method_out = NULL;
	a.context = &all_are_there;
	answers = 0;
	for (int i = 0; i < 5; i++)
		account_check_password(a, accounts_jid("hang@h"), STR("secret"), on_counted);
	account_service_finish(&f->accounts.service);
	await(&f->accounts.mailbox, &all_are_there);
	assert_true(clock_monotonic_ms() - began < 4000);
	assert_int_equal(check_password(f, "alice@h", "secret", 0), ERR_BUSY);
}

/* Settings of a partner change while it is asked: who asks with the old ones still gets an answer, and nothing is left behind. */
static void survives_a_reload(void **state)
{
	struct fixture *f = *state;
	const struct config *old;
	struct account_asker a;

	use(f, GENERAL "auth.external = {program = " PROGRAM "}\n");
	assert_int_equal(check_password(f, "alice@h", "secret", 0), ERR_NONE);
	a = asker(f);
	config_ref(f->config);
	old = f->config;
	account_check_password(a, accounts_jid("alice@h"), STR("secret"), accounts_done);
	use(f, GENERAL "auth.external = {program = " PROGRAM ", instances = 2}\n");
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	account_check_password(a, accounts_jid("alice@h"), STR("secret"), accounts_done);
	f->accounts.answered = false;
	assert_int_equal(accounts_await(&f->accounts), ERR_NONE);
	assert_int_equal(check_password(f, "alice@h", "secret", 0), ERR_NONE);
	config_unref(&old);
}

static void refuses_what_cannot_be_opened(void **state)
{
	static const char good[] = GENERAL "auth.jwt = {secret.value = \"s\", algorithm = \"HS256\", username_key = \"u\"}\n";
	static const char bad[] = GENERAL "auth.dummy = {}\nauth.jwt = {secret.value = \"s\", algorithm = \"RS256\", username_key = \"u\"}\n";
	struct fixture *f = *state;
	const struct config *c = conf_check(bad, "");
	struct why why = {""};

	use(f, good);
	assert_false(account_service_check(c, &why));
	assert_string_equal(why.text, "auth.jwt.secret: RS256 needs a public key or a certificate in PEM");
	assert_false(account_service_use(&f->accounts.service, c, &why));
	config_unref(&c);
	assert_int_equal(check_password(f, "alice@h", "no token", 0), ERR_ACCESS);
	c = conf_check(GENERAL "auth.jwt = {secret.env = \"MEERKAT_NO_SUCH\", algorithm = \"HS256\", username_key = \"u\"}\n", "");
	assert_false(account_service_check(c, &why));
	config_unref(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(tells_who_has_said_yes),
		TEST(asks_nobody_who_is_denied),
		TEST(honours_bans_of_others),
		TEST(cannot_change_everything),
		TEST(keeps_guests_from_accounts),
		TEST(lets_no_guest_in_unless_it_is_sure),
		TEST(has_nothing_to_say_without_methods),
		TEST(finishes_while_a_program_hangs),
		TEST(survives_a_reload),
		TEST(refuses_what_cannot_be_opened),
	};

	signal(SIGPIPE, SIG_IGN); /* as the server does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
