#include "route/forgery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bed.h"
#include "support/bed_accounts.h"
#include "xmpp/ns.h"
#include "xmpp/writer.h"

#define SID(by) "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='" by "'/>"
#define DELAY(from) "<delay xmlns='urn:xmpp:delay' from='" from "' stamp='2002-09-10T23:08:25Z'/>"
#define OLD_DELAY(from) "<x xmlns='jabber:x:delay' from='" from "' stamp='20020910T23:08:25'/>"
#define OCCUPANT(attributes) "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='1'" attributes "/>"
#define CARBON(name) "<" name " xmlns='urn:xmpp:carbons:2'/>"

static const struct row {
	const char *child;
	bool from_client, from_elsewhere, from_component; /* is it taken out? */
} rows[] = {
	{SID("localhost"), true, true, true},
	{SID("LOCALHOST"), true, true, true},
	{SID("bob@localhost"), true, true, true},
	{SID("romeo@localhost"), true, true, true},
	{SID("room@conference.localhost"), true, true, false},
	{SID("a.b.localhost"), true, true, true},
	{SID("localhost/x"), true, true, true},
	{SID("notlocalhost"), false, false, false},
	{SID("localhost.example"), false, false, false},
	{SID("room@example.com"), false, false, false},
	{SID("@"), false, false, false},
	{"<stanza-id xmlns='urn:xmpp:sid:0' id='1'/>", false, false, false},
	{"<stanza-id xmlns='urn:other' id='1' by='localhost'/>", false, false, false},
	{"<origin-id xmlns='urn:xmpp:sid:0' id='1'/>", false, false, false},
	{"<p:stanza-id xmlns:p='urn:xmpp:sid:0' id='1' by='local&#x68;ost'/>", true, true, true},
	{OCCUPANT(""), true, false, false},
	{OCCUPANT(" by='room@localhost'"), true, true, true},
	{OCCUPANT(" by='room@example.com'"), false, false, false},
	{DELAY("localhost"), true, true, true},
	{DELAY("bob@localhost"), true, true, true},
	{DELAY("room@conference.localhost/nick"), true, true, false},
	{DELAY("romeo@localhost"), false, true, true},
	{DELAY("romeo@localhost/phone"), false, true, true},
	{DELAY("example.com"), false, false, false},
	{OLD_DELAY("localhost"), true, true, true},
	{OLD_DELAY("room@example.com"), false, false, false},
	{"<delay xmlns='urn:xmpp:delay' stamp='2002-09-10T23:08:25Z'/>", false, false, false},
	{CARBON("sent"), true, true, true},
	{CARBON("received"), true, true, true},
	{CARBON("private"), false, false, false},
	{"<forwarded xmlns='urn:xmpp:forward:0'>" DELAY("localhost") "</forwarded>", false, false, false},
};

#define CLIENT "romeo@localhost/garden"
#define ELSEWHERE "juliet@example.com/x"
#define COMPONENT "other@conference.localhost/x"

static bool is_stripped(const struct host_set *hosts, const char *kind, const struct row *row, const char *sender)
{
	char xml[512];
	struct stanza *s, *before;
	bool is_stripped;

	snprintf(xml, sizeof(xml), "<%s to='d@localhost'><body>x</body>%s</%s>", kind, row->child, kind);
	before = s = stanza_from_text(str_from(xml), NS_CLIENT);
	stanza_stamp(s, bed_jid(sender));
	forgery_strip(&s, &(struct forgery_source){hosts, bed_jid(sender), strcmp(sender, CLIENT) == 0});
	is_stripped = s != before;
	if (is_stripped) {
		assert_null(node_next_sibling(s, node_first_child(s, node_root(s))));
		assert_true(str_is(jid_str(s->to), "d@localhost"));
		assert_true(str_is(jid_str(s->from), sender));
	}
	stanza_unref(&s);
	return is_stripped;
}

static void takes_out_what_is_forged(void **state)
{
	static const struct module_def *const none[] = {NULL};
	struct bed b;

	(void)state;
	bed_open(&b, 1, none, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_right = is_stripped(b.hosts, "message", &rows[i], CLIENT) == rows[i].from_client &&
				is_stripped(b.hosts, "presence", &rows[i], CLIENT) == rows[i].from_client &&
				is_stripped(b.hosts, "message", &rows[i], ELSEWHERE) == rows[i].from_elsewhere &&
				is_stripped(b.hosts, "presence", &rows[i], COMPONENT) == rows[i].from_component &&
				!is_stripped(b.hosts, "iq", &rows[i], CLIENT);

		if (!is_right)
			fail_msg("%s", rows[i].child);
	}
	bed_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_out_what_is_forged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
