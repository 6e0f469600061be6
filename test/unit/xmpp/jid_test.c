#include "xmpp/jid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 7622 §3.5, as stringprep sees them, and more. NULL: malformed. */
static const struct {
	const char *raw, *wanted;
} addresses[] = {
	{"juliet@example.com", "juliet@example.com"},
	{"juliet@example.com/foo", "juliet@example.com/foo"},
	{"juliet@example.com/foo bar", "juliet@example.com/foo bar"},
	{"juliet@example.com/foo@bar", "juliet@example.com/foo@bar"},
	{"foo\\20bar@example.com", "foo\\20bar@example.com"},
	{"fussball@example.com", "fussball@example.com"},
	{"fu\xc3\x9f" "ball@example.com", "fussball@example.com"},
	{"\xcf\x80@example.com", "\xcf\x80@example.com"},
	{"\xce\xa3@example.com/foo", "\xcf\x83@example.com/foo"},
	{"\xcf\x83@example.com/foo", "\xcf\x83@example.com/foo"},
	{"king@example.com/\xe2\x99\x9a", "king@example.com/\xe2\x99\x9a"},
	{"example.com", "example.com"},
	{"example.com/foobar", "example.com/foobar"},
	{"a.example.com/b@example.net", "a.example.com/b@example.net"},
	{"\"juliet\"@example.com", NULL},
	{"foo bar@example.com", NULL},
	{"juliet@example.com/ foo", "juliet@example.com/ foo"},
	{"@example.com/", NULL},
	{"@example.com", NULL},
	{"henry\xe2\x85\xa3@example.com", "henryiv@example.com"},
	{"\xe2\x99\x9a@example.com", "\xe2\x99\x9a@example.com"},
	{"juliet@", NULL},
	{"/foobar", NULL},
	{"", NULL},
	{"@", NULL},
	{"/", NULL},
	{"a@b/", NULL},
	{"a@@b", NULL},
	{"a@b@c", NULL},
	{"a@b/c/d@e", "a@b/c/d@e"},
	{"a@b/c//", "a@b/c//"},
	/* case, and what else preparation changes */
	{"Juliet@Example.COM/Foo", "juliet@example.com/Foo"},
	{"\xc3\x84@\xc3\x84.de/\xc3\x84", "\xc3\xa4@\xc3\xa4.de/\xc3\x84"},
	{"a\xc2\xad" "b@c", "ab@c"},
	{"\xef\xbc\xa1@b", "a@b"},
	{"a@b/\xef\xbc\xa1", "a@b/A"},
	{"a@b/e\xcc\x81", "a@b/\xc3\xa9"},
	{"a@b/\xc2\xa0", "a@b/ "},
	{"a@b/\xf0\x9f\x98\x80", "a@b/\xf0\x9f\x98\x80"},
	{"\xd7\xa9\xd7\x9c@b", "\xd7\xa9\xd7\x9c@b"},
	/* what a localpart must not have */
	{"a&b@c", NULL},
	{"a'b@c", NULL},
	{"a:b@c", NULL},
	{"a<b@c", NULL},
	{"a>b@c", NULL},
	{"a\tb@c", NULL},
	{"a\x7f@c", NULL},
	{"a\xc2\xa0" "b@c", NULL},
	{"a\xef\xbc\xa0" "b@c", NULL},
	{"\xc2\xad@c", NULL},
	{"\xff@c", NULL},
	{"\xc3@c", NULL},
	{"\xd7\xa9" "a@c", NULL},
	{"!#$%()*+,-.;=?[\\]^_`{|}~@c", "!#$%()*+,-.;=?[\\]^_`{|}~@c"},
	/* resources */
	{"a@b/\"&'<>:@", "a@b/\"&'<>:@"},
	{"a@b/x\ty", NULL},
	{"a@b/\x7f", NULL},
	{"a@b/\xef\xbf\xbe", NULL},
	{"a@b/\xc2\x85", NULL},
	/* domains */
	{"localhost", "localhost"},
	{"example.com.", "example.com"},
	{"a@example.com./r", "a@example.com/r"},
	{"example.com..", NULL},
	{".", NULL},
	{".com", NULL},
	{"a..b", NULL},
	{"-a.com", NULL},
	{"a-.com", NULL},
	{"a-b.c--d", "a-b.c--d"},
	{"meerkat_1", "meerkat_1"},
	{"a b", NULL},
	{"a:5222", NULL},
	{"a+b", NULL},
	{"a@b\xe3\x80\x82" "c", "a@b.c"},
	{"a@\xe4\xbe\x8b\xe3\x81\x88\xef\xbd\xa1", "a@\xe4\xbe\x8b\xe3\x81\x88"},
	{"b\xc3\xbc" "cher.example", "b\xc3\xbc" "cher.example"},
	{"B\xc3\x9c" "cher.Example", "b\xc3\xbc" "cher.example"},
	{"xn--bcher-kva.example", "b\xc3\xbc" "cher.example"},
	{"XN--BCHER-KVA.example", "b\xc3\xbc" "cher.example"},
	{"xn--strae-oqa.de", "xn--strae-oqa.de"},
	{"\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.com", "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d.com"},
	{"a\xe2\x80\xa4" "b", NULL},
	{"a@\xef\xbc\xa0", NULL},
	{"a@\xef\xbc\x8f", NULL},
	{"-\xc3\xbc.de", NULL},
	{"127.0.0.1", "127.0.0.1"},
	{"[::1]", "[::1]"},
	{"a@[2001:DB8:0:0::1]/r", "a@[2001:db8::1]/r"},
	{"[::1", NULL},
	{"[]", NULL},
	{"[", NULL},
	{"[127.0.0.1]", NULL},
	{"[::1%lo]", NULL},
	{"::1", NULL},
};

