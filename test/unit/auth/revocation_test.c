#include "auth/revocation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void tells_what_came_between(void **state)
{
	struct revocation_list *l = revocation_list_new();
	uint64_t before = revocation_now(l), between;

	(void)state;
	assert_false(revocation_came(l, STR("a@h"), before));
	revocation_note(l, STR("a@h"));
	between = revocation_now(l);
	revocation_note(l, STR("b@h"));
	assert_true(revocation_came(l, STR("a@h"), before));
	assert_true(revocation_came(l, STR("b@h"), before));
	assert_false(revocation_came(l, STR("c@h"), before));
	assert_false(revocation_came(l, STR("a@h"), between));
	assert_true(revocation_came(l, STR("b@h"), between));
	assert_false(revocation_came(l, STR("b@h"), revocation_now(l)));
	revocation_list_free(&l);
	assert_null(l);
}

/* Nobody can tell any more whether it was among them. */
static void forgets_in_favour_of_safety(void **state)
{
	struct revocation_list *l = revocation_list_new();
	uint64_t before = revocation_now(l);

	(void)state;
	for (int i = 0; i < REVOCATION_KEPT; i++)
		revocation_note(l, STR("b@h"));
	assert_false(revocation_came(l, STR("a@h"), before));
	revocation_note(l, STR("b@h"));
	assert_true(revocation_came(l, STR("a@h"), before));
	assert_false(revocation_came(l, STR("a@h"), before + 1));
	revocation_list_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_came_between),
		cmocka_unit_test(forgets_in_favour_of_safety),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
