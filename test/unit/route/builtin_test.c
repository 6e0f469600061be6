/* RFC 6121 §8.5.4: what becomes of every kind and type of stanza at every kind of address; and RFC 6120 §8.2.3, §10. */
#include "route/builtin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/bed.h"
#include "support/bed_accounts.h"

/* What happened: who got it, and what came back. */
enum { S = 0, E = 1, D1 = 2, D2 = 4, DN = 8, O = 16, ALL = D1 | D2 };
/* S: silence; E: an error to the sender; D1, D2: the resources with priority 0 and 5; DN: the one with -1; O: offered to the store. */

static int stored;

static enum answer store(struct call *c, const struct module *m)
{
	(void)m;
	(void)c;
	stored++;
	return ANSWER_DONE;
}

static enum answer answer_empty(struct call *c, const struct module *m)
{
	(void)m;
	return call_result(c);
}

static enum answer pass(struct call *c, const struct module *m)
{
	(void)m;
	(void)c;
	return ANSWER_PASS;
}

static const struct module_hook store_hooks[] = {{store, SIDE_RECEIVER, STAGE_FALLBACK, 1 << STANZA_MESSAGE}, {0}};
static const struct module_query store_queries[] = {
	{"urn:test:own", "query", QUERY_GET | QUERY_SET, QUERY_OWN, answer_empty},
	{"urn:test:contact", "query", QUERY_GET, QUERY_CONTACT, answer_empty},
	{"urn:test:anyone", "query", QUERY_GET, QUERY_ANYONE, answer_empty},
	{"urn:test:host", "query", QUERY_GET, QUERY_HOST, answer_empty},
	{"urn:test:pass", "query", QUERY_GET, QUERY_HOST | QUERY_ANYONE, pass},
	{0},
};
static const struct module_def mod_store = {
	.name = "mod_store", .summary = "keeps messages", .hooks = store_hooks, .queries = store_queries,
};

static bool contacts_are_late;
static struct call *late_call;

static enum answer load_contacts(struct call *c)
{
	late_call = c;
	return contacts_are_late ? ANSWER_LATER : ANSWER_PASS;
}

static unsigned contact_flags(struct user *u, struct jid address)
{
	(void)u;
	return str_is(jid_local(address), "carol") ? CONTACT_SEES_USER : 0;
}

static int next_contact(struct user *u, size_t *cursor, struct contact *out)
{
	(void)u;
	(void)cursor;
	(void)out;
	return 0;
}

static const struct contacts_ops contacts = {load_contacts, contact_flags, next_contact};
static const struct module_def mod_contacts = {.name = "mod_contacts", .summary = "knows carol", .contacts = &contacts};

static const struct module_def *const defs[] = {&mod_store, &mod_contacts, NULL};

static const char two_hosts[] = "[general]\nhosts = [\"localhost\", \"other.example\"]\ndefault_server_domain = \"localhost\"\n";

/* Columns: who of bob's is there. */
enum { ABSENT, NOBODY, NEGATIVE, ONE, TWO, COLUMNS };

static const struct {
	const char *kind, *type;
	int bare[COLUMNS];
	int full[COLUMNS];    /* to the resource: NEGATIVE to the one with -1, ONE and TWO to the one with 0 */
	int missing[COLUMNS]; /* to a resource that is not there */
} table[] = {
	/*                        absent nobody  negative one  two          absent nobody  neg. one  two      absent nobody neg. one two */
	{"message", "", {E, O, O, D1, ALL}, {E, E, DN, D1, D1}, {E, E, E, E, E}},
	{"message", "normal", {E, O, O, D1, ALL}, {E, E, DN, D1, D1}, {E, E, E, E, E}},
	{"message", "odd", {E, O, O, D1, ALL}, {E, E, DN, D1, D1}, {E, E, E, E, E}},
	{"message", "chat", {E, O, O, D1, ALL}, {E, O, DN, D1, D1}, {E, O, O, D1, ALL}},
	{"message", "groupchat", {E, E, E, E, E}, {E, E, DN, D1, D1}, {E, E, E, E, E}},
	{"message", "headline", {E, S, S, D1, ALL}, {E, S, DN, D1, D1}, {E, S, S, S, S}},
	{"message", "error", {S, S, S, S, S}, {S, S, DN, D1, D1}, {S, S, S, S, S}},
	{"presence", "", {S, S, DN, D1 | DN, ALL | DN}, {S, S, DN, D1, D1}, {S, S, S, S, S}},
	{"presence", "unavailable", {S, S, DN, D1 | DN, ALL | DN}, {S, S, DN, D1, D1}, {S, S, S, S, S}},
	{"presence", "error", {S, S, S, S, S}, {S, S, DN, D1, D1}, {S, S, S, S, S}},
	{"presence", "subscribe", {S, S, S, S, S}, {S, S, S, S, S}, {S, S, S, S, S}},
	{"presence", "subscribed", {S, S, S, S, S}, {S, S, S, S, S}, {S, S, S, S, S}},
	{"presence", "unsubscribe", {S, S, S, S, S}, {S, S, S, S, S}, {S, S, S, S, S}},
	{"presence", "unsubscribed", {S, S, S, S, S}, {S, S, S, S, S}, {S, S, S, S, S}},
	{"presence", "probe", {S, S, S, S, S}, {S, S, S, S, S}, {S, S, S, S, S}},
	{"iq", "get", {E, E, E, E, E}, {E, E, DN, D1, D1}, {E, E, E, E, E}},
	{"iq", "set", {E, E, E, E, E}, {E, E, DN, D1, D1}, {E, E, E, E, E}},
	{"iq", "result", {S, S, S, S, S}, {S, S, DN, D1, D1}, {S, S, S, S, S}},
	{"iq", "error", {S, S, S, S, S}, {S, S, DN, D1, D1}, {S, S, S, S, S}},
};

