#include "route/settlement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "support/bed.h"
#include "support/bed_accounts.h"

static enum answer ping(struct call *c, const struct module *m)
{
	(void)m;
	return call_result(c);
}

/* Messages of type headline go on to carol, as from the sender, and end here. */
static enum answer pass_on(struct call *c, const struct module *m)
{
	(void)m;
	if (c->stanza->type != STANZA_TYPE_HEADLINE || !str_is(jid_local(c->to), "bob"))
		return ANSWER_PASS;
	router_send_from(c->registry, c->stanza, c->from, bed_jid("carol@localhost"), c->origin);
	return ANSWER_DONE;
}

static const struct module_query queries[] = {{"urn:xmpp:ping", "ping", QUERY_GET, QUERY_HOST, ping}, {0}};
static const struct module_hook hooks[] = {{pass_on, SIDE_RECEIVER, STAGE_COPY, 1 << STANZA_MESSAGE}, {0}};
static const struct module_def mod_ping = {.name = "mod_ping", .summary = "", .queries = queries, .hooks = hooks};
static const struct module_def *const defs[] = {&mod_ping, &bed_waiter, NULL};

static const char ping_xml[] = "<iq id='ping' type='get' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";

/* The home of an address is drawn per process: one on the same loop as the other address, or not. */
static const char *elsewhere(struct bed *b, const char *than, bool same, char text[64])
{
	for (int i = 0;; i++) {
		snprintf(text, 64, "user%d@localhost", i);
		if ((realm_home_of(&b->realm, str_from(text)) == realm_home_of(&b->realm, str_from(than))) == same)
			return text;
	}
}

static void a_ping_waits_for_what_is_stored(void **state)
{
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 2; loops++)
		for (int same = loops == 1; same < 2; same++) {
			bed_open(&b, loops, defs, NULL);
			bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);

			char to[64];
			struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *other = bed_login(&b, "alice@localhost/b");

			elsewhere(&b, "alice@localhost", same, to);
			bed_send(alice, bed_stanza("message", "chat", to, "wait-1"));
			bed_send(alice, ping_xml);
			bed_send(alice, bed_stanza("message", "chat", "alice@localhost/b", "after"));
			bed_settle(&b);
			assert_int_equal(bed_waiting(), 1);
			assert_int_equal(alice->session->unsettled, 1);
			assert_string_equal(bed_take(alice), "");
			assert_string_equal(bed_take(other), "");
			/* Another session of the account is not held up, nor is what comes in. */
			bed_send(other, ping_xml);
			bed_send(other, bed_stanza("message", "chat", "alice@localhost/a", "in"));
			bed_settle(&b);
			assert_non_null(strstr(bed_take(other), "type='result'"));
			assert_non_null(strstr(bed_take(alice), "id='in'"));
			bed_resume(ANSWER_DONE);
			bed_settle(&b);
			assert_non_null(strstr(bed_take(alice), "type='result'"));
			assert_non_null(strstr(bed_take(other), "id='after'"));
			assert_int_equal(alice->session->unsettled, 0);
			bed_logout(alice);
			bed_logout(other);
			bed_close(&b);
		}
}

static void messages_do_not_wait(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *bob = bed_login(&b, "bob@localhost/b");

	bed_send(alice, bed_stanza("message", "chat", "carol@localhost", "wait-1"));
	bed_settle(&b);
	bed_send(alice, bed_stanza("message", "chat", "bob@localhost/b", "2"));
	assert_non_null(strstr(bed_take(bob), "id='2'"));
	/* Several pings, with messages between them, stay in order. */
	for (int i = 0; i < 3; i++) {
		bed_send(alice, ping_xml);
		bed_send(alice, bed_stanza("message", "chat", "carol@localhost", "wait-x"));
	}
	assert_int_equal(alice->got_count, 0);
	for (int i = 0; i < 3; i++) {
		bed_resume(ANSWER_DONE);
		bed_settle(&b);
		assert_int_equal(alice->got_count, i + 1);
	}
	bed_resume(ANSWER_DONE);
	assert_int_equal(bed_waiting(), 0);
	assert_int_equal(alice->session->unsettled, 0);
	bed_logout(alice);
	bed_logout(bob);
	bed_close(&b);
}

