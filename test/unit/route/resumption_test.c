#include "route/resumption.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/bed.h"
#include "support/bed_accounts.h"
#include "xmpp/ns.h"

static const struct module_def *const defs[] = {&bed_waiter, NULL};
static const struct resumption_rules rules = {.buffer = true, .buffer_max = 5, .ack = true, .ack_freq = 1, .resume_timeout_s = 600};

/* The peer of a session with stream management: what is no stanza is noted beside the stanzas. */
struct peer {
	struct outlet outlet;
	struct session *session;
	char got[4096];
	enum stream_error ended;
	bool is_refused;
};

static void note(struct peer *p, struct str what)
{
	size_t len = strlen(p->got);

	assert_true(len + what.len + 2 < sizeof(p->got));
	snprintf(p->got + len, sizeof(p->got) - len, "%.*s ", STR_ARGS(what));
}

static void on_send(struct outlet *o, const struct stanza *s, struct jid from, struct jid to)
{
	(void)from;
	(void)to;
	note(container_of(o, struct peer, outlet), stanza_id_raw(s));
}

static void on_write(struct outlet *o, struct str xml)
{
	note(container_of(o, struct peer, outlet), str_make(xml.data + 1, xml.data[2] == ' ' ? 1 : (size_t)str_find_char(xml, ' ') - 1));
}

static void on_end(struct outlet *o, enum stream_error e, const char *text)
{
	assert_non_null(text);
	container_of(o, struct peer, outlet)->ended = e;
}

static void on_give_up(struct outlet *o, enum stream_error e, const char *text)
{
	container_of(o, struct peer, outlet)->session = NULL;
	on_end(o, e, text);
}

static void on_claimed(struct outlet *o, struct session *s, struct str xml)
{
	struct peer *p = container_of(o, struct peer, outlet);

	p->session = s;
	p->is_refused = !s;
	on_write(o, xml);
}

static void on_resume(struct outlet *o)
{
	(void)o;
}

static const struct outlet_ops ops = {
	.send = on_send, .end = on_end, .resume = on_resume, .write = on_write, .give_up = on_give_up, .claimed = on_claimed,
};

static void enable(struct bed *b, struct peer *p, const char *full)
{
	struct session_opening o = {.address = bed_jid(full), .outlet = &p->outlet, .access = STR("all")};

	*p = (struct peer){.outlet.ops = &ops};
	assert_int_equal(session_open(realm_home_of(&b->realm, jid_bare_str(o.address)), &o, &p->session), STANZA_ERROR_NONE);
	resumption_start(p->session, &rules, rules.resume_timeout_s);
}

static void send_as(struct session *s, const char *xml)
{
	struct stanza *e = stanza_from_text(str_from(xml), NS_CLIENT);

	stanza_stamp(e, s->address);
	assert_true(stanza_address(e));
	router_receive(s, e);
}

static void lose(struct peer *p)
{
	session_lost(p->session);
	p->session = NULL;
}

static void take(struct peer *p, const char *expected)
{
	assert_string_equal(p->got, expected);
	p->got[0] = '\0';
}

static void advance(struct bed *b, uint64_t ms)
{
	for (int i = 0; i < b->realm.count; i++)
		timer_wheel_advance(b->wheels[i], timer_now_ms(b->wheels[i]) + ms);
	bed_settle(b);
}

static void acknowledges_when_all_is_safe(void **state)
{
	for (int loops = 1; loops <= 7; loops += 3) {
		struct peer alice;
		struct bed b;

		(void)state;
		bed_open(&b, loops, defs, NULL);
		bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);
		enable(&b, &alice, "alice@localhost/a");
		resumption_ask(alice.session->resumption);
		take(&alice, "a ");
		send_as(alice.session, "<message to='bob@localhost' id='wait-1'/>");
		send_as(alice.session, "<message to='carol@localhost/x' type='headline' id='2'/>");
		resumption_ask(alice.session->resumption);
		bed_settle(&b);
		take(&alice, "");
		assert_int_equal(resumption_open(alice.session->resumption), 2);
		bed_resume(ANSWER_DONE);
		bed_settle(&b);
		take(&alice, "a ");
		assert_int_equal(alice.session->resumption->in.settled, 2);
		session_close(alice.session);
		bed_close(&b);
	}
}

