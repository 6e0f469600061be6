#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/scram_message.h"

#define MESSAGE(text) {text, sizeof(text) - 1}

static void test_good_first(void **state)
{
	static const struct {
		struct str message;
		enum scram_message_binding binding;
		const char *type, *header, *authzid, *bare, *name, *nonce;
	} cases[] = {
		{MESSAGE("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"), SCRAM_MESSAGE_CANNOT, NULL, "n,,", NULL,
		 "n=user,r=fyko+d2lbbFgONRv9qkxdawL", "user", "fyko+d2lbbFgONRv9qkxdawL"},
		{MESSAGE("y,a=me,n=u,r=!"), SCRAM_MESSAGE_CANNOT_SEE, NULL, "y,a=me,", "me", "n=u,r=!", "u", "!"},
		{MESSAGE("p=tls-unique,,n=a=2Cb,r=~"), SCRAM_MESSAGE_BINDS, "tls-unique", "p=tls-unique,,", NULL, "n=a=2Cb,r=~", "a=2Cb", "~"},
		{MESSAGE("n,,n=\xc3\xa9,r=a=b,x=y,Z=="), SCRAM_MESSAGE_CANNOT, NULL, "n,,", NULL, "n=\xc3\xa9,r=a=b,x=y,Z==", "\xc3\xa9", "a=b"},
		{MESSAGE("n,,n=,r=a"), SCRAM_MESSAGE_CANNOT, NULL, "n,,", NULL, "n=,r=a", "", "a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct scram_message_first f;

		assert_true(scram_message_parse_first(cases[i].message, &f));
		assert_int_equal(f.binding, cases[i].binding);
		assert_true(str_equal(f.binding_type, str_from(cases[i].type)));
		assert_true(str_is(f.gs2_header, cases[i].header));
		assert_true(str_equal(f.authzid, str_from(cases[i].authzid)) && !f.authzid.data == !cases[i].authzid);
		assert_true(str_is(f.bare, cases[i].bare));
		assert_true(str_is(f.name, cases[i].name));
		assert_true(str_is(f.nonce, cases[i].nonce));
	}
}

static void test_bad_first(void **state)
{
	static const struct str cases[] = {
		{NULL, 0}, MESSAGE(""), MESSAGE(","), MESSAGE("n"), MESSAGE("n,"), MESSAGE("n,,"), MESSAGE("n,,n=u"), MESSAGE("n,,n=u,"),
		MESSAGE("n,,n=u,r="), MESSAGE("n,,r=a,n=u"), MESSAGE("n,,r=a"),
		MESSAGE("n,n=u,r=a"), MESSAGE("n=u,r=a"), MESSAGE("x,,n=u,r=a"),
		MESSAGE("nn,,n=u,r=a"), MESSAGE("N,,n=u,r=a"),
		MESSAGE("p,,n=u,r=a"), MESSAGE("p=,,n=u,r=a"), MESSAGE("p=tls unique,,n=u,r=a"),
		MESSAGE("p=tls_unique,,n=u,r=a"), MESSAGE("p=\xc3\xa9,,n=u,r=a"),
		MESSAGE("n,a=,n=u,r=a"), MESSAGE("n,b=x,n=u,r=a"),
		MESSAGE("n,a,n=u,r=a"), MESSAGE("n,x,n=u,r=a"),
		MESSAGE("n,,m=x,n=u,r=a"), MESSAGE("n,,n=u,r=a,m=x"), MESSAGE("n,,n=u,r=a,"),
		MESSAGE("n,,n=u,r=a,,"), MESSAGE("n,,n=u,r=a,x"),
		MESSAGE("n,,n=u,r=a,x="), MESSAGE("n,,n=u,r=a,1=x"), MESSAGE("n,,n=u,r=a,xx=x"),
		MESSAGE("n,,n=u,r=a b"), MESSAGE("n,,n=u,r=a\x7f"),
		MESSAGE("n,,n=u,r=\xc3\xa9"), MESSAGE("n,,n=u\0,r=a"), MESSAGE("n,,n=u,r=a\0"),
		MESSAGE("n,,n=\xff,r=a"), MESSAGE("n,,n=\xed\xa0\x80,r=a"),
		MESSAGE("n,,x=y,n=u,r=a"), MESSAGE("n,,nu,r=a"), MESSAGE(" n,,n=u,r=a"),
	};
	struct scram_message_first f;
	char *longest = malloc(100000);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (scram_message_parse_first(cases[i], &f))
			fail_msg("taken: %.*s", STR_ARGS(cases[i]));
	}
	memset(longest, 'a', 100000);
	memcpy(longest, "n,,n=u,r=", 9);
	assert_true(scram_message_parse_first(str_make(longest, 1000), &f));
	assert_false(scram_message_parse_first(str_make(longest, 100000), &f));
	free(longest);
}