static void parses(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		const char *wanted = addresses[i].wanted;
		struct arena a;
		struct jid j, again;
		bool is_right;

		arena_init(&a, 0);
		is_right = jid_parse(&j, str_from(addresses[i].raw), &a);
		if (is_right != (wanted != NULL) || (wanted && !str_is(jid_str(j), wanted)))
			fail_msg("%s: got '%.*s', wanted %s", addresses[i].raw, STR_ARGS(jid_str(j)), wanted ? wanted : "no");
		if (wanted) {
			assert_true(jid_parse(&again, jid_str(j), &a));
			assert_true(jid_equal(j, again));
			assert_ptr_equal(again.text, j.text);
		} else {
			assert_false(jid_is_set(j));
		}
		arena_fini(&a);
	}
}

/* Parts of exactly 1,023 bytes pass, 1,024 do not, before or after preparation. */
static void limits_parts(void **state)
{
	char part[1025], domain[1025], raw[4096];
	struct arena a;
	struct jid j;

	(void)state;
	arena_init(&a, 0);
	memset(part, 'x', 1024);
	for (size_t i = 0; i < 1024; i++)
		domain[i] = i % 64 == 63 ? '.' : 'd';
	for (size_t len = 1023; len <= 1024; len++) {
		bool fits = len == 1023;
		struct str out;

		assert_int_equal(jid_prepare_local(str_make(part, len), &a, &out), fits);
		assert_int_equal(jid_prepare_resource(str_make(part, len), &a, &out), fits);
		domain[len - 1] = 'd';
		assert_int_equal(jid_prepare_domain(str_make(domain, len), &a, &out), fits);
		part[len - 1] = 'X';
		assert_int_equal(jid_prepare_local(str_make(part, len), &a, &out), fits);
		part[len - 1] = 'x';
	}
	snprintf(raw, sizeof(raw), "%.1023s@%.1023s/%.1023s", part, domain, part);
	assert_true(jid_parse(&j, str_from(raw), &a));
	assert_int_equal(jid_len(j), JID_MAX);
	/* 512 sharp s are 1,024 bytes before and after */
	for (size_t i = 0; i < 512; i++)
		memcpy(raw + 2 * i, "\xc3\x9f", 2);
	assert_false(jid_prepare_local(str_make(raw, 1024), &a, &(struct str){0}));
	assert_true(jid_prepare_local(str_make(raw, 1022), &a, &(struct str){0}));
	/* soft hyphens vanish */
	for (size_t i = 0; i < 512; i++)
		memcpy(raw + 2 * i, "\xc2\xad", 2);
	raw[1024] = 'x';
	assert_true(jid_prepare_local(str_make(raw, 1025), &a, &(struct str){0}));
	arena_fini(&a);
}