static void asks_once_a_turn(void **state)
{
	struct peer bob;
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	enable(&b, &bob, "bob@localhost/b");
	for (int i = 0; i < 3; i++)
		session_deliver_text(bob.session, STR("<message id='m'/>"));
	bed_settle(&b);
	take(&bob, "m m m r ");
	assert_true(resumption_acknowledge(bob.session->resumption, 2));
	assert_false(resumption_acknowledge(bob.session->resumption, 4));
	bed_settle(&b);
	take(&bob, "");
	session_close(bob.session);
	bed_close(&b);
}

static void comes_back_for_what_it_missed(void **state)
{
	struct peer bob, again;
	struct session *s;
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	enable(&b, &bob, "bob@localhost/b");
	s = bob.session;
	session_deliver_text(s, STR("<message id='1'/>"));
	session_deliver_text(s, STR("<message id='2'/>"));
	lose(&bob);
	assert_true(s->resumption->is_detached);
	session_deliver_text(s, STR("<iq type='get' id='3'><x xmlns='y'/></iq>"));
	bed_settle(&b);
	advance(&b, 599000);
	again = (struct peer){.outlet.ops = &ops};
	assert_true(resumption_acknowledge(s->resumption, 1));
	resumption_attach(s->resumption, &again.outlet);
	assert_ptr_equal(again.session, s);
	bed_settle(&b);
	take(&again, "resumed 2 3 r ");
	/* The time begins anew with the next loss. */
	advance(&b, 700000);
	assert_non_null(s->user);
	session_close(again.session);
	bed_close(&b);
}

static void waits_until_what_it_sent_is_safe(void **state)
{
	struct peer alice, again = {.outlet.ops = &ops}, third = {.outlet.ops = &ops};
	struct session *s;
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);
	enable(&b, &alice, "alice@localhost/a");
	s = alice.session;
	send_as(s, "<message to='bob@localhost' id='wait-1'/>");
	bed_settle(&b);
	/* The old connection still stands. */
	resumption_attach(s->resumption, &again.outlet);
	assert_int_equal(alice.ended, STREAM_ERROR_CONFLICT);
	assert_null(alice.session);
	take(&again, "");
	/* A third one takes the place of the second; that one is gone without having been told anything. */
	resumption_attach(s->resumption, &third.outlet);
	assert_int_equal(again.ended, STREAM_ERROR_CONFLICT);
	resumption_withdraw(s->user, &again.outlet);
	bed_resume(ANSWER_DONE);
	bed_settle(&b);
	take(&again, "");
	take(&third, "resumed ");
	assert_int_equal(s->resumption->in.settled, 1);
	session_close(s);
	bed_close(&b);
}

static void ends_when_nobody_comes(void **state)
{
	struct peer bob, late = {.outlet.ops = &ops};
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	enable(&b, &bob, "bob@localhost/b");

	struct session *s = bob.session;

	session_ref(s);
	lose(&bob);
	advance(&b, 599999);
	assert_non_null(s->user);
	advance(&b, 1);
	assert_null(s->user);
	assert_null(s->resumption);
	assert_int_equal(s->refs, 1);
	session_unref(&s);

	/* A connection that was about to get it is told. */
	bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);
	enable(&b, &bob, "bob@localhost/b");
	s = bob.session;
	send_as(s, "<message to='carol@localhost' id='wait-1'/>");
	bed_settle(&b);
	resumption_attach(s->resumption, &late.outlet);
	session_kick(s, STREAM_ERROR_POLICY_VIOLATION, "");
	assert_true(late.is_refused);
	take(&late, "failed ");
	bed_resume(ANSWER_DONE);
	bed_close(&b);
}

