#include "auth/guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "support/accounts.h"

#define CAROL "carol@example.org"

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

static void set_flag(struct store_job *job, void *context)
{
	(void)job;
	*(bool *)context = true;
}

static void put(struct accounts *a, const char *kind)
{
	bool is_done = false;
	struct store_job *job = store_job_new(a->store, &a->mailbox, set_flag, &is_done);

	store_value_put(job, STR(CAROL), kind, STR("x"));
	store_submit_post(job);
	await(&a->mailbox, &is_done);
	store_job_free(&job);
}

static bool has(struct accounts *a, const char *kind)
{
	bool is_done = false, is_there;
	struct store_job *job = store_job_new(a->store, &a->mailbox, set_flag, &is_done);
	size_t step = store_value_get(job, STR(CAROL), kind);

	store_job_keep_order(job);
	store_submit_post(job);
	await(&a->mailbox, &is_done);
	is_there = store_job_rows(job, step).count > 0;
	store_job_free(&job);
	return is_there;
}

static void leaves_nothing(void **state)
{
	struct accounts *a = *state;
	struct jid carol = accounts_jid(CAROL);

	assert_false(guest_is_here(&a->service, carol));
	guest_arrive(&a->service, carol);
	guest_arrive(&a->service, carol);
	put(a, "vcard");
	guest_leave(&a->service, carol, &a->mailbox);
	assert_true(guest_is_here(&a->service, carol));
	assert_true(has(a, "vcard"));
	guest_leave(&a->service, carol, &a->mailbox);
	assert_false(guest_is_here(&a->service, carol));
	assert_false(has(a, "vcard"));
	assert_false(has(a, ACCOUNT_KIND));
}

/* Somebody has registered the name in spite of everything: an account is never touched. */
static void spares_accounts(void **state)
{
	struct accounts *a = *state;

	guest_arrive(&a->service, accounts_jid(CAROL));
	accounts_add(a, CAROL, "secret");
	put(a, "vcard");
	guest_leave(&a->service, accounts_jid(CAROL), &a->mailbox);
	assert_true(has(a, "vcard"));
	assert_true(has(a, ACCOUNT_KIND));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(leaves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(spares_accounts, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
