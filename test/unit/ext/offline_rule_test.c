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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides_what_is_kept),
		cmocka_unit_test(keeps_groupchat_if_asked_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
