#include "route/pipeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "support/bed.h"
#include "support/bed_accounts.h"

/* Two modules that write down where they are asked. */
static char trace[1024];

static void write_down(const struct call *c, char who)
{
	static const char sides[] = "SR", stages[] = "arcdvf";
	size_t len = strlen(trace);

	snprintf(trace + len, sizeof(trace) - len, "%s%c%c%c", len ? " " : "", sides[c->side], stages[c->stage], who);
}

/* What a stanza's id makes them do: "done-Rc" is DONE at the receiver's COPY; "now-" LATER, resumed before it is returned. */
static enum answer obey(struct call *c)
{
	static const char sides[] = "SR", stages[] = "arcdvf";
	struct str id = stanza_id_raw(c->stanza);
	char here[3] = {sides[c->side], stages[c->stage], '\0'};

	if (c->stanza->type == STANZA_TYPE_ERROR || id.len < 3 || memcmp(id.data + id.len - 2, here, 2) != 0)
		return ANSWER_PASS;
	if (str_starts_with(id, STR("done-")))
		return ANSWER_DONE;
	if (str_starts_with(id, STR("error-")))
		return call_error(c, STANZA_ERROR_POLICY_VIOLATION, "so it is");
	if (str_starts_with(id, STR("now-pass-")) || str_starts_with(id, STR("now-done-"))) {
		call_resume(c, str_starts_with(id, STR("now-done-")) ? ANSWER_DONE : ANSWER_PASS);
		return ANSWER_LATER;
	}
	return ANSWER_PASS;
}

static enum answer first(struct call *c, const struct module *m)
{
	assert_string_equal(m->def->name, "mod_first");
	assert_ptr_equal(m->host, c->host);
	write_down(c, '1');
	return obey(c);
}

static enum answer second(struct call *c, const struct module *m)
{
	assert_string_equal(m->def->name, "mod_second");
	write_down(c, '2');
	return ANSWER_PASS;
}

enum { MP = 1 << STANZA_MESSAGE | 1 << STANZA_PRESENCE };

#define ALL_STAGES(run)                                                                                          \
	{                                                                                                        \
		{run, SIDE_SENDER, STAGE_ACCEPT, MP}, {run, SIDE_SENDER, STAGE_RECORD, MP},                      \
		{run, SIDE_SENDER, STAGE_COPY, MP}, {run, SIDE_SENDER, STAGE_DELIVER, MP},                       \
		{run, SIDE_SENDER, STAGE_AVAILABLE, MP}, {run, SIDE_SENDER, STAGE_FALLBACK, MP},                 \
		{run, SIDE_RECEIVER, STAGE_ACCEPT, MP}, {run, SIDE_RECEIVER, STAGE_RECORD, MP},                  \
		{run, SIDE_RECEIVER, STAGE_COPY, MP}, {run, SIDE_RECEIVER, STAGE_DELIVER, MP},                   \
		{run, SIDE_RECEIVER, STAGE_AVAILABLE, MP}, {run, SIDE_RECEIVER, STAGE_FALLBACK, MP}, {0},        \
	}

static const struct module_hook first_hooks[] = ALL_STAGES(first), second_hooks[] = ALL_STAGES(second);
static const struct module_def mod_first = {.name = "mod_first", .summary = "", .hooks = first_hooks};
static const struct module_def mod_second = {.name = "mod_second", .summary = "", .hooks = second_hooks};

static enum answer answer_with_payload(struct call *c, const struct module *m)
{
	struct writer *w = call_begin_result(c);

	(void)m;
	assert_true(node_is(c->stanza, call_payload(c), "query", "urn:test:payload"));
	writer_open(w, "query", "urn:test:payload");
	writer_text(w, call_is_own(c) ? STR("own") : STR("<other>"));
	writer_close(w);
	return call_send_result(c);
}

static struct call *late;

static enum answer answer_late(struct call *c, const struct module *m)
{
	(void)m;
	late = c;
	return ANSWER_LATER;
}

static const struct module_query queries[] = {
	{"urn:test:payload", "query", QUERY_GET, QUERY_HOST | QUERY_ANYONE, answer_with_payload},
	{"urn:test:late", "query", QUERY_GET, QUERY_HOST | QUERY_ANYONE, answer_late},
	{0},
};
static const struct module_def mod_answer = {.name = "mod_answer", .summary = "", .queries = queries};
static const struct module_def *const defs[] = {&mod_first, &bed_waiter, &mod_second, &mod_answer, NULL};

static struct bed b;
static struct bed_peer *alice, *bob;

