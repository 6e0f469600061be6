#include "net/tls_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <openssl/x509v3.h>

/* A certificate with these names and nothing else, not even a signature. */
static X509 *make(const char *alt_names)
{
	X509 *x509 = X509_new();

	if (alt_names) {
		X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, alt_names);

		assert_non_null(e);
		X509_add_ext(x509, e, -1);
		X509_EXTENSION_free(e);
	}
	return x509;
}

static void add_common_name(X509 *x509, int type, const char *bytes, int len)
{
	X509_NAME *subject = X509_get_subject_name(x509);

	assert_int_equal(X509_NAME_add_entry_by_NID(subject, NID_commonName, type, (const unsigned char *)bytes, len, -1, 0), 1);
}

/* One alternative name made by hand, of which the bytes may be anything. */
static void add_other_name(X509 *x509, const char *id, int type, const char *bytes, size_t len)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_TYPE *value = ASN1_TYPE_new();
	ASN1_STRING *text = ASN1_STRING_type_new(type);

	ASN1_STRING_set(text, bytes, (int)len);
	ASN1_TYPE_set(value, type, text);
	assert_int_equal(GENERAL_NAME_set0_othername(name, OBJ_txt2obj(id, 1), value), 1);
	sk_GENERAL_NAME_push(names, name);
	assert_int_equal(X509_add1_ext_i2d(x509, NID_subject_alt_name, names, 0, X509V3_ADD_APPEND), 1);
	GENERAL_NAMES_free(names);
}

#define XMPP "otherName:1.3.6.1.5.5.7.8.5;UTF8:"
#define SERVICE "otherName:1.3.6.1.5.5.7.8.7;IA5:"

static void assert_list(struct tls_name_list list, const char *expected)
{
	char all[1000] = "";

	for (size_t i = 0; i < list.count; i++) {
		strncat(all, list.items[i].data, list.items[i].len);
		strcat(all, " ");
	}
	assert_string_equal(all, expected);
}

static void lists_addresses(void **state)
{
	static const struct {
		const char *alt_names, *expected;
	} cases[] = {
		{NULL, ""},
		{"DNS:localhost,email:romeo@localhost,URI:xmpp:romeo@localhost", ""},
		{XMPP "romeo@localhost", "romeo@localhost "},
		{"DNS:x," XMPP "romeo@localhost," XMPP "tybalt@localhost", "romeo@localhost tybalt@localhost "},
		/* Another kind of name, another kind of text. */
		{"otherName:1.3.6.1.5.5.7.8.6;UTF8:romeo@localhost", ""},
		{"otherName:1.3.6.1.5.5.7.8.5;IA5:romeo@localhost", " "},
		{"otherName:1.3.6.1.5.5.7.8.5;INTEGER:5", " "},
		{XMPP "", " "},
	};
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		X509 *x509 = make(cases[i].alt_names);

		assert_list(tls_name_addresses(x509, &a), cases[i].expected);
		X509_free(x509);
	}
	arena_fini(&a);
}

/* "romeo@localhost" with a zero, and what an attacker owns behind it. */
static void notes_what_is_no_name(void **state)
{
	struct arena a;
	X509 *x509;

	(void)state;
	arena_init(&a, 0);
	x509 = make(NULL);
	add_other_name(x509, "1.3.6.1.5.5.7.8.5", V_ASN1_UTF8STRING, "romeo@localhost\0.evil.example", 29);
	assert_list(tls_name_addresses(x509, &a), " ");
	assert_false(tls_name_covers(x509, STR("romeo@localhost"), "xmpp-client"));
	X509_free(x509);

	x509 = make(NULL);
	add_other_name(x509, "1.3.6.1.5.5.7.8.5", V_ASN1_UTF8STRING, "ro\xffmeo", 6);
	add_common_name(x509, V_ASN1_PRINTABLESTRING, "romeo\0@evil", 11);
	add_common_name(x509, V_ASN1_UTF8STRING, "tybalt", 6);
	assert_list(tls_name_addresses(x509, &a), " ");
	assert_list(tls_name_common(x509, &a), " tybalt ");
	X509_free(x509);

	x509 = make(NULL);
	add_other_name(x509, "1.3.6.1.5.5.7.8.5", V_ASN1_IA5STRING, "romeo@localhost", 15);
	assert_list(tls_name_addresses(x509, &a), " ");
	assert_false(tls_name_covers(x509, STR("romeo@localhost"), "xmpp-client"));
	X509_free(x509);

	x509 = make(NULL);
	add_other_name(x509, "1.3.6.1.5.5.7.8.5", V_ASN1_UTF8STRING, "b\xc3\xbc" "cher.example", 15);
	assert_list(tls_name_addresses(x509, &a), "b\xc3\xbc" "cher.example ");
	assert_true(tls_name_covers(x509, STR("b\xc3\xbc" "cher.example"), "xmpp-client"));
	X509_free(x509);
	arena_fini(&a);
}

static void lists_common_names(void **state)
{
	X509 *x509 = make(NULL);
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_list(tls_name_common(x509, &a), "");
	add_common_name(x509, V_ASN1_UTF8STRING, "r\xc3\xb6meo", 6);
	add_common_name(x509, V_ASN1_BMPSTRING, "\0j\0\xfc", 4);
	assert_list(tls_name_common(x509, &a), "r\xc3\xb6meo j\xc3\xbc ");
	X509_free(x509);
	arena_fini(&a);
}

static void knows_what_it_covers(void **state)
{
	static const struct {
		const char *alt_names, *domain;
		bool is_covered;
	} cases[] = {
		{"DNS:example.org", "example.org", true},
		{"DNS:EXAMPLE.org", "example.ORG", true},
		{"DNS:example.org", "im.example.org", false},
		{"DNS:example.org", "example.com", false},
		{"DNS:*.example.org", "im.example.org", true},
		{"DNS:*.example.org", "a.im.example.org", false},
		{"DNS:*.example.org", "example.org", false},
		{"DNS:*.org", "example.org", false},
		{"DNS:*", "localhost", false},
		{"DNS:i*.example.org", "im.example.org", false},
		{"DNS:im.*.org", "im.example.org", false},
		{"DNS:xn--bcher-kva.example", "b\xc3\xbc" "cher.example", true},
		{XMPP "example.org", "example.org", true},
		{XMPP "romeo@example.org", "example.org", false},
		{SERVICE "_xmpp-client.example.org", "example.org", true},
		{SERVICE "_xmpp-server.example.org", "example.org", false},
		{"email:example.org", "example.org", false},
		{"DNS:example.org", "", false},
		{"DNS:example.org", "*", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		X509 *x509 = make(cases[i].alt_names);

		assert_int_equal(tls_name_covers(x509, str_from(cases[i].domain), "xmpp-client"), cases[i].is_covered);
		X509_free(x509);
	}
}

/* The common name is of the time before alternative names. */
static void falls_back_to_the_common_name(void **state)
{
	X509 *alone = make(NULL), *beside = make("DNS:other.example");

	(void)state;
	add_common_name(alone, V_ASN1_UTF8STRING, "example.org", 11);
	add_common_name(beside, V_ASN1_UTF8STRING, "example.org", 11);
	assert_true(tls_name_covers(alone, STR("example.org"), "xmpp-client"));
	assert_false(tls_name_covers(beside, STR("example.org"), "xmpp-client"));
	X509_free(alone);
	X509_free(beside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_addresses),
		cmocka_unit_test(notes_what_is_no_name),
		cmocka_unit_test(lists_common_names),
		cmocka_unit_test(knows_what_it_covers),
		cmocka_unit_test(falls_back_to_the_common_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