static void limits_labels(void **state)
{
	char text[80];
	struct str out;
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	memset(text, 'a', sizeof(text));
	assert_true(jid_prepare_domain(str_make(text, 63), &a, &out));
	assert_false(jid_prepare_domain(str_make(text, 64), &a, &out));
	memcpy(text, "\xc3\xbc", 2); /* as A-label: "xn--" and "-...": 6 more for what it is, 2 fewer for the letter */
	assert_true(jid_prepare_domain(str_make(text, 50), &a, &out));
	assert_false(jid_prepare_domain(str_make(text, 64), &a, &out));
	arena_fini(&a);
}

static void points_into_what_is_prepared(void **state)
{
	static const char raw[] = "a@b.c/D e";
	struct arena a;
	struct jid j;

	(void)state;
	arena_init(&a, 0);
	assert_true(jid_parse(&j, str_from(raw), &a));
	assert_ptr_equal(j.text, raw);
	assert_int_equal(arena_bytes(&a), 0);
	assert_true(str_is(jid_local(j), "a") && str_is(jid_domain(j), "b.c") && str_is(jid_resource(j), "D e"));
	assert_true(str_is(jid_bare_str(j), "a@b.c"));
	assert_false(jid_is_bare(j));
	assert_true(jid_is_bare(jid_bare(j)));
	assert_true(str_is(jid_str(jid_bare(j)), "a@b.c"));
	assert_true(jid_bare_equal(j, jid_bare(j)));
	assert_false(jid_equal(j, jid_bare(j)));
	arena_fini(&a);
}

static void makes_and_copies(void **state)
{
	struct arena a;
	struct jid j, k;

	(void)state;
	arena_init(&a, 0);
	j = jid_make(&a, STR("a"), STR("b"), STR("c"));
	assert_true(str_is(jid_str(j), "a@b/c"));
	k = jid_copy(&a, jid_bare(j));
	assert_string_equal(k.text, "a@b");
	assert_true(jid_equal(k, jid_bare(j)));
	assert_true(str_is(jid_str(jid_make(&a, STR_NONE, STR("b"), STR_NONE)), "b"));
	assert_true(str_is(jid_str(jid_make(&a, STR_NONE, STR("b"), STR("c"))), "b/c"));
	assert_false(jid_equal(jid_make(&a, STR("a"), STR("b"), STR_NONE), jid_make(&a, STR_NONE, STR("a"), STR_NONE)));
	assert_false(jid_is_set(jid_copy(&a, JID_NONE)));
	assert_null(jid_local(JID_NONE).data);
	assert_null(jid_domain(JID_NONE).data);
	assert_null(jid_str(JID_NONE).data);
	assert_true(jid_equal(JID_NONE, JID_NONE));
	arena_fini(&a);
}

static void prepares_parts(void **state)
{
	struct arena a;
	struct str out;

	(void)state;
	arena_init(&a, 0);
	assert_false(jid_prepare_local(STR(""), &a, &out));
	assert_false(jid_prepare_domain(STR(""), &a, &out));
	assert_false(jid_prepare_resource(STR(""), &a, &out));
	assert_false(jid_prepare_local(str_make("a\0b", 3), &a, &out));
	assert_false(jid_prepare_resource(str_make("\xc3\xa9\0b", 4), &a, &out));
	assert_true(jid_prepare_local(STR("ABC"), &a, &out) && str_is(out, "abc"));
	assert_true(jid_prepare_domain(STR("ABC."), &a, &out) && str_is(out, "abc"));
	assert_true(jid_prepare_resource(STR("ABC"), &a, &out) && str_is(out, "ABC"));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),         cmocka_unit_test(limits_parts),
		cmocka_unit_test(limits_labels),  cmocka_unit_test(points_into_what_is_prepared),
		cmocka_unit_test(makes_and_copies), cmocka_unit_test(prepares_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