enum { PEERS = 3 };

static int outcome(struct bed *b, struct bed_peer *alice, struct bed_peer **bobs, const char *xml)
{
	int result = S, codes[PEERS] = {D1, D2, DN};

	stored = 0;
	bed_send(alice, xml);
	bed_settle(b);
	for (int i = 0; i < PEERS; i++)
		if (bobs[i] && *bed_take(bobs[i]))
			result |= codes[i];
	if (stored)
		result |= O;

	const char *back = bed_take(alice);

	if (*back) {
		assert_non_null(strstr(back, "type='error'"));
		assert_non_null(strstr(back, "<service-unavailable "));
		result |= E;
	}
	return result;
}

static void check_cell(struct bed *b, struct bed_peer *alice, struct bed_peer **bobs, size_t row, int column)
{
	const char *local = column == ABSENT ? "nobob" : "bob", *resource = column == NEGATIVE ? "n" : "1";
	const int expected[] = {table[row].bare[column], table[row].full[column], table[row].missing[column]};

	for (int i = 0; i < 3; i++) {
		char to[64];

		snprintf(to, sizeof(to), "%s@localhost%s%s", local, i ? "/" : "", i == 0 ? "" : i == 1 ? resource : "missing");

		int got = outcome(b, alice, bobs, bed_stanza(table[row].kind, table[row].type, to, "x1"));

		if (got != expected[i])
			fail_msg("%s %s to %s, column %d: expected %d, got %d", table[row].kind, table[row].type, to, column, expected[i], got);
	}
}

static void follows_the_table(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	for (int column = 0; column < COLUMNS; column++) {
		struct bed_peer *alice = bed_come(&b, "alice@localhost/a", 0), *bobs[PEERS] = {NULL};

		if (column >= NEGATIVE)
			bobs[2] = bed_come(&b, "bob@localhost/n", -1);
		if (column >= ONE)
			bobs[0] = bed_come(&b, "bob@localhost/1", 0);
		if (column >= TWO)
			bobs[1] = bed_come(&b, "bob@localhost/2", 5);
		for (size_t row = 0; row < sizeof(table) / sizeof(table[0]); row++)
			check_cell(&b, alice, bobs, row, column);
		bed_logout(alice);
		for (int i = 0; i < PEERS; i++)
			if (bobs[i])
				bed_logout(bobs[i]);
	}
	bed_close(&b);
}

/* A session that has not sent presence yet gets what is for its full address only. */
static void bound_but_not_available(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *bob = bed_login(&b, "bob@localhost/1"), *bobs[PEERS] = {bob, NULL, NULL};

	assert_int_equal(outcome(&b, alice, bobs, bed_stanza("message", "chat", "bob@localhost", "1")), O);
	assert_int_equal(outcome(&b, alice, bobs, bed_stanza("message", "chat", "bob@localhost/1", "1")), D1);
	assert_int_equal(outcome(&b, alice, bobs, bed_stanza("presence", "", "bob@localhost", "1")), S);
	assert_int_equal(outcome(&b, alice, bobs, bed_stanza("presence", "", "bob@localhost/1", "1")), D1);
	bed_logout(alice);
	bed_logout(bob);
	bed_close(&b);
}

static const char own_error[] = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

