#include "auth/domain_password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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
	accounts_fini(*state);
	free(*state);
	return 0;
}

static struct domain_password_asker asker(struct accounts *a)
{
	struct account_asker asker = accounts_asker(a);

	return (struct domain_password_asker){
		.service = asker.service, .reply_to = asker.reply_to, .iterations = 1000, .context = asker.context};
}

static enum err set(struct accounts *a, const char *domain, struct str password)
{
	domain_password_set(asker(a), str_from(domain), password, accounts_done);
	assert_false(a->answered);
	return accounts_await(a);
}

static enum err check_password(struct accounts *a, const char *domain, struct str password)
{
	domain_password_check(asker(a), str_from(domain), password, accounts_done);
	assert_false(a->answered);
	return accounts_await(a);
}

static enum err delete(struct accounts *a, const char *domain)
{
	domain_password_delete(asker(a), str_from(domain), accounts_done);
	assert_false(a->answered);
	return accounts_await(a);
}

static void each_domain_has_its_own(void **state)
{
	struct accounts *a = *state;

	assert_int_equal(check_password(a, "one.example", STR("secret")), ERR_ACCESS);
	assert_int_equal(set(a, "one.example", STR("secret")), ERR_NONE);
	assert_int_equal(check_password(a, "one.example", STR("secret")), ERR_NONE);
	assert_int_equal(check_password(a, "one.example", STR("Secret")), ERR_ACCESS);
	assert_int_equal(check_password(a, "two.example", STR("secret")), ERR_ACCESS);
	assert_int_equal(set(a, "one.example", STR("other")), ERR_NONE);
	assert_int_equal(check_password(a, "one.example", STR("secret")), ERR_ACCESS);
	assert_int_equal(check_password(a, "one.example", STR("other")), ERR_NONE);
}

static void they_can_be_taken_away(void **state)
{
	struct accounts *a = *state;

	assert_int_equal(delete(a, "one.example"), ERR_NOT_FOUND);
	assert_int_equal(set(a, "one.example", STR("secret")), ERR_NONE);
	assert_int_equal(delete(a, "one.example"), ERR_NONE);
	assert_int_equal(check_password(a, "one.example", STR("secret")), ERR_ACCESS);
	assert_int_equal(delete(a, "one.example"), ERR_NOT_FOUND);
}

static void what_cannot_be_a_password_is_none(void **state)
{
	struct accounts *a = *state;

	assert_int_equal(set(a, "one.example", STR("")), ERR_INVALID);
	assert_int_equal(set(a, "one.example", STR("a\1b")), ERR_INVALID);
	assert_int_equal(check_password(a, "one.example", STR("")), ERR_ACCESS);
	assert_int_equal(check_password(a, "one.example", STR("a\1b")), ERR_ACCESS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_domain_has_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(they_can_be_taken_away, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_a_password_is_none, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
