#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static void has_a_text_for_each(void **state)
{
	(void)state;
	for (int e = ERR_NONE; e <= ERR_SYSTEM; e++)
		assert_true(strlen(err_text((enum err)e)) > 0);
	assert_string_equal(err_text(ERR_NOT_FOUND), "not found");
}

static void says_why(void **state)
{
	struct why why;

	(void)state;
	assert_int_equal(err_because(ERR_BUSY, &why, "port %d is taken\nby x", 5222), ERR_BUSY);
	assert_string_equal(why.text, "port 5222 is taken by x");
	assert_int_equal(err_because(ERR_LIMIT, NULL, "nobody asked"), ERR_LIMIT);
}

static void cuts_what_is_too_long(void **state)
{
	struct why why;
	char text[1000];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(err_because(ERR_INVALID, &why, "%.*s", (int)sizeof(text), text), ERR_INVALID);
	assert_int_equal(strlen(why.text), sizeof(why.text) - 1);
}

static void knows_errno(void **state)
{
	(void)state;
	assert_int_equal(err_from_errno(0), ERR_NONE);
	assert_int_equal(err_from_errno(EADDRINUSE), ERR_BUSY);
	assert_int_equal(err_from_errno(EACCES), ERR_ACCESS);
	assert_int_equal(err_from_errno(ENOENT), ERR_NOT_FOUND);
	assert_int_equal(err_from_errno(EMFILE), ERR_LIMIT);
	assert_int_equal(err_from_errno(ECONNRESET), ERR_CLOSED);
	assert_int_equal(err_from_errno(ETIMEDOUT), ERR_TIMEOUT);
	assert_int_equal(err_from_errno(EIO), ERR_SYSTEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_a_text_for_each),
		cmocka_unit_test(says_why),
		cmocka_unit_test(cuts_what_is_too_long),
		cmocka_unit_test(knows_errno),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
