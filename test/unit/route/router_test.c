/* Which sessions get what: builtin_test.c. Loops on threads of their own: registry_test.c. */
#include "route/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/bed.h"
#include "support/bed_accounts.h"

static const struct module_def *const no_modules[] = {NULL}, *const waiter[] = {&bed_waiter, NULL};

static void delivers_to_a_full_address(void **state)
{
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 7; loops += 3) {
		bed_open(&b, loops, no_modules, NULL);

		struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *bob = bed_login(&b, "bob@localhost/b");

		bed_send(alice, "<message to='bob@localhost/b' id='1'><body>hi</body></message>");
		bed_settle(&b);
		assert_string_equal(bed_take(bob),
				    "<message from='alice@localhost/a' to='bob@localhost/b' id='1'><body>hi</body></message>\n");
		assert_string_equal(bed_take(alice), "");
		assert_int_equal(alice->session->unsettled, 0);
		bed_logout(alice);
		bed_logout(bob);
		bed_close(&b);
	}
}

static void assert_in_order(const char *text, int count)
{
	for (int i = 0; i < count; i++) {
		char id[16];

		snprintf(id, sizeof(id), "-%d'", i);
		text = strstr(text, id);
		assert_non_null(text);
	}
}

/* Stanzas of all kinds, some of which wait at some stage: the receiver sees them in the order in which they were sent. */
static void keeps_the_order_of_a_pair(void **state)
{
	enum { COUNT = 20 };
	static const struct {
		enum side side;
		enum stage stage;
	} places[] = {{SIDE_SENDER, STAGE_ACCEPT}, {SIDE_SENDER, STAGE_DELIVER}, {SIDE_RECEIVER, STAGE_ACCEPT}, {SIDE_RECEIVER, STAGE_DELIVER}};
	struct bed b;

	(void)state;
	for (size_t place = 0; place < sizeof(places) / sizeof(places[0]); place++)
		for (int loops = 1; loops <= 4; loops++) {
			bed_open(&b, loops, waiter, NULL);
			bed_wait_at(places[place].side, places[place].stage);

			struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *bob = bed_login(&b, "bob@localhost/b");

			for (int i = 0; i < COUNT; i++) {
				const char *kinds[] = {"message", "presence", "iq"}, *types[] = {"", "", "get"};
				char id[16];

				snprintf(id, sizeof(id), "%s-%d", i % 4 == 1 ? "wait" : "x", i);
				bed_send(alice, bed_stanza(kinds[i % 3], types[i % 3], "bob@localhost/b", id));
			}
			bed_settle(&b);
			while (bed_waiting() > 0) {
				bed_resume(ANSWER_PASS);
				bed_settle(&b);
			}
			assert_int_equal(bob->got_count, COUNT);
			assert_in_order(bed_take(bob), COUNT);
			assert_int_equal(alice->session->unsettled, 0);
			bed_logout(alice);
			bed_logout(bob);
			bed_close(&b);
		}
}

static int sent_abroad;

static void send_abroad(struct registry *from_here, struct call *c)
{
	assert_ptr_equal(c->registry, from_here);
	assert_string_equal(c->from.text, "alice@localhost/a");
	assert_true(str_is(jid_str(c->to), "bob@far.example/b"));
	sent_abroad++;
	call_free(&c);
}

static void hands_over_what_goes_abroad(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, no_modules, NULL);
	b.realm.send_abroad = send_abroad;

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a");

	bed_send(alice, bed_stanza("message", "", "bob@far.example/b", "1"));
	assert_int_equal(sent_abroad, 1);
	assert_int_equal(alice->got_count, 0);
	assert_int_equal(alice->session->unsettled, 0);
	bed_logout(alice);
	bed_close(&b);
}

static void bounces_what_may_be_bounced(void **state)
{
	static const struct {
		const char *kind, *type;
		bool may;
	} cases[] = {
		{"message", "", true}, {"message", "chat", true}, {"message", "groupchat", true}, {"message", "error", false},
		{"message", "odd", true}, {"iq", "get", true}, {"iq", "set", true}, {"iq", "result", false}, {"iq", "error", false},
		{"iq", "", true}, {"iq", "odd", true}, {"presence", "", false}, {"presence", "unavailable", false},
		{"presence", "probe", false}, {"presence", "error", false}, {"presence", "subscribe", true},
		{"presence", "subscribed", false}, {"presence", "unsubscribe", false}, {"presence", "odd", true},
	};
	struct bed b;

	(void)state;
	bed_open(&b, 1, no_modules, NULL);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct stanza *s = stanza_from_text(str_from(bed_stanza(cases[i].kind, cases[i].type, "bob@localhost", "7")), "jabber:client");
		char error[128];

		snprintf(error, sizeof(error), "<%s from='bob@localhost' to='alice@localhost/a' type='error' id='7'>", cases[i].kind);
		assert_int_equal(router_may_bounce(s), cases[i].may);
		router_bounce(b.registries[0], s, bed_jid("bob@localhost"), alice->session->address, STANZA_ERROR_GONE);

		const char *got = bed_take(alice);

		assert_true(cases[i].may ? strstr(got, error) && strstr(got, "<gone ") : !*got);
		stanza_unref(&s);
	}
	bed_logout(alice);
	bed_close(&b);
}

/* Presence and answers to those who are not here leave no trace, and ask nothing of the store. */
static void drops_what_nobody_could_see(void **state)
{
	static const char *const kinds[][2] = {
		{"presence", ""}, {"presence", "unavailable"}, {"presence", "error"}, {"message", "error"}, {"iq", "result"}, {"iq", "error"},
	};
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 2; loops++) {
		bed_open(&b, loops, waiter, NULL);
		bed_wait_at(SIDE_RECEIVER, STAGE_ACCEPT);

		struct bed_peer *alice = bed_login(&b, "alice@localhost/a");

		bed_questions = 0;
		for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
			for (int user = 0; user < 8; user++) {
				char to[64];

				snprintf(to, sizeof(to), "user%d@localhost", user);
				bed_send(alice, bed_stanza(kinds[i][0], kinds[i][1], to, "wait"));
			}
		bed_settle(&b);
		assert_int_equal(bed_waiting(), 0);
		assert_int_equal(bed_questions, 0);
		assert_int_equal(alice->got_count, 0);
		assert_int_equal(alice->session->unsettled, 0);
		bed_logout(alice);
		bed_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivers_to_a_full_address),
		cmocka_unit_test(keeps_the_order_of_a_pair),
		cmocka_unit_test(hands_over_what_goes_abroad),
		cmocka_unit_test(bounces_what_may_be_bounced),
		cmocka_unit_test(drops_what_nobody_could_see),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