/* What comes of what was sent before the ping comes before its answer, also from another loop. */
static void errors_come_before_the_answer(void **state)
{
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 2; loops++) {
		bed_open(&b, loops, defs, NULL);
		bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);

		char to[64];
		struct bed_peer *alice = bed_login(&b, "alice@localhost/a");

		elsewhere(&b, "alice@localhost", loops == 1, to);
		bed_send(alice, bed_stanza("message", "chat", to, "wait-1"));
		bed_send(alice, ping_xml);
		bed_send(alice, bed_stanza("message", "chat", "alice@localhost/a", "after"));
		bed_settle(&b);
		assert_string_equal(bed_take(alice), "");
		bed_resume(ANSWER_PASS); /* nobody keeps it: an error */
		bed_settle(&b);

		const char *got = bed_take(alice);
		const char *error = strstr(got, "id='wait-1'"), *answer = strstr(got, "id='ping'"), *after = strstr(got, "id='after'");

		assert_true(error && answer && after);
		assert_true(error < answer && answer < after);
		bed_logout(alice);
		bed_close(&b);
	}
}

/* To the own account: the message must be through before the ping, which stands before its receiver's side in the same queue. */
static void a_message_to_oneself(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a");

	bed_wait_at(SIDE_SENDER, STAGE_ACCEPT);
	bed_send(alice, bed_stanza("message", "chat", "bob@localhost", "wait-0")); /* so that all stand in the queue first */
	bed_send(alice, bed_stanza("message", "chat", "alice@localhost", "x"));
	bed_send(alice, ping_xml);
	bed_resume(ANSWER_DONE);
	assert_non_null(strstr(bed_take(alice), "id='x'")); /* refused, as nobody keeps it */
	assert_int_equal(alice->got_count, 2);
	bed_logout(alice);
	bed_close(&b);
}

static void counts_what_is_passed_on(void **state)
{
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 7; loops++) {
		bed_open(&b, loops, defs, NULL);
		bed_wait_at(SIDE_RECEIVER, STAGE_RECORD);

		struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *bob = bed_login(&b, "bob@localhost/b"),
				*carol = bed_come(&b, "carol@localhost/c", 0);

		/* It waits at bob, and then at carol, to whom a module passes it on. */
		bed_send(alice, bed_stanza("message", "headline", "bob@localhost/b", "wait"));
		bed_send(alice, ping_xml);
		bed_settle(&b);
		bed_resume(ANSWER_PASS);
		bed_settle(&b);
		assert_int_equal(bed_waiting(), 1);
		assert_int_equal(alice->got_count, 0);
		assert_int_equal(alice->session->unsettled, 1);
		bed_resume(ANSWER_PASS);
		bed_settle(&b);
		assert_int_equal(carol->got_count, 1);
		assert_int_equal(alice->got_count, 1);
		assert_int_equal(alice->session->unsettled, 0);
		bed_logout(alice);
		bed_logout(bob);
		bed_logout(carol);
		bed_close(&b);
	}
}

static void tells_when_too_much_is_under_way(void **state)
{
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 2; loops++) {
		char to[64];

		bed_open(&b, loops, defs, NULL);
		bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);

		struct bed_peer *alice = bed_login(&b, "alice@localhost/a");

		elsewhere(&b, "alice@localhost", loops == 1, to);
		for (int i = 0; i < SETTLEMENT_BACKED_UP; i++)
			bed_send(alice, bed_stanza("message", "chat", to, "wait"));
		bed_settle(&b);
		assert_false(router_is_backed_up(alice->session));
		bed_send(alice, bed_stanza("message", "chat", to, "wait"));
		assert_true(router_is_backed_up(alice->session));
		for (int left = SETTLEMENT_BACKED_UP + 1; left >= SETTLEMENT_BACKED_UP / 2; left--) {
			assert_true(router_is_backed_up(alice->session));
			assert_int_equal(alice->resumed, 0);
			bed_settle(&b);
			bed_resume(ANSWER_DONE);
			bed_settle(&b);
		}
		while (bed_waiting() > 0) {
			assert_false(router_is_backed_up(alice->session));
			bed_resume(ANSWER_DONE);
			bed_settle(&b);
		}
		assert_int_equal(alice->resumed, 1);
		bed_logout(alice);
		bed_close(&b);
	}
}