static void gives_back_what_was_lost_in_order(void **state)
{
	struct peer bob;
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 7; loops += 3) {
		bed_open(&b, loops, defs, NULL);

		struct bed_peer *alice = bed_come(&b, "alice@localhost/a", 0), *other;

		bed_wait_at(SIDE_RECEIVER, STAGE_FALLBACK);
		enable(&b, &bob, "bob@localhost/b");
		for (int i = 0; i < 3; i++)
			bed_send(alice, bed_stanza("message", "", "bob@localhost/b", i == 0 ? "m0" : i == 1 ? "m1" : "m2"));
		bed_send(alice, bed_stanza("iq", "get", "bob@localhost/b", "q"));
		bed_settle(&b);
		assert_true(resumption_acknowledge(bob.session->resumption, 1));
		other = bed_come(&b, "bob@localhost/other", 0);
		session_close(bob.session);
		bed_settle(&b);

		const char *got = bed_take(other);

		assert_int_equal(other->got_count, 2);
		assert_true(strstr(got, "id='m1'") < strstr(got, "id='m2'"));
		assert_non_null(strstr(got, "urn:xmpp:delay"));
		assert_non_null(strstr(bed_take(alice), "service-unavailable"));
		bed_logout(alice);
		bed_logout(other);
		bed_close(&b);
	}
}

static void one_resource_having_it_is_enough(void **state)
{
	struct peer first, second;
	struct stanza *presence = stanza_from_text(STR("<presence/>"), NS_CLIENT);
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);

	struct bed_peer *alice = bed_come(&b, "alice@localhost/a", 0);

	enable(&b, &first, "bob@localhost/1");
	enable(&b, &second, "bob@localhost/2");
	session_set_presence(first.session, presence);
	session_set_presence(second.session, presence);
	bed_send(alice, bed_stanza("message", "chat", "bob@localhost", "both"));
	bed_send(alice, bed_stanza("message", "chat", "bob@localhost", "lost"));
	bed_settle(&b);
	assert_true(resumption_acknowledge(first.session->resumption, 1));
	session_close(first.session);
	bed_settle(&b);
	assert_int_equal(alice->got_count, 0);
	/* The last one that had it gives it back: nobody keeps it, so the sender hears of it, once. */
	session_close(second.session);
	bed_settle(&b);
	assert_int_equal(alice->got_count, 1);
	assert_non_null(strstr(bed_take(alice), "id='lost'"));
	stanza_unref(&presence);
	bed_logout(alice);
	bed_close(&b);
}

static void a_peer_that_does_not_acknowledge_is_ended(void **state)
{
	struct peer bob;
	struct bed b;

	(void)state;
	bed_open(&b, 1, defs, NULL);
	enable(&b, &bob, "bob@localhost/b");
	for (int i = 0; i < 7; i++)
		session_deliver_text(bob.session, STR("<message id='m'/>"));
	advance(&b, 4000);
	assert_true(resumption_acknowledge(bob.session->resumption, 1));
	advance(&b, 4000);
	assert_int_equal(bob.ended, STREAM_ERROR_NONE);
	advance(&b, 1000);
	assert_int_equal(bob.ended, STREAM_ERROR_RESOURCE_CONSTRAINT);
	session_close(bob.session);
	bed_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acknowledges_when_all_is_safe),
		cmocka_unit_test(asks_once_a_turn),
		cmocka_unit_test(comes_back_for_what_it_missed),
		cmocka_unit_test(waits_until_what_it_sent_is_safe),
		cmocka_unit_test(ends_when_nobody_comes),
		cmocka_unit_test(gives_back_what_was_lost_in_order),
		cmocka_unit_test(one_resource_having_it_is_enough),
		cmocka_unit_test(a_peer_that_does_not_acknowledge_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
