#include "xmpp/xerror.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void names_conditions(void **state)
{
	(void)state;
	assert_string_equal(xerror_stream_condition(STREAM_ERROR_NONE), "");
	assert_string_equal(xerror_stream_condition(STREAM_ERROR_BAD_FORMAT), "bad-format");
	assert_string_equal(xerror_stream_condition(STREAM_ERROR_UNSUPPORTED_VERSION), "unsupported-version");
	assert_string_equal(xerror_stanza_condition(STANZA_ERROR_NONE), "");
	assert_string_equal(xerror_stanza_condition(STANZA_ERROR_BAD_REQUEST), "bad-request");
	assert_string_equal(xerror_stanza_condition(STANZA_ERROR_UNEXPECTED_REQUEST), "unexpected-request");
	assert_string_equal(xerror_stanza_type(STANZA_ERROR_NONE), "");
	assert_string_equal(xerror_stanza_type(STANZA_ERROR_NOT_AUTHORIZED), "auth");
	assert_string_equal(xerror_stanza_type(STANZA_ERROR_RECIPIENT_UNAVAILABLE), "wait");
}

/* Every row has a name and one of the four types. */
static void knows_every_error(void **state)
{
	(void)state;
	for (int e = 1; e <= STREAM_ERROR_UNSUPPORTED_VERSION; e++)
		assert_true(strlen(xerror_stream_condition(e)) > 0);
	for (int e = 1; e <= STANZA_ERROR_UNEXPECTED_REQUEST; e++) {
		assert_true(strlen(xerror_stanza_condition(e)) > 0);
		assert_non_null(strstr("auth cancel modify wait", xerror_stanza_type(e)));
		assert_true(strlen(xerror_stanza_type(e)) >= 4);
	}
	assert_string_equal(xerror_stream_condition(STREAM_ERROR_UNSUPPORTED_VERSION + 1), "");
	assert_string_equal(xerror_stanza_condition(STANZA_ERROR_UNEXPECTED_REQUEST + 1), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_conditions),
		cmocka_unit_test(knows_every_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