static const struct {
	const char *xml;
	const char *answer; /* a part of it; NULL: silence */
} to_servers[] = {
	/* the own account */
	{"<iq id='1' type='get'><query xmlns='urn:test:own'/></iq>", "<iq from='alice@localhost' to='alice@localhost/a' type='result' id='1'/>"},
	{"<iq id='1' type='set' to='alice@localhost'><query xmlns='urn:test:own'/></iq>", "type='result'"},
	{"<iq id='1' type='get'><query xmlns='urn:test:contact'/></iq>", "type='result'"},
	{"<iq id='1' type='get'><query xmlns='urn:test:anyone'/></iq>", "type='result'"},
	{"<iq id='1' type='get'><query xmlns='urn:test:host'/></iq>", own_error},
	{"<iq id='1' type='get'><query xmlns='urn:test:none'/></iq>", own_error},
	{"<iq id='1' type='get'><other xmlns='urn:test:own'/></iq>", own_error},
	{"<iq id='1' type='get'><query xmlns='urn:test:pass'/></iq>", "<feature-not-implemented "},
	{"<iq id='1' type='set'><query xmlns='urn:test:anyone'/></iq>", "<not-allowed "},
	{"<iq id='1' type='result'/>", NULL},
	{"<iq id='1' type='error' to='alice@localhost'/>", NULL},
	{"<presence/>", NULL},
	/* hosts */
	{"<iq id='1' type='get' to='localhost'><query xmlns='urn:test:host'/></iq>",
	 "<iq from='localhost' to='alice@localhost/a' type='result' id='1'/>"},
	{"<iq id='1' type='get' to='other.example'><query xmlns='urn:test:host'/></iq>", "from='other.example'"},
	{"<iq id='1' type='get' to='localhost/x'><query xmlns='urn:test:host'/></iq>", "from='localhost/x'"},
	{"<iq id='1' type='get' to='localhost'><query xmlns='urn:test:own'/></iq>", "<feature-not-implemented "},
	{"<iq id='1' type='get' to='localhost'><query xmlns='urn:test:none'/></iq>", "<feature-not-implemented "},
	{"<iq id='1' type='get' to='localhost'><query xmlns='urn:test:pass'/></iq>", "<feature-not-implemented "},
	{"<iq id='1' type='set' to='localhost'><query xmlns='urn:test:host'/></iq>", "<not-allowed "},
	{"<iq id='1' type='result' to='localhost'/>", NULL},
	{"<message to='localhost' type='chat'><body>x</body></message>", "<service-unavailable "},
	{"<message to='localhost' type='headline'/>", NULL},
	{"<message to='localhost' type='error'/>", NULL},
	{"<presence to='localhost'/>", NULL},
	/* elsewhere */
	{"<message to='bob@far.example'/>", "<remote-server-not-found "},
	{"<iq id='1' type='get' to='far.example'><query xmlns='urn:test:host'/></iq>", "<remote-server-not-found "},
	{"<presence to='bob@far.example'/>", NULL},
	{"<presence to='bob@far.example' type='subscribe'/>", "<remote-server-not-found "},
	/* not right (RFC 6120 §8.2.3) */
	{"<iq type='get' to='localhost'><query xmlns='urn:test:host'/></iq>", "<bad-request "},
	{"<iq id='1' to='localhost'><query xmlns='urn:test:host'/></iq>", "<bad-request "},
	{"<iq id='1' type='odd' to='localhost'><query xmlns='urn:test:host'/></iq>", "<bad-request "},
	{"<iq id='1' type='get' to='localhost'/>", "<bad-request "},
	{"<iq id='1' type='set' to='localhost'><query xmlns='urn:test:host'/><b/></iq>", "<bad-request "},
	{"<iq id='1' type='get' to='bob@localhost/1'/>", "<bad-request "},
	{"<presence type='odd' to='bob@localhost'/>", "<bad-request "},
	{"<presence type='odd'/>", "<bad-request "},
};

static void answers_for_servers(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, two_hosts);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a");

	for (size_t i = 0; i < sizeof(to_servers) / sizeof(to_servers[0]); i++) {
		bed_send(alice, to_servers[i].xml);
		bed_settle(&b);

		const char *answer = bed_take(alice);

		if (to_servers[i].answer ? !strstr(answer, to_servers[i].answer) : *answer)
			fail_msg("%s: expected %s, got %s", to_servers[i].xml, to_servers[i].answer ? to_servers[i].answer : "nothing", answer);
		assert_true(!to_servers[i].answer || strchr(answer, '\n')[1] == '\0');
	}
	bed_logout(alice);
	bed_close(&b);
}