static int open_bed(void **state)
{
	(void)state;
	bed_open(&b, 1, defs, NULL);
	alice = bed_come(&b, "alice@localhost/a", 0);
	bob = bed_login(&b, "bob@localhost/b");
	trace[0] = '\0';
	return 0;
}

static int close_bed(void **state)
{
	(void)state;
	if (alice)
		bed_logout(alice);
	bed_logout(bob);
	bed_close(&b);
	return 0;
}

static const struct {
	const char *xml, *trace;
	int got; /* by bob */
} ways[] = {
	{"<message id='x' to='bob@localhost/b'/>", "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1 Sd2 Ra1 Ra2 Rr1 Rr2 Rc1 Rc2 Rd1 Rd2", 1},
	{"<message id='done-Sa' to='bob@localhost/b'/>", "Sa1", 0},
	{"<message id='done-Sr' to='bob@localhost/b'/>", "Sa1 Sa2 Sr1", 0},
	{"<message id='done-Sd' to='bob@localhost/b'/>", "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1", 0},
	{"<message id='done-Ra' to='bob@localhost/b'/>", "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1 Sd2 Ra1", 0},
	{"<message id='done-Rd' to='bob@localhost/b'/>", "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1 Sd2 Ra1 Ra2 Rr1 Rr2 Rc1 Rc2 Rd1", 0},
	{"<message id='now-pass-Sr' to='bob@localhost/b'/>", "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1 Sd2 Ra1 Ra2 Rr1 Rr2 Rc1 Rc2 Rd1 Rd2", 1},
	{"<message id='now-done-Sr' to='bob@localhost/b'/>", "Sa1 Sa2 Sr1", 0},
	{"<message id='now-pass-Rc' to='bob@localhost/b'/>", "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1 Sd2 Ra1 Ra2 Rr1 Rr2 Rc1 Rc2 Rd1 Rd2", 1},
	/* nobody is available at the bare address */
	{"<message id='x' to='bob@localhost'/>", "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1 Sd2 Ra1 Ra2 Rr1 Rr2 Rc1 Rc2 Rd1 Rd2 Rf1 Rf2 "
	 "Ra1 Ra2 Rr1 Rr2 Rc1 Rc2 Rd1 Rd2", 0}, /* the last eight: the refusal, on its way to alice */
	{"<message id='done-Rf' to='bob@localhost'/>", "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1 Sd2 Ra1 Ra2 Rr1 Rr2 Rc1 Rc2 Rd1 Rd2 Rf1", 0},
	/* taken by the module that notes it, which stands between the two */
	{"<presence id='x'/>", "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1", 0},
	{"<iq id='x' type='get' to='bob@localhost/b'><q xmlns='q'/></iq>", "", 1},
};

static void passes_the_stages_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		size_t before = bob->got_count;

		trace[0] = '\0';
		bed_send(alice, ways[i].xml);
		assert_string_equal(trace, ways[i].trace);
		assert_int_equal(bob->got_count - before, ways[i].got);
	}
}

static void runs_available_when_a_session_became_reachable(void **state)
{
	(void)state;
	bed_send(bob, "<presence><priority>-1</priority></presence>");
	assert_string_equal(trace, "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1");
	trace[0] = '\0';
	bed_send(bob, "<presence><priority> 3 </priority></presence>");
	assert_string_equal(trace, "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1 Sv1 Sv2");
	trace[0] = '\0';
	bed_send(bob, "<presence/>");
	assert_string_equal(trace, "Sa1 Sa2 Sr1 Sr2 Sc1 Sc2 Sd1");
}

/* At each stage of both sides: what waits goes on where it was, or ends there. */
static void goes_on_after_later(void **state)
{
	static const struct {
		enum side side;
		enum stage stage;
	} places[] = {
		{SIDE_SENDER, STAGE_ACCEPT},   {SIDE_SENDER, STAGE_RECORD},   {SIDE_SENDER, STAGE_COPY},      {SIDE_SENDER, STAGE_DELIVER},
		{SIDE_RECEIVER, STAGE_ACCEPT}, {SIDE_RECEIVER, STAGE_RECORD}, {SIDE_RECEIVER, STAGE_DELIVER}, {SIDE_RECEIVER, STAGE_FALLBACK},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		bool at_fallback = places[i].stage == STAGE_FALLBACK;
		const char *to = at_fallback ? "bob@localhost" : "bob@localhost/b";

		bed_wait_at(places[i].side, places[i].stage);
		bed_send(alice, bed_stanza("message", "", to, "wait-1"));
		bed_send(alice, bed_stanza("message", "", to, "wait-2"));
		assert_string_equal(bed_take(bob), "");
		assert_int_equal(bed_waiting(), 1); /* the second waits behind it */
		bed_resume(ANSWER_DONE);
		assert_string_equal(bed_take(bob), "");
		assert_int_equal(bed_waiting(), 1);
		bed_resume(ANSWER_PASS);
		assert_true((strstr(bed_take(bob), "wait-2") != NULL) == !at_fallback);
		assert_true((strstr(bed_take(alice), "wait-2") != NULL) == at_fallback); /* refused */
		assert_int_equal(bed_waiting(), 0);
	}
}

