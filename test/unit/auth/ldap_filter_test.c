#include "auth/ldap_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define assert_text(b, text) assert_true(str_is(buf_str(&(b)), text))

static struct buf out;

static int set_up(void **state)
{
	(void)state;
	buf_init(&out);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_fini(&out);
	return 0;
}

static void escapes(void **state)
{
	static const struct {
		struct str raw;
		const char *escaped;
	} cases[] = {
		{{"alice", 5}, "alice"},
		{{"", 0}, ""},
		{{"*", 1}, "\\2a"},
		{{"a)(uid=*", 8}, "a\\29\\28uid=\\2a"},
		{{"a\\b", 3}, "a\\5cb"},
		{{"a\0b\n", 4}, "a\\00b\\0a"},
		{{"\xc3\xa9", 2}, "\xc3\xa9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_clear(&out);
		ldap_filter_escape(cases[i].raw, &out);
		assert_text(out, cases[i].escaped);
	}
}

static void asks_for_users(void **state)
{
	static const struct config_ldap_uid uids[] = {{{"uid", 3}, {"%u", 2}}, {{"mail", 4}, {"%u@h(1)", 7}}};
	struct config_auth_ldap l = {.uids = {uids, 1}};

	(void)state;
	ldap_filter_user(&l, STR("alice"), &out);
	assert_text(out, "(uid=alice)");
	buf_clear(&out);
	l.filter = STR("(objectClass=person)");
	ldap_filter_user(&l, STR("*)(uid=*"), &out);
	assert_text(out, "(&(uid=\\2a\\29\\28uid=\\2a)(objectClass=person))");
	buf_clear(&out);
	l.uids.count = 2;
	ldap_filter_user(&l, STR("a*"), &out);
	assert_text(out, "(&(|(uid=a\\2a)(mail=a\\2a@h\\281\\29))(objectClass=person))");
}

static void expands_variables(void **state)
{
	static const struct str values[] = {{"one", 3}, {"t*o", 3}};
	const struct ldap_filter_variables v = {STR("al(ice"), STR("h"), STR("uid=al\\,ice,dc=h"), values, 2};

	(void)state;
	ldap_filter_expand(STR("(&(a=%s)(b=%s)(c=%s)(u=%u@%d)(o=%D)(x=100%)(y=%z))"), &v, &out);
	assert_text(out, "(&(a=one)(b=t\\2ao)(c=)(u=al\\28ice@h)(o=uid=al\\5c,ice,dc=h)(x=100%)(y=%z))");
	buf_clear(&out);
	ldap_filter_expand(STR("%"), &v, &out);
	assert_text(out, "%");
}

/* What a value brings with it is not expanded again. */
static void expands_once(void **state)
{
	static const struct str values[] = {{"%u%D", 4}};
	const struct ldap_filter_variables v = {STR("%s"), STR("%d"), STR("dn"), values, 1};

	(void)state;
	ldap_filter_expand(STR("(a=%u)(b=%s)(c=%d)"), &v, &out);
	assert_text(out, "(a=%s)(b=%u%D)(c=%d)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(escapes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(asks_for_users, set_up, tear_down),
		cmocka_unit_test_setup_teardown(expands_variables, set_up, tear_down),
		cmocka_unit_test_setup_teardown(expands_once, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
