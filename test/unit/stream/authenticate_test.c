#include "stream/authenticate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "xmpp/ns.h"

#define ID "d4565fa7-4d72-4749-b3d3-740edbf87770"
#define AGENT(id) "<user-agent id='" id "'/>"
#define BIND(inside) "<bind xmlns='urn:xmpp:bind:0'>" inside "</bind>"
#define FAST(attributes) "<fast xmlns='urn:xmpp:fast:0' " attributes "/>"

struct parsed {
	struct arena arena;
	struct stanza *element;
	struct authenticate what;
	bool is_right;
};

static void parse(struct parsed *p, const char *inside)
{
	char text[4096];

	snprintf(text, sizeof(text), "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='SCRAM-SHA-1'>%s</authenticate>", inside);
	arena_init(&p->arena, 0);
	p->element = stanza_from_text(str_from(text), NS_CLIENT);
	p->is_right = authenticate_parse(p->element, &p->arena, &p->what);
}

static void done(struct parsed *p)
{
	stanza_unref(&p->element);
	arena_fini(&p->arena);
}

static void test_all_of_it(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "<initial-response>eA==</initial-response>"
		  "<user-agent id='D4565FA7-4d72-4749-b3d3-740edbf87770'><software>Awesome &amp; XMPP</software><device>Phone</device></user-agent>"
		  "<resume xmlns='urn:xmpp:sm:3' previd='x' h='1'/>" BIND("<tag>Awesome</tag><enable xmlns='urn:xmpp:carbons:2'/>")
		  FAST("count='123' invalidate='true'") "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>");
	assert_true(p.is_right);
	assert_true(str_is(p.what.mechanism, "SCRAM-SHA-1"));
	assert_true(p.what.initial_response && str_is(node_inner(p.element, p.what.initial_response), "eA=="));
	assert_true(str_is(p.what.client, ID));
	assert_true(str_is(p.what.software, "Awesome & XMPP"));
	assert_non_null(p.what.resume);
	assert_true(p.what.bind && str_is(p.what.tag, "Awesome"));
	assert_true(p.what.fast && p.what.count == 123 && p.what.invalidates);
	assert_true(str_is(p.what.token_mechanism, "HT-SHA-256-NONE"));
	done(&p);
}

static void test_nothing(void **state)
{
	/* What is of another namespace is not meant. */
	static const char *const rows[] = {
		"", "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>",
		"<user-agent xmlns='urn:x' id='x'/>", "<x><resume xmlns='urn:xmpp:sm:3'/></x>",
		"<fast/><request-token/><initial-response xmlns='urn:x'/>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct parsed p;

		parse(&p, rows[i]);
		assert_true(p.is_right);
		assert_false(p.what.initial_response || p.what.bind || p.what.resume || p.what.fast || p.what.client.data);
		assert_false(p.what.token_mechanism.data || p.what.software.len || p.what.invalidates);
		assert_true(p.what.count == -1 && p.what.tag.len == 0);
		done(&p);
	}
}

static void test_right_and_wrong(void **state)
{
	static const struct {
		const char *inside;
		bool is_right;
	} rows[] = {
		{"<user-agent/>", true},
		{AGENT(""), false},
		{AGENT(ID), true},
		{AGENT(ID "0"), false},
		{AGENT("d4565fa74d724749b3d3740edbf87770"), false},
		{AGENT("d4565fa7-4d72-1749-b3d3-740edbf87770"), false},
		{AGENT("d4565fa7-4d72-4749-73d3-740edbf87770"), false},
		{AGENT("d4565fa7-4d72-4749-b3d3-740edbf8777g"), false},
		{AGENT("d4565fa7-4d72-4749-b3d3+740edbf87770"), false},
		{AGENT("{4565fa7-4d72-4749-b3d3-740edbf87770"), false},
		{BIND(""), true},
		{BIND("<tag/>"), true},
		{BIND("<tag>a/b c</tag>"), true},
		{BIND("<tag>&#x85;</tag>"), false},
		{FAST(""), true},
		{FAST("count='0'"), true},
		{FAST("count='9223372036854775807'"), true},
		{FAST("count='9223372036854775808'"), false},
		{FAST("count='-1'"), false},
		{FAST("count=''"), false},
		{FAST("count='1.5'"), false},
		{FAST("invalidate='1'"), true},
		{FAST("invalidate='0'"), true},
		{FAST("invalidate='false'"), true},
		{FAST("invalidate='yes'"), false},
		{FAST("invalidate=''"), false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct parsed p;

		parse(&p, rows[i].inside);
		if (p.is_right != rows[i].is_right)
			fail_msg("%s", rows[i].inside);
		done(&p);
	}
}

/* What is behind the tag has to fit, too. */
static void test_length_of_tag(void **state)
{
	(void)state;
	for (size_t len = 1005; len <= 1008; len++) {
		char tag[1100] = "<bind xmlns='urn:xmpp:bind:0'><tag>";
		struct parsed p;
		size_t head = strlen(tag);

		memset(tag + head, 'a', len);
		strcpy(tag + head + len, "</tag></bind>");
		parse(&p, tag);
		assert_int_equal(p.is_right, len <= 1006);
		done(&p);
	}
}

static struct str resource_of(struct parsed *p, const char *inside, const char *bare)
{
	struct jid who;

	parse(p, inside);
	assert_true(p->is_right);
	assert_true(jid_parse(&who, str_from(bare), &p->arena));
	return authenticate_resource(&p->what, authenticate_mark(&p->what, who, &p->arena), &p->arena);
}

/* T-AUTH-42: the same client, the same resource, which does not say who that is. */
static void test_resource(void **state)
{
	struct parsed a, b;
	struct str one, other;

	(void)state;
	one = resource_of(&a, AGENT(ID) BIND("<tag>Awesome</tag>"), "alice@localhost");
	other = resource_of(&b, AGENT(ID) BIND("<tag>Awesome</tag>"), "alice@localhost");
	assert_true(str_starts_with(one, STR("Awesome/")));
	assert_int_equal(one.len, strlen("Awesome/") + AUTHENTICATE_MARK_CHARS);
	assert_true(str_equal(one, other));
	done(&b);

	other = resource_of(&b, AGENT(ID) BIND(""), "alice@localhost");
	assert_true(str_ends_with(one, other));
	assert_int_equal(other.len, AUTHENTICATE_MARK_CHARS);
	done(&b);

	other = resource_of(&b, AGENT(ID) BIND("<tag>Awesome</tag>"), "bob@localhost");
	assert_false(str_equal(one, other));
	done(&b);

	other = resource_of(&b, AGENT("d4565fa7-4d72-4749-b3d3-740edbf87771") BIND("<tag>Awesome</tag>"), "alice@localhost");
	assert_false(str_equal(one, other));
	done(&a);
	done(&b);

	/* Without a user agent nobody is the same. */
	one = resource_of(&a, BIND("<tag>Awesome</tag>"), "alice@localhost");
	other = resource_of(&b, BIND("<tag>Awesome</tag>"), "alice@localhost");
	assert_int_equal(one.len, other.len);
	assert_false(str_equal(one, other));
	done(&a);
	done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_it),      cmocka_unit_test(test_nothing),  cmocka_unit_test(test_right_and_wrong),
		cmocka_unit_test(test_length_of_tag), cmocka_unit_test(test_resource),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