static void answers_with_errors(void **state)
{
	(void)state;
	bed_send(alice, "<message id='error-Sr' to='bob@localhost/b'><body>x</body></message>");

	const char *got = bed_take(alice);

	assert_non_null(strstr(got, "<message from='bob@localhost/b' to='alice@localhost/a' type='error' id='error-Sr'>"));
	assert_non_null(strstr(got, "<policy-violation "));
	assert_non_null(strstr(got, ">so it is</text>"));
	bed_send(alice, "<message id='error-Rr' to='bob@localhost/b'/>");
	assert_non_null(strstr(bed_take(alice), "from='bob@localhost/b'"));
	bed_send(alice, "<message id='error-Sr'/>");
	assert_non_null(strstr(bed_take(alice), "from='alice@localhost'"));
	/* presence: the own client hears of it, others only when they asked for a subscription */
	bed_send(alice, "<presence id='error-Sr' to='bob@localhost/b'/>");
	assert_non_null(strstr(bed_take(alice), "<presence from='bob@localhost/b' to='alice@localhost/a' type='error'"));
	bed_send(alice, "<presence id='error-Rr' to='bob@localhost/b'/>");
	assert_string_equal(bed_take(alice), "");
	bed_send(alice, "<presence id='error-Rr' type='subscribe' to='bob@localhost'/>");
	assert_non_null(strstr(bed_take(alice), "type='error'"));
	assert_string_equal(bed_take(bob), "");
}

static void answers_queries_now_and_later(void **state)
{
	(void)state;
	bed_send(alice, "<iq id='a&amp;b' type='get'><query xmlns='urn:test:payload'/></iq>");
	assert_string_equal(bed_take(alice), "<iq from='alice@localhost' to='alice@localhost/a' type='result' id='a&amp;b'>"
					     "<query xmlns='urn:test:payload'>own</query></iq>\n");
	bed_send(alice, "<iq id='1' type='get' to='bob@localhost'><query xmlns='urn:test:payload'/></iq>");
	assert_non_null(strstr(bed_take(alice), ">&lt;other&gt;</query>"));

	static const char *const targets[] = {"localhost", "alice@localhost", "bob@localhost"};

	for (size_t i = 0; i < 3; i++) {
		char xml[128];

		snprintf(xml, sizeof(xml), "<iq id='1' type='get' to='%s'><query xmlns='urn:test:late'/></iq>", targets[i]);
		for (int passes = 0; passes < 2; passes++) {
			bed_send(alice, xml);
			assert_string_equal(bed_take(alice), "");
			if (passes) {
				call_resume(late, ANSWER_PASS);
				assert_non_null(strstr(bed_take(alice), "<feature-not-implemented "));
			} else {
				call_result(late);
				call_resume(late, ANSWER_DONE);
				assert_non_null(strstr(bed_take(alice), "type='result'"));
			}
		}
	}
}

/* What was sent before the end of a session is handled still; its presence is not. */
static void calls_outlive_their_session(void **state)
{
	(void)state;
	bed_wait_at(SIDE_SENDER, STAGE_RECORD);
	bed_send(alice, "<message id='wait' to='bob@localhost/b'/>");
	bed_send(alice, "<message id='x' to='bob@localhost/b'/>");
	bed_send(alice, "<presence id='x'/>");
	bed_send(alice, "<presence id='x' to='bob@localhost/b'/>");
	bed_send(alice, "<presence id='x' type='subscribe' to='bob@localhost'/>");
	bed_logout(alice);
	alice = NULL;
	assert_int_equal(bob->got_count, 0);
	trace[0] = '\0';
	bed_resume(ANSWER_PASS);
	assert_int_equal(bob->got_count, 2);
	assert_non_null(strstr(trace, "Rd1")); /* the subscription, and the messages */
	assert_null(strstr(bed_take(bob), "<presence"));
	assert_null(registry_find_user(b.registries[0], STR("alice@localhost")));
}

#define IN_BED(test) cmocka_unit_test_setup_teardown(test, open_bed, close_bed)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BED(passes_the_stages_in_order),
		IN_BED(runs_available_when_a_session_became_reachable),
		IN_BED(goes_on_after_later),
		IN_BED(answers_with_errors),
		IN_BED(answers_queries_now_and_later),
		IN_BED(calls_outlive_their_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
