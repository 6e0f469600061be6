#include "xmpp/delay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xmpp/ns.h"

#define STAMP "<delay xmlns='urn:xmpp:delay' from='example.org' stamp='2002-09-10T23:08:25.007Z'/>"

static void the_stamp_is_the_last_child(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"<message id='1'><body>x</body></message>", "<message xmlns='jabber:client' id='1'><body>x</body>" STAMP "</message>"},
		{"<message id='2'/>", "<message xmlns='jabber:client' id='2'>" STAMP "</message>"},
		{"<message id='3'></message>", "<message xmlns='jabber:client' id='3'>" STAMP "</message>"},
		{"<presence id='4'/>", "<presence xmlns='jabber:client' id='4'>" STAMP "</presence>"},
		{"<c:message xmlns:c='jabber:client' id='6'/>",
		 "<c:message xmlns='jabber:client' xmlns:c='jabber:client' id='6'>" STAMP "</c:message>"},
		{"<c:message xmlns:c='jabber:client'\nid='7'\n/>",
		 "<c:message xmlns='jabber:client' xmlns:c='jabber:client'\nid='7'\n>" STAMP "</c:message>"},
		{"<c:presence xmlns:c='jabber:client'/>",
		 "<c:presence xmlns='jabber:client' xmlns:c='jabber:client'>" STAMP "</c:presence>"},
		{"<message id='5'><body><![CDATA[</]]></body></message >",
		 "<message xmlns='jabber:client' id='5'><body><![CDATA[</]]></body>" STAMP "</message >"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stanza *s = stanza_from_text(str_from(cases[i].in), NS_CLIENT);
		struct buf out;

		buf_init(&out);
		delay_write(&out, s, JID_NONE, JID_NONE, &(struct delay){STR("example.org"), 1031699305007});
		buf_append_char(&out, '\0');
		assert_string_equal(out.data, cases[i].out);
		buf_fini(&out);
		stanza_unref(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(the_stamp_is_the_last_child)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
