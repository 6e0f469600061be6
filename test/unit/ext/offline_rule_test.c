#include "ext/offline/offline_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "xmpp/ns.h"

#define BODY "<body>x</body>"
#define STATE "<composing xmlns='" NS_CHATSTATES "'/>"
#define HINT(name) "<" name " xmlns='" NS_HINTS "'/>"

static const struct {
	const char *xml;
	enum offline_rule rule;
} cases[] = {
	{"<message>" BODY "</message>", OFFLINE_RULE_KEEP},
	{"<message type='normal'>" BODY "</message>", OFFLINE_RULE_KEEP},
	{"<message type='chat'>" BODY "</message>", OFFLINE_RULE_KEEP},
	{"<message type='of-tomorrow'>" BODY "</message>", OFFLINE_RULE_KEEP},
	{"<message type='headline'>" BODY "</message>", OFFLINE_RULE_REFUSE},
	{"<message type='groupchat'>" BODY "</message>", OFFLINE_RULE_REFUSE},
	{"<message type='error'>" BODY "</message>", OFFLINE_RULE_REFUSE},
	{"<message type='error'>" BODY HINT("store") "</message>", OFFLINE_RULE_REFUSE},
	{"<message type='chat'/>", OFFLINE_RULE_REFUSE},
	{"<message type='chat'><thread>t</thread></message>", OFFLINE_RULE_REFUSE},
	{"<message type='chat'>" STATE "</message>", OFFLINE_RULE_DROP},
	{"<message type='chat'>" STATE "<thread>t</thread>" HINT("no-store") "</message>", OFFLINE_RULE_DROP},
	{"<message type='chat'>" STATE BODY "</message>", OFFLINE_RULE_KEEP},
	{"<message type='chat'>" BODY HINT("no-store") "</message>", OFFLINE_RULE_REFUSE},
	{"<message type='chat'>" BODY HINT("no-permanent-store") "</message>", OFFLINE_RULE_KEEP},
	{"<message type='chat'>" STATE HINT("store") "</message>", OFFLINE_RULE_KEEP},
	{"<message type='chat'>" HINT("no-copy") "</message>", OFFLINE_RULE_REFUSE},
	{"<message><received xmlns='" NS_RECEIPTS "' id='1'/></message>", OFFLINE_RULE_KEEP},
	{"<message><subject>s</subject></message>", OFFLINE_RULE_KEEP},
};

static void decides_what_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stanza *s = stanza_from_text(str_from(cases[i].xml), NS_CLIENT);

		if (offline_rule_for(s, false) != cases[i].rule)
			fail_msg("%s", cases[i].xml);
		stanza_unref(&s);
	}
}

static void keeps_groupchat_if_asked_to(void **state)
{
	struct stanza *s = stanza_from_text(STR("<message type='groupchat'>" BODY "</message>"), NS_CLIENT);

	(void)state;
	assert_int_equal(offline_rule_for(s, true), OFFLINE_RULE_KEEP);
	stanza_unref(&s);
}

static const struct jid from = {"a@b/c", 1, 1, 1}, to = {"d@e", 1, 1, 0};

static void assert_written(const char *xml, const char *content_ns, int64_t time_ms, const char *expected)
{
	struct stanza *s = stanza_from_text(str_from(xml), content_ns), *again;
	struct buf b;

	buf_init(&b);
	offline_rule_write(&b, s, from, to, (struct offline_rule_stamp){STR("host"), time_ms});
	again = stanza_try_from_text(buf_str(&b), NS_CLIENT);
	assert_non_null(again);
	assert_int_equal(again->kind, STANZA_MESSAGE);
	assert_true(jid_equal(again->from, from) && jid_equal(again->to, to));
	buf_append_char(&b, 0);
	assert_string_equal(b.data, expected);
	stanza_unref(&s);
	stanza_unref(&again);
	buf_fini(&b);
}

static void stamps_messages(void **state)
{
	(void)state;
	assert_written("<message id='1' to='x@y'>" BODY "</message>", NS_CLIENT, 1700000000007,
		       "<message xmlns='jabber:client' from='a@b/c' to='d@e' id='1'>" BODY
		       "<delay xmlns='urn:xmpp:delay' from='host' stamp='2023-11-14T22:13:20.007Z'/></message>");
	assert_written(
		"<c:message xmlns:c='jabber:client' xmlns='urn:x'><c:body><![CDATA[</x>]]></c:body></c:message >",
	    NS_CLIENT, 0,
		"<c:message from='a@b/c' to='d@e' xmlns:c='jabber:client' xmlns='urn:x'><c:body><![CDATA[</x>]]></c:body>"
		"<delay xmlns='urn:xmpp:delay' from='host' stamp='1970-01-01T00:00:00.000Z'/></c:message >");
	assert_written("<message>" BODY "</message>", NS_SERVER, 951782400000,
		       "<message xmlns='jabber:client' from='a@b/c' to='d@e'>" BODY
		       "<delay xmlns='urn:xmpp:delay' from='host' stamp='2000-02-29T00:00:00.000Z'/></message>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_what_is_kept),
		cmocka_unit_test(keeps_groupchat_if_asked_to),
		cmocka_unit_test(stamps_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
