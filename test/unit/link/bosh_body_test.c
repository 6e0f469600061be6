#include "link/bosh/bosh_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xmpp/ns.h"

static const struct parser_limits small = {.element_bytes = 1000, .depth = 10, .attributes = 20, .name_bytes = 100};
static const struct parser_limits tiny = {.element_bytes = 40, .depth = 10, .attributes = 20, .name_bytes = 100};

#define BODY(attributes, content) "<body xmlns='" NS_HTTPBIND "' " attributes ">" content "</body>"

static void takes_a_body_apart(void **state)
{
	struct bosh_body b;

	(void)state;
	assert_true(bosh_body_init(&b, STR("<?xml version='1.0'?>\n" BODY("rid='9007199254740991' sid='abc' wait='60' ack='0' xmlns:xmpp='" NS_XBOSH
		"' xmpp:restart='true' type='terminate' key='k' newkey='n'",
		" <message xmlns='jabber:client'><body>&lt;</body></message><iq xmlns='jabber:client'/><other/> ") " \n"), &small));
	assert_int_equal(b.rid, BOSH_BODY_RID_MAX);
	assert_true(str_is(b.sid, "abc") && str_is(b.key, "k") && str_is(b.newkey, "n"));
	assert_true(b.is_restart && b.is_terminate);
	assert_int_equal(b.wait, 60);
	assert_int_equal(b.ack, 0);
	assert_int_equal(b.hold, -1);
	assert_int_equal(b.pause, -1);
	assert_int_equal(bosh_body_read(&b, &small), STREAM_ERROR_NONE);
	assert_int_equal(b.count, 3);
	/* Stanzas are those of clients, whatever the namespace of the body is. */
	assert_int_equal(b.elements[0]->kind, STANZA_MESSAGE);
	assert_int_equal(b.elements[1]->kind, STANZA_IQ);
	assert_int_equal(b.elements[2]->kind, STANZA_OTHER);
	bosh_body_fini(&b);
}

static void refuses_what_is_no_body(void **state)
{
	static const char *const texts[] = {
		"", " ", "<body", "body", "<body rid='1'/>", "<body xmlns='" NS_CLIENT "' rid='1'/>", "<x xmlns='" NS_HTTPBIND "' rid='1'/>",
		"<body xmlns='" NS_HTTPBIND "'/>", BODY("rid='x'", ""), BODY("rid='-1'", ""), BODY("rid='9007199254740992'", ""),
		BODY("rid='1' wait='1.5'", ""), BODY("rid='1' pause=''", ""), "<!DOCTYPE a><body/>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct bosh_body b;

		assert_false(bosh_body_init(&b, str_from(texts[i]), &small));
		bosh_body_fini(&b);
	}
}

static void finds_faults_behind_the_tag(void **state)
{
	static const struct {
		const char *text;
		enum stream_error e;
	} cases[] = {
		{BODY("rid='1'", "<a></b>"), STREAM_ERROR_NOT_WELL_FORMED},
		{"<body xmlns='" NS_HTTPBIND "' rid='1'>", STREAM_ERROR_NOT_WELL_FORMED},
		{"<body xmlns='" NS_HTTPBIND "' rid='1'><a>", STREAM_ERROR_NOT_WELL_FORMED},
		{BODY("rid='1'", "") "<body/>", STREAM_ERROR_NOT_WELL_FORMED},
		{BODY("rid='1'", "<!-- -->"), STREAM_ERROR_RESTRICTED_XML},
		{BODY("rid='1'", "<message xmlns='jabber:client'>too long</message>"), STREAM_ERROR_POLICY_VIOLATION},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bosh_body b;

		assert_true(bosh_body_init(&b, str_from(cases[i].text), &small));
		assert_int_equal(bosh_body_read(&b, &tiny), cases[i].e);
		bosh_body_fini(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_a_body_apart),
		cmocka_unit_test(refuses_what_is_no_body),
		cmocka_unit_test(finds_faults_behind_the_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
