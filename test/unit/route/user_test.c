/* How long a user stays: registry_test.c. */
#include "route/user.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bed.h"
#include "support/bed_accounts.h"

static enum answer load(struct call *c)
{
	(void)c;
	return ANSWER_LATER;
}

static unsigned flags_of(struct user *u, struct jid address)
{
	return jid_equal(u->address, address) ? CONTACT_IN_ROSTER : CONTACT_ASKS;
}

static int next(struct user *u, size_t *cursor, struct contact *out)
{
	*out = (struct contact){u->address, CONTACT_SEES_USER};
	return (*cursor)++ < 2;
}

static bool is_blocked(struct user *u, struct jid address)
{
	(void)u;
	return str_is(jid_local(address), "mallory");
}

static const struct contacts_ops ops = {load, flags_of, next};
static const struct module_def mod_contacts = {.name = "mod_contacts", .summary = "", .contacts = &ops, .has_user_state = true};
static const struct module_def mod_blocking = {.name = "mod_blocking", .summary = "", .is_blocked = is_blocked, .has_user_state = true};
static const struct module_def *const with[] = {&mod_contacts, &mod_blocking, NULL}, *const without[] = {NULL};

static void finds_sessions_by_resource(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, without, NULL);

	struct bed_peer *one = bed_login(&b, "alice@localhost/one"), *two = bed_login(&b, "alice@localhost/Two");
	struct user *u = one->session->user;

	assert_ptr_equal(two->session->user, u);
	assert_ptr_equal(user_find_session(u, STR("one")), one->session);
	assert_ptr_equal(user_find_session(u, STR("Two")), two->session);
	assert_null(user_find_session(u, STR("two")));
	assert_null(user_find_session(u, STR_NONE));
	bed_logout(one);
	assert_null(user_find_session(u, STR("one")));
	bed_logout(two);
	bed_close(&b);
}

static void is_reachable_with_a_priority_from_zero(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, without, NULL);

	struct bed_peer *bound = bed_login(&b, "alice@localhost/a"), *negative = bed_come(&b, "alice@localhost/b", -1);

	assert_false(user_is_reachable(bound->session->user));

	struct bed_peer *zero = bed_come(&b, "alice@localhost/c", 0);

	assert_true(user_is_reachable(bound->session->user));
	bed_logout(zero);
	assert_false(user_is_reachable(bound->session->user));
	bed_logout(negative);
	bed_logout(bound);
	bed_close(&b);
}

static void has_a_slot_for_each_module(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, with, NULL);
	assert_int_equal(module_user_slot_count(), 2);
	assert_int_equal(module_session_slot_count(), 0);

	struct bed_peer *p = bed_login(&b, "alice@localhost/a");
	struct user *u = p->session->user;

	assert_null(*user_slot(u, &mod_contacts));
	*user_slot(u, &mod_contacts) = &b;
	assert_null(*user_slot(u, &mod_blocking));
	assert_ptr_equal(*user_slot(u, &mod_contacts), &b);
	*user_slot(u, &mod_contacts) = NULL;
	bed_logout(p);
	bed_close(&b);
}

static void asks_its_host_for_contacts(void **state)
{
	struct bed b;
	struct contact found;
	size_t cursor = 0;

	(void)state;
	bed_open(&b, 1, with, NULL);

	struct bed_peer *p = bed_login(&b, "alice@localhost/a");
	struct user *u = p->session->user;
	struct call c = {.user = u};

	assert_int_equal(contacts_load(&c), ANSWER_LATER);
	assert_int_equal(contacts_flags_of(u, u->address), CONTACT_IN_ROSTER);
	assert_true(contacts_next(u, &cursor, &found));
	assert_int_equal(found.flags, CONTACT_SEES_USER);
	assert_true(contacts_next(u, &cursor, &found));
	assert_false(contacts_next(u, &cursor, &found));
	assert_true(contacts_is_blocked(u, bed_jid("mallory@localhost")));
	assert_false(contacts_is_blocked(u, bed_jid("bob@localhost")));
	bed_logout(p);
	bed_close(&b);
	bed_open(&b, 1, without, NULL);
	p = bed_login(&b, "alice@localhost/a");
	c.user = u = p->session->user;
	assert_int_equal(contacts_load(&c), ANSWER_PASS);
	assert_int_equal(contacts_flags_of(u, u->address), 0);
	assert_false(contacts_next(u, &cursor, &found));
	assert_false(contacts_is_blocked(u, bed_jid("mallory@localhost")));
	bed_logout(p);
	bed_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_sessions_by_resource),
		cmocka_unit_test(is_reachable_with_a_priority_from_zero),
		cmocka_unit_test(has_a_slot_for_each_module),
		cmocka_unit_test(asks_its_host_for_contacts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