static void message_without_to_is_for_the_own_account(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);

	struct bed_peer *a = bed_come(&b, "alice@localhost/a", 0), *other = bed_come(&b, "alice@localhost/b", 0);

	bed_send(a, "<message type='chat'><body>me</body></message>");
	bed_settle(&b);
	assert_non_null(strstr(bed_take(other), "<body>me</body>"));
	assert_non_null(strstr(bed_take(a), "from='alice@localhost/a' to='alice@localhost'"));
	bed_logout(a);
	bed_logout(other);
	bed_close(&b);
}

static void ask(struct bed *b, struct bed_peer *asker, const char *ns, const char *answer)
{
	char xml[256];

	snprintf(xml, sizeof(xml), "<iq id='q' type='get' to='bob@localhost'><query xmlns='%s'/></iq>", ns);
	bed_send(asker, xml);
	bed_settle(b);
	if (contacts_are_late) {
		assert_string_equal(bed_take(asker), "");
		call_resume(late_call, ANSWER_PASS);
		bed_settle(b);
	}

	const char *got = bed_take(asker);

	if (!strstr(got, answer) || !strstr(got, "from='bob@localhost'"))
		fail_msg("%s: expected %s, got %s", ns, answer, got);
}

static void accounts_answer_whom_they_should(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *carol = bed_login(&b, "carol@localhost/c"),
			*bob = bed_login(&b, "bob@localhost/1");

	ask(&b, bob, "urn:test:own", "type='result'");
	ask(&b, alice, "urn:test:own", "<forbidden ");
	ask(&b, alice, "urn:test:anyone", "type='result'");
	ask(&b, alice, "urn:test:host", "<service-unavailable ");
	ask(&b, alice, "urn:test:contact", "<service-unavailable ");
	ask(&b, carol, "urn:test:contact", "type='result'");
	contacts_are_late = true;
	ask(&b, alice, "urn:test:contact", "<service-unavailable ");
	ask(&b, carol, "urn:test:contact", "type='result'");
	contacts_are_late = false;
	bed_logout(alice);
	bed_logout(carol);
	bed_logout(bob);
	bed_close(&b);
}

static void asks_once_whether_an_account_exists(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a");

	bed_questions = stored = 0;
	for (int i = 0; i < 5; i++) {
		bed_send(alice, bed_stanza("message", "chat", "bob@localhost", "1"));
		bed_send(alice, bed_stanza("message", "chat", "nobody@localhost", "1"));
		bed_send(alice, bed_stanza("presence", "", "carol@localhost", "1"));
	}
	bed_settle(&b);
	assert_int_equal(bed_questions, 2);
	assert_int_equal(stored, 5);
	assert_int_equal(alice->got_count, 5);
	assert_null(registry_find_user(b.registries[0], STR("bob@localhost")));
	bed_accounts_fail = true;
	bed_take(alice);
	bed_send(alice, bed_stanza("message", "chat", "bob@localhost", "1"));
	bed_settle(&b);
	assert_non_null(strstr(bed_take(alice), "<internal-server-error "));
	bed_accounts_fail = false;
	bed_logout(alice);
	bed_close(&b);
}

/* Queries to a host that come from elsewhere than a session. */
static void a_host_answers_without_a_session(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, two_hosts);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a");
	static const char *const answers[][2] = {
		{"<iq id='1' type='get'><query xmlns='urn:test:host'/></iq>", "type='result'"},
		{"<iq id='1' type='get'><query xmlns='urn:test:none'/></iq>", "<feature-not-implemented "},
		{"<iq id='1' type='get'/>", "<bad-request "},
		{"<message/>", "<service-unavailable "},
		{"<presence/>", ""},
		{"<iq id='1' type='result'/>", ""},
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct stanza *s = stanza_from_text(str_from(answers[i][0]), "jabber:client");

		router_send(b.registries[0], s, alice->session->address, bed_jid("other.example"));
		stanza_unref(&s);

		const char *got = bed_take(alice);

		assert_true(*answers[i][1] ? strstr(got, answers[i][1]) != NULL : !*got);
	}
	bed_logout(alice);
	bed_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_table),
		cmocka_unit_test(bound_but_not_available),
		cmocka_unit_test(answers_for_servers),
		cmocka_unit_test(message_without_to_is_for_the_own_account),
		cmocka_unit_test(accounts_answer_whom_they_should),
		cmocka_unit_test(asks_once_whether_an_account_exists),
		cmocka_unit_test(a_host_answers_without_a_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