static void test_good_final(void **state)
{
	static const struct {
		struct str message;
		const char *binding, *nonce, *without_proof, *proof;
	} cases[] = {
		{MESSAGE("c=biws,r=abc,p=v0X8v3Bz2T0="), "biws", "abc", "c=biws,r=abc", "v0X8v3Bz2T0="},
		{MESSAGE("c=,r=a,x=p=q,p=A"), "", "a", "c=,r=a,x=p=q", "A"},
		{MESSAGE("c=biws,r=a,p=x,p=y"), "biws", "a", "c=biws,r=a,p=x", "y"}, /* the last one counts */
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct scram_message_final f;

		assert_true(scram_message_parse_final(cases[i].message, &f));
		assert_true(str_is(f.binding, cases[i].binding));
		assert_true(str_is(f.nonce, cases[i].nonce));
		assert_true(str_is(f.without_proof, cases[i].without_proof));
		assert_true(str_is(f.proof, cases[i].proof));
	}
}

static void test_bad_final(void **state)
{
	static const struct str cases[] = {
		{NULL, 0}, MESSAGE(""), MESSAGE(","), MESSAGE("p=x"), MESSAGE(",p=x"), MESSAGE("c=biws,p=x"), MESSAGE("r=a,p=x"),
		MESSAGE("c=biws,r=a"),
		MESSAGE("c=biws,r=a,p="), MESSAGE("c=biws,r=a,p"),
		MESSAGE("c=biws,r=a,p=x,"), MESSAGE("c=biws,r=a,p=x,x=y"), MESSAGE("c=biws,r=,p=x"),
		MESSAGE("r=a,c=biws,p=x"), MESSAGE("c,r=a,p=x"),
		MESSAGE("c=biws,r=a,m=x,p=x"), MESSAGE("c=biws,r=a,,p=x"), MESSAGE("c=biws,r=a b,p=x"),
		MESSAGE("c=biws,r=a,p=\xff"), MESSAGE("c=biws,r=a\0,p=x"), MESSAGE("m=1,c=biws,r=a,p=x"),
	};
	struct scram_message_final f;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		if (scram_message_parse_final(cases[i], &f))
			fail_msg("taken: %.*s", STR_ARGS(cases[i]));
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *encoded, *name;
	} cases[] = {
		{"user", "user"}, {"a=2Cb", "a,b"}, {"a=3Db", "a=b"}, {"=2C=3D", ",="}, {"=3D2C", "=2C"}, {"\xc3\xa9", "\xc3\xa9"},
		{"", NULL}, {"=", NULL}, {"a=", NULL}, {"=2", NULL}, {"=2c", NULL}, {"=3d", NULL}, {"=2D", NULL}, {"==2C", NULL}, {"=41", NULL},
		{"\xff", NULL}, {"\xc3=2C", NULL},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str name;

		assert_int_equal(scram_message_decode_name(&a, str_from(cases[i].encoded), &name), cases[i].name != NULL);
		if (cases[i].name)
			assert_true(str_is(name, cases[i].name));
	}
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_first),
		cmocka_unit_test(test_bad_first),
		cmocka_unit_test(test_good_final),
		cmocka_unit_test(test_bad_final),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