/* Of a hundred KiB each: a few are too much. */
static void tells_when_too_many_bytes_are_under_way(void **state)
{
	enum { KIB = 100 };
	char *xml = mem_new(KIB * 1024 + 200), *body = mem_new(KIB * 1024 + 1);
	struct bed b;

	(void)state;
	memset(body, 'x', KIB * 1024);
	for (int loops = 1; loops <= 2; loops++) {
		char to[64];

		bed_open(&b, loops, defs, NULL);
		bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);

		struct bed_peer *alice = bed_login(&b, "alice@localhost/a");

		elsewhere(&b, "alice@localhost", loops == 1, to);
		sprintf(xml, "<message type='chat' to='%s' id='wait'><body>%s</body></message>", to, body);
		for (int i = 0; i <= SETTLEMENT_LOAD / KIB; i++) {
			/* One that passes from the sender's to the receiver's side counts twice for a moment. */
			assert_true(i >= SETTLEMENT_LOAD / KIB - 1 || !router_is_backed_up(alice->session));
			bed_send(alice, xml);
			bed_settle(&b);
		}
		assert_true(router_is_backed_up(alice->session));
		while (bed_waiting() > 0) {
			bed_resume(ANSWER_DONE);
			bed_settle(&b);
			assert_int_equal(router_is_backed_up(alice->session), alice->session->load >= SETTLEMENT_LOAD / 2);
		}
		assert_int_equal(alice->session->load, 0);
		assert_int_equal(alice->resumed, 1);
		bed_logout(alice);
		bed_close(&b);
	}
	free(body);
	free(xml);
}

static void tells_when_the_senders_side_lags(void **state)
{
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	bed_wait_at(SIDE_SENDER, STAGE_RECORD);

	struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *other = bed_login(&b, "alice@localhost/b");

	for (int i = 0; i <= SETTLEMENT_BACKED_UP; i++) {
		assert_false(router_is_backed_up(alice->session));
		bed_send(alice, bed_stanza("message", "chat", "alice@localhost/b", "wait"));
	}
	assert_true(router_is_backed_up(alice->session));
	assert_false(router_is_backed_up(other->session));
	while (bed_waiting() > 0)
		bed_resume(ANSWER_PASS);
	assert_false(router_is_backed_up(alice->session));
	assert_int_equal(alice->resumed, 1);
	assert_int_equal(other->got_count, SETTLEMENT_BACKED_UP + 1);
	bed_logout(alice);
	bed_logout(other);
	bed_close(&b);
}

/* What is held is done when its session ends, and what settles later finds nobody. */
static void a_session_ends_meanwhile(void **state)
{
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 2; loops++) {
		char to[64];

		bed_open(&b, loops, defs, NULL);
		bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);

		struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *again;

		bed_send(alice, bed_stanza("message", "chat", elsewhere(&b, "alice@localhost", loops == 1, to), "wait"));
		bed_send(alice, bed_stanza("message", "chat", to, "wait"));
		bed_send(alice, ping_xml);
		bed_settle(&b);
		bed_logout(alice);
		again = bed_login(&b, "alice@localhost/a");
		bed_send(again, ping_xml);
		assert_int_equal(again->got_count, 1);
		while (bed_waiting() > 0) {
			bed_resume(ANSWER_PASS);
			bed_settle(&b);
		}
		assert_int_equal(again->session->unsettled, 0);
		assert_int_equal(again->got_count, 3); /* both refused: the resource is the same */
		bed_logout(again);
		bed_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ping_waits_for_what_is_stored),
		cmocka_unit_test(messages_do_not_wait),
		cmocka_unit_test(errors_come_before_the_answer),
		cmocka_unit_test(a_message_to_oneself),
		cmocka_unit_test(counts_what_is_passed_on),
		cmocka_unit_test(tells_when_too_much_is_under_way),
		cmocka_unit_test(tells_when_too_many_bytes_are_under_way),
		cmocka_unit_test(tells_when_the_senders_side_lags),
		cmocka_unit_test(a_session_ends_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
