#include "ext/carbons/carbon_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

#define BODY "<body>x</body>"
#define X(inner) "<x xmlns='" NS_MUC_USER "'>" inner "</x>"

/* Copied when sent, when received. */
static const struct {
	const char *xml;
	bool sent, received;
} cases[] = {
	{"<message type='chat'>" BODY "</message>", true, true},
	{"<message type='chat'/>", true, true},
	{"<message>" BODY "</message>", true, true},
	{"<message type='normal'>" BODY "</message>", true, true},
	{"<message type='of-tomorrow'>" BODY "</message>", true, true},
	{"<message><subject>s</subject></message>", false, false},
	{"<message><body xmlns='urn:x'>s</body></message>", false, false},
	{"<message/>", false, false},
	{"<message><received xmlns='" NS_RECEIPTS "' id='1'/></message>", true, true},
	{"<message><active xmlns='" NS_CHATSTATES "'/></message>", true, true},
	{"<message><displayed xmlns='urn:xmpp:chat-markers:0' id='1'/></message>", true, true},
	{"<message><x xmlns='jabber:x:conference' jid='a@b'/></message>", true, true},
	{"<message><propose xmlns='urn:xmpp:jingle-message:0' id='1'/></message>", true, true},
	{"<message>" X("<invite from='a@b'/>") "</message>", true, true},
	{"<message>" X("<decline to='a@b'/>") "</message>", true, true},
	{"<message type='chat'>" BODY X("") "</message>", true, false},
	{"<message type='groupchat'>" BODY "</message>", false, false},
	{"<message type='headline'>" BODY "</message>", false, false},
	{"<message type='error'>" BODY "</message>", false, false},
	{"<message type='chat'>" BODY "<private xmlns='" NS_CARBONS "'/></message>", false, false},
	{"<message type='chat'>" BODY "<no-copy xmlns='" NS_HINTS "'/></message>", false, false},
	{"<message type='chat'>" BODY "<no-store xmlns='" NS_HINTS "'/></message>", true, true},
	{"<message type='chat'>" BODY "<sent xmlns='" NS_CARBONS "'/></message>", false, false},
	{"<message type='chat'><received xmlns='" NS_CARBONS "'/></message>", false, false},
};

static void decides_what_is_copied(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stanza *s = stanza_from_text(str_from(cases[i].xml), NS_CLIENT);

		if (carbon_rule_copies(s, CARBON_RULE_SENT) != cases[i].sent ||
			carbon_rule_copies(s, CARBON_RULE_RECEIVED) != cases[i].received)
			fail_msg("%s", cases[i].xml);
		stanza_unref(&s);
	}
}

static void assert_wrapped(const char *xml, const char *ns, enum carbon_rule direction, const char *expected)
{
	const struct jid from = {"a@b/c", 1, 1, 1}, to = {"d@e", 1, 1, 0};
	struct stanza *s = stanza_from_text(str_from(xml), ns), *copy = carbon_rule_wrap(s, from, to, direction);
	struct buf b;

	buf_init(&b);
	writer_stanza(&b, copy, JID_NONE, JID_NONE, NS_CLIENT, false);
	buf_append_char(&b, 0);
	assert_string_equal(b.data, expected);
	buf_fini(&b);
	stanza_unref(&s);
	stanza_unref(&copy);
}

static void wraps_messages(void **state)
{
	(void)state;
	assert_wrapped("<message type='chat' id='1' from='forged@x'>" BODY "</message>", NS_CLIENT, CARBON_RULE_SENT,
		       "<message type='chat'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
		       "<message xmlns='jabber:client' from='a@b/c' to='d@e' type='chat' id='1'>" BODY
		       "</message></forwarded></sent></message>");
	assert_wrapped("<message>" BODY "</message>", NS_SERVER, CARBON_RULE_RECEIVED,
		       "<message><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
		       "<message xmlns='jabber:client' from='a@b/c' to='d@e'>" BODY
		       "</message></forwarded></received></message>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_what_is_copied),
		cmocka_unit_test(wraps_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
