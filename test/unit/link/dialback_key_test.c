#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/s2s/dialback_key.h"

static const struct dialback_key_about example = {
	.secret = STR("s3cr3tf0rd14lb4ck"),
	.receiving = STR("xmpp.example.com"),
	.originating = STR("example.org"),
	.id = STR("D60000229F"),
};
static const char example_key[] = "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643";

/* XEP-0185 §3 */
static void test_the_example_of_the_specification(void **state)
{
	char key[DIALBACK_KEY_CHARS + 1];

	(void)state;
	dialback_key_make(key, &example);
	assert_string_equal(key, example_key);
	assert_true(dialback_key_is(str_from(example_key), &example));
}

/* T-S2S-18: the key says all of it, so that one for another stream is worth nothing. */
static void test_a_key_is_of_one_stream_only(void **state)
{
	struct dialback_key_about other;

	(void)state;
	other = example;
	other.id = STR("D60000229E");
	assert_false(dialback_key_is(str_from(example_key), &other));
	other = example;
	other.receiving = STR("xmpp.example.net");
	assert_false(dialback_key_is(str_from(example_key), &other));
	other = example;
	other.originating = STR("example.net");
	assert_false(dialback_key_is(str_from(example_key), &other));
	other = example;
	other.secret = STR("s3cr3tf0rd14lb4ch");
	assert_false(dialback_key_is(str_from(example_key), &other));
}

static void test_what_is_no_key(void **state)
{
	char upper[DIALBACK_KEY_CHARS + 1];

	(void)state;
	assert_false(dialback_key_is(STR_NONE, &example));
	assert_false(dialback_key_is(STR(""), &example));
	assert_false(dialback_key_is(str_make(example_key, DIALBACK_KEY_CHARS - 1), &example));
	for (int i = 0; i <= DIALBACK_KEY_CHARS; i++)
		upper[i] = (char)(example_key[i] >= 'a' ? example_key[i] - 'a' + 'A' : example_key[i]);
	assert_false(dialback_key_is(str_from(upper), &example));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_example_of_the_specification),
		cmocka_unit_test(test_a_key_is_of_one_stream_only),
		cmocka_unit_test(test_what_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
