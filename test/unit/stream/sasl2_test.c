/* SASL2 and what goes along with it: XEP-0388, XEP-0386, XEP-0484, XEP-0198 §9, XEP-0478. */
#include <stdio.h>

#include "unit/stream/fake_dialogue.h"

#define SASL2_NS "xmlns='urn:xmpp:sasl:2'"
#define AUTHENTICATE(mechanism, inside) "<authenticate " SASL2_NS " mechanism='" mechanism "'>" inside "</authenticate>"
#define INITIAL(text) "<initial-response>" text "</initial-response>"
#define PLAIN(text, inside) AUTHENTICATE("PLAIN", INITIAL(text) inside)
#define GOOD_ONE PLAIN(GOOD, "")
#define AGENT "<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'><software>Awesome</software></user-agent>"
#define BIND2(inside) "<bind xmlns='urn:xmpp:bind:0'>" inside "</bind>"
#define RESUME "<resume xmlns='urn:xmpp:sm:3' h='3' previd='x'/>"
#define TOKEN_PLEASE "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>"
#define FAST(attributes) "<fast xmlns='urn:xmpp:fast:0' " attributes "/>"
#define TOKEN_GIVEN "<token xmlns='urn:xmpp:fast:0' expiry='2020-03-12T14:36:15Z' token='TOKEN'/>"
#define FAILED_OLD "<failed xmlns='urn:xmpp:sm:3'/>"

#define SUCCESS(inside) "<success " SASL2_NS ">" inside "</success>"
#define WHO(who) "<authorization-identifier>" who "</authorization-identifier>"
#define BARE WHO("alice@localhost")
#define BOUND "<bound xmlns='urn:xmpp:bind:0'/>"
#define REFUSED(condition) "<failure " SASL2_NS "><" condition " " SASL_NS "/></failure>"
#define BIND_FEATURES "<stream:features><bind " BIND_NS "/></stream:features>"
#define NO_FEATURES "<stream:features/>"
#define IQ_BIND "<iq type='set' id='b'><bind " BIND_NS "><resource>x</resource></bind></iq>"
#define IQ_BOUND "<iq type='result' id='b'><bind " BIND_NS "><jid>alice@localhost/x</jid></bind></iq>"

#define ON (FAKE_DIRECT_TLS | FAKE_SASL2)
#define ON_ALL (ON | FAKE_BIND2 | FAKE_TOKENS | FAKE_RESUMPTION)
#define OPEN "@ tls", "> " HEADER, "< " OPENED FEATURES

static const struct dialogue offers_dialogues[] = {
	{"T-AUTH-39", ON,
	 {"@ tls", "> " HEADER,
	  "< " OPENED "<stream:features><mechanisms *</mechanisms><authentication " SASL2_NS "><mechanism>SCRAM-SHA-1-PLUS</mechanism>"
	  "<mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism><inline/></authentication><sasl-channel-binding *</stream:features>"}},
	{"T-AUTH-39 not in the clear", FAKE_TLS | FAKE_SASL2,
	 {"> " HEADER, "< " OPENED "<stream:features><starttls " TLS_NS "/><mechanisms *</mechanisms></stream:features>"}},
	{"not when it is off", FAKE_DIRECT_TLS, {"@ tls", "> " HEADER, "< " OPENED "<stream:features><mechanisms *</mechanisms><sasl-channel*"}},
	{"T-AUTH-39 with all that goes along", ON_ALL,
	 {"@ tls", "> " HEADER,
	  "< *<mechanism>PLAIN</mechanism><inline><bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:example'/></inline></bind>"
	  "<sm xmlns='urn:xmpp:sm:3'/><fast xmlns='urn:xmpp:fast:0'><mechanism>HT-SHA-256-NONE</mechanism></fast></inline></authentication>*"}},
	{"Bind 2 needs SASL2", FAKE_DIRECT_TLS | FAKE_BIND2, {"@ tls", "> " HEADER, "< *<authentication *<inline><bind *"}},
	{"so do tokens", FAKE_DIRECT_TLS | FAKE_TOKENS, {"@ tls", "> " HEADER, "< *<authentication *<inline><fast *"}},
	{"nothing after login", ON, {OPEN, "> " GOOD_ONE, "< " SUCCESS(BARE) BIND_FEATURES}},
};

static const struct dialogue login_dialogues[] = {
	{"T-AUTH-40 no new opening tag", ON,
	 {OPEN, "> " GOOD_ONE, "< " SUCCESS(BARE) BIND_FEATURES, "@ state AWAIT_BIND", "> " IQ_BIND, "< " IQ_BOUND, "@ state OPEN"}},
	{"an opening tag is too much", ON, {OPEN, "> " GOOD_ONE HEADER, "< *" ERROR("policy-violation")}},
	{"T-AUTH-40 with a challenge, and data with success", ON,
	 {OPEN, "> " AUTHENTICATE("SCRAM-SHA-1", INITIAL(ASK)), "< <challenge " SASL2_NS ">d2hhdD8=</challenge>", "@ state IN_SASL2",
	  "> <response " SASL2_NS ">" GOOD_DATA "</response>", "< " SUCCESS("<additional-data>dj0x</additional-data>" BARE) BIND_FEATURES}},
	{"no initial response is an empty challenge", ON,
	 {OPEN, "> " AUTHENTICATE("PLAIN", ""), "< <challenge " SASL2_NS "></challenge>", "> <response " SASL2_NS ">" GOOD "</response>",
	  "< " SUCCESS(BARE) BIND_FEATURES}},
	{"a failure, and another try", ON, {OPEN, "> " PLAIN(BAD, "") GOOD_ONE, "< " REFUSED("not-authorized") SUCCESS(BARE) BIND_FEATURES}},
	{"an empty initial response is empty", ON, {OPEN, "> " PLAIN("", ""), "< " REFUSED("malformed-request")}},
	{"an equals sign means nothing here", ON, {OPEN, "> " PLAIN("=", ""), "< " REFUSED("incorrect-encoding")}},
	{"not base64", ON, {OPEN, "> " PLAIN("a b", ""), "< " REFUSED("incorrect-encoding"), "@ alive"}},
	{"an unknown mechanism", ON, {OPEN, "> " AUTHENTICATE("X-NONE", INITIAL(GOOD)), "< " REFUSED("invalid-mechanism"), "@ alive"}},
	{"no mechanism", ON, {OPEN, "> <authenticate " SASL2_NS "/>", "< " REFUSED("invalid-mechanism")}},
	{"four failures", ON,
	 {OPEN, "> " PLAIN(BAD, "") PLAIN(BAD, "") PLAIN(BAD, ""), "< *", "@ alive", "> " PLAIN(BAD, ""),
	  "< " REFUSED("not-authorized") ERROR("policy-violation"), "@ ended"}},
	{"four failures of both kinds", ON,
	 {OPEN, "> " PLAIN(BAD, "") AUTH(BAD) PLAIN(BAD, "") AUTH(BAD), "< *" FAILURE("not-authorized") ERROR("policy-violation")}},
	{"abort", ON,
	 {OPEN, "> " AUTHENTICATE("PLAIN", INITIAL(ASK)) "<abort " SASL2_NS "/>",
	  "< <challenge *</challenge>" REFUSED("aborted"), "@ state AWAIT_LOGIN",
	  "> " GOOD_ONE, "< " SUCCESS(BARE) BIND_FEATURES}},
	{"a response to nothing", ON, {OPEN, "> <response " SASL2_NS ">" GOOD "</response>", "< " REFUSED("malformed-request")}},
	{"there are no tasks", ON, {OPEN, "> <next " SASL2_NS " task='X'/>", "< " REFUSED("malformed-request")}},
	{"T-AUTH-41", ON, {OPEN, "> " GOOD_ONE GOOD_ONE, "< " SUCCESS(BARE) BIND_FEATURES ERROR("policy-violation"), "@ ended"}},
	{"T-AUTH-41 when bound", ON, {OPEN, "> " GOOD_ONE IQ_BIND GOOD_ONE, "< *" IQ_BOUND ERROR("policy-violation"), "@ ended"}},
	{"T-AUTH-41 in the other words", ON, {OPEN, "> " GOOD_ONE AUTH(GOOD), "< *" ERROR("policy-violation"), "@ ended"}},
	{"T-AUTH-41 while one is under way", ON,
	 {OPEN, "> " AUTHENTICATE("PLAIN", INITIAL(ASK)) GOOD_ONE, "< <challenge *</challenge>" ERROR("policy-violation"), "@ ended"}},
	{"nothing else while one is under way", ON,
	 {OPEN, "> " AUTHENTICATE("PLAIN", INITIAL(ASK)) "<iq type='get' id='x'><q xmlns='x'/></iq>",
	  "< <challenge *</challenge>" ERROR("policy-violation"), "@ ended"}},
	{"nor in the other words", ON,
	 {OPEN, "> " AUTHENTICATE("PLAIN", INITIAL(ASK)) "<response " SASL_NS ">" GOOD "</response>", "< *" ERROR("policy-violation"), "@ ended"}},
	{"the other words answer with theirs", ON,
	 {OPEN, "> " AUTH(ASK) "<response " SASL2_NS ">" GOOD "</response>", "< <challenge *</challenge>" REFUSED("malformed-request"), "@ alive"}},
	{"the other words still work", ON, {OPEN, "> " AUTH(GOOD) HEADER, "< <success " SASL_NS "/>" OPENED BIND_FEATURES}},
	{"another namespace", ON, {OPEN, "> <authenticate xmlns='urn:xmpp:sasl:1' mechanism='PLAIN'/>", "< " ERROR("invalid-namespace"), "@ ended"}},
	{"in the clear", FAKE_TLS | FAKE_SASL2, {"> " HEADER, "< " OPENED FEATURES, "> " GOOD_ONE, "< " REFUSED("encryption-required"), "@ alive"}},
	{"when it is off nobody knows it", FAKE_DIRECT_TLS, {OPEN, "> " GOOD_ONE, "@ state AWAIT_LOGIN"}},
	{"who it said to be", ON,
	 {"@ tls", "> <stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0' "
	  "from='bob@localhost'>", "< *" FEATURES, "> " GOOD_ONE, "< " REFUSED("invalid-authzid"), "@ alive"}},
	{"who it is", ON,
	 {"@ tls", "> <stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0' "
	  "from='alice@localhost'>", "< *" FEATURES, "> " GOOD_ONE, "< " SUCCESS(BARE) BIND_FEATURES}},
	{"a user agent of another kind", ON, {OPEN, "> " PLAIN(GOOD, "<user-agent id='me'/>"), "< " REFUSED("malformed-request"), "@ alive"}},
	{"a later answer, input waits", ON,
	 {OPEN, "> " PLAIN(LATER, "") IQ_BIND, "@ state AWAIT_ANSWER", "@ answer good", "< " SUCCESS(BARE) BIND_FEATURES IQ_BOUND}},
	{"what nobody offers is not done", ON,
	 {OPEN, "> " PLAIN(GOOD, AGENT BIND2("") TOKEN_PLEASE), "< " SUCCESS(BARE) BIND_FEATURES, "> " IQ_BIND, "< " IQ_BOUND}},
	{"framed", ON | FAKE_FRAMED,
	 {"@ tls", "> " HEADER, "< *", "> " GOOD_ONE,
	  "< " SUCCESS(BARE) "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>*</stream:features>"}},
};

static const struct dialogue bind_dialogues[] = {
	{"T-AUTH-42", ON_ALL,
	 {OPEN, "> " PLAIN(GOOD, AGENT BIND2("<tag>Awesome</tag>")),
	  "< " SUCCESS(WHO("alice@localhost/Awesome/*") BOUND) NO_FEATURES, "@ state OPEN"}},
	{"T-AUTH-42 always the same", ON_ALL,
	 {OPEN, "> " PLAIN(GOOD, AGENT BIND2("<tag>a</tag>")), "< " SUCCESS(WHO("alice@localhost/a/e7059d0bbaa93dd0") BOUND) NO_FEATURES}},
	{"without tag and user agent", ON_ALL, {OPEN, "> " PLAIN(GOOD, BIND2("")), "< " SUCCESS(WHO("alice@localhost/*") BOUND) NO_FEATURES}},
	{"what is switched on answers", ON_ALL,
	 {OPEN, "> " PLAIN(GOOD, BIND2("<enable xmlns='urn:example'/>")),
	  "< " SUCCESS(WHO("*") "<bound xmlns='urn:xmpp:bind:0'><enabled xmlns='urn:example'/></bound>") NO_FEATURES}},
	{"a tag that can be none", ON_ALL, {OPEN, "> " PLAIN(GOOD, BIND2("<tag>&#x85;</tag>")), "< " REFUSED("malformed-request"), "@ unbound"}},
	{"no session without login", ON_ALL, {OPEN, "> " PLAIN(BAD, BIND2("")), "< " REFUSED("not-authorized"), "@ unbound"}},
	{"nor after another login", ON_ALL,
	 {OPEN, "> " PLAIN(BAD, BIND2("")) GOOD_ONE, "< " REFUSED("not-authorized") SUCCESS(BARE) BIND_FEATURES, "@ unbound"}},
	{"with a challenge", ON_ALL,
	 {OPEN, "> " AUTHENTICATE("SCRAM-SHA-1", INITIAL(ASK) BIND2("<tag>t</tag>")), "< <challenge *", "@ unbound",
	  "> <response " SASL2_NS ">" GOOD "</response>", "< " SUCCESS(WHO("alice@localhost/t/*") BOUND) NO_FEATURES}},
	{"all in one go", ON_ALL,
	 {OPEN, "> " PLAIN(LATER, BIND2("")) "<presence/><message/>", "@ answer good",
	  "< <success *" NO_FEATURES "[taken][taken]"}},
	{"module features of a session", ON_ALL | FAKE_MODULE_FEATURES | FAKE_OLD_SESSION,
	 {OPEN, "> " PLAIN(GOOD, BIND2("")), "< <success *</success><stream:features><ver xmlns='urn:example'/></stream:features>"}},
	{"T-AUTH-33 refused", ON_ALL | FAKE_NOT_ALLOWED,
	 {OPEN, "> " PLAIN(GOOD, BIND2("")),
	  "< <failure " SASL2_NS "><not-authorized " SASL_NS "/><not-allowed xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failure></stream:stream>",
	  "@ ended"}},
	{"not without the module", ON | FAKE_TOKENS, {OPEN, "> " PLAIN(GOOD, BIND2("")), "< " SUCCESS(BARE) BIND_FEATURES, "@ unbound"}},
	{"T-AUTH-41 when bound along with it", ON_ALL,
	 {OPEN, "> " PLAIN(GOOD, BIND2("")) GOOD_ONE, "< <success *" NO_FEATURES ERROR("policy-violation")}},
};

static const struct dialogue resume_dialogues[] = {
	{"a session is resumed", ON_ALL,
	 {OPEN, "> " PLAIN(GOOD, RESUME BIND2("")) "<message/>", "@ resumed",
	  "< " SUCCESS(WHO("alice@localhost/old") "<resumed xmlns='urn:xmpp:sm:3'/>") NO_FEATURES "[taken]", "@ unbound", "@ state OPEN"}},
	{"T-AUTH-43", ON_ALL,
	 {OPEN, "> " PLAIN(GOOD, RESUME BIND2("<tag>t</tag>")) "<message/>", "@ not resumed", "@ unbound", "@ after 1",
	  "< " SUCCESS(WHO("alice@localhost/t/*") FAILED_OLD BOUND) NO_FEATURES "[taken]", "@ state OPEN"}},
	{"T-AUTH-43 without a new one", ON_ALL,
	 {OPEN, "> " PLAIN(GOOD, RESUME) IQ_BIND, "@ not resumed", "@ after 1", "< " SUCCESS(BARE FAILED_OLD) BIND_FEATURES IQ_BOUND}},
	{"T-AUTH-43 and the time for the login runs again", ON_ALL | FAKE_SHORT_DEADLINE | FAKE_PATIENT,
	 {OPEN, "> " PLAIN(GOOD, RESUME), "@ after 7000", "@ alive", "@ not resumed", "@ after 1",
	  "< <success *" BIND_FEATURES, "@ after 6999", "@ alive",
	  "@ after 1", "< " ERROR("connection-timeout")}},
	{"the end while it waits", ON_ALL, {OPEN, "> " PLAIN(GOOD, RESUME BIND2("")), "@ not resumed"}},
};

static const struct dialogue token_dialogues[] = {
	{"T-AUTH-44 a token is asked for", ON_ALL,
	 {OPEN, "> " PLAIN(GOOD, AGENT TOKEN_PLEASE) IQ_BIND, "@ state AWAIT_ANSWER", "@ issued",
	  "< " SUCCESS(BARE TOKEN_GIVEN) BIND_FEATURES IQ_BOUND}},
	{"T-AUTH-44 along with a session", ON_ALL,
	 {OPEN, "> " PLAIN(LATER, AGENT TOKEN_PLEASE BIND2("")) "<presence/>", "@ answer good", "@ unbound", "@ issued",
	  "< " SUCCESS(WHO("alice@localhost/*") BOUND TOKEN_GIVEN) NO_FEATURES "[taken]"}},
	{"T-AUTH-44 with all", ON_ALL,
	 {OPEN, "> " PLAIN(GOOD, AGENT TOKEN_PLEASE BIND2("") RESUME), "@ issued", "@ not resumed", "@ after 1",
	  "< " SUCCESS(WHO("alice@localhost/*") FAILED_OLD BOUND TOKEN_GIVEN) NO_FEATURES}},
	{"without one it goes on", ON_ALL, {OPEN, "> " PLAIN(GOOD, AGENT TOKEN_PLEASE), "@ not issued", "< " SUCCESS(BARE) BIND_FEATURES}},
	{"not for clients that cannot be told", ON_ALL, {OPEN, "> " PLAIN(GOOD, TOKEN_PLEASE), "< " SUCCESS(BARE) BIND_FEATURES}},
	{"not for mechanisms nobody has", ON_ALL,
	 {OPEN, "> " PLAIN(GOOD, AGENT "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-X'/>"), "< " SUCCESS(BARE) BIND_FEATURES}},
	{"no token without login", ON_ALL, {OPEN, "> " PLAIN(BAD, AGENT TOKEN_PLEASE), "< " REFUSED("not-authorized")}},
	{"T-AUTH-44 a token is used", ON_ALL,
	 {OPEN, "> " AUTHENTICATE("HT-SHA-256-NONE", INITIAL(GOOD_DATA) AGENT FAST("count='2'")),
	  "< " SUCCESS("<additional-data>dj0x</additional-data>" BARE) BIND_FEATURES}},
	{"T-AUTH-44 a token is renewed", ON_ALL,
	 {OPEN, "> " AUTHENTICATE("HT-SHA-256-NONE", INITIAL(GOOD) AGENT FAST("count='3'")), "@ issued",
	  "< " SUCCESS(BARE TOKEN_GIVEN) BIND_FEATURES}},
	{"it has to say that it is one", ON_ALL,
	 {OPEN, "> " AUTHENTICATE("HT-SHA-256-NONE", INITIAL(GOOD) AGENT), "< " REFUSED("invalid-mechanism")}},
	{"and whose", ON_ALL, {OPEN, "> " AUTHENTICATE("HT-SHA-256-NONE", INITIAL(GOOD) FAST("")), "< " REFUSED("malformed-request")}},
	{"one that is forgotten", ON_ALL,
	 {OPEN, "> " AUTHENTICATE("HT-SHA-256-NONE", INITIAL(BAD) AGENT FAST("")) AUTHENTICATE("HT-SHA-256-NONE", INITIAL(GOOD)),
	  "< " REFUSED("not-authorized") REFUSED("invalid-mechanism")}},
	{"not over the other words", ON_ALL,
	 {OPEN, "> <auth " SASL_NS " mechanism='HT-SHA-256-NONE'>" GOOD "</auth>", "< " FAILURE("invalid-mechanism")}},
	{"not without the module", ON, {OPEN, "> " AUTHENTICATE("HT-SHA-256-NONE", INITIAL(GOOD) AGENT FAST("")), "< " REFUSED("invalid-mechanism")}},
	{"the end while one is awaited", ON_ALL | FAKE_SHORT_DEADLINE,
	 {OPEN, "> " PLAIN(GOOD, AGENT TOKEN_PLEASE), "@ after 7000", "< " ERROR("connection-timeout"), "@ issued", "@ ended"}},
};

static void test_offers(void **state)
{
	(void)state;
	PLAY_ALL(offers_dialogues);
}

static void test_login(void **state)
{
	(void)state;
	PLAY_ALL(login_dialogues);
}

static void test_bind(void **state)
{
	(void)state;
	PLAY_ALL(bind_dialogues);
}

static void test_resume(void **state)
{
	(void)state;
	PLAY_ALL(resume_dialogues);
}

static void test_tokens(void **state)
{
	(void)state;
	PLAY_ALL(token_dialogues);
}

/* The stream goes while the answer is on its way. */
static void test_token_for_nobody(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, ON_ALL);
	fake_do(&f, "", "tls");
	buf_append_text(&f.kept, HEADER PLAIN(GOOD, AGENT TOKEN_PLEASE));
	fake_feed(&f);
	assert_int_equal(f.stream.state, STREAM_AWAIT_ANSWER);
	fake_fini(&f);
	fake_answer_issue(ERR_NONE);
}

/* XEP-0478 */
static void test_limits(void **state)
{
	static const struct {
		int64_t before, after;
		const char *offer_before, *offer_after;
	} rows[] = {
		{65536, OPTION_INFINITY, "<max-bytes>65536</max-bytes>", ""},
		{65536, 100000, "<max-bytes>65536</max-bytes>", "<max-bytes>100000</max-bytes>"},
		{65536, 1000, "<max-bytes>1000</max-bytes>", "<max-bytes>1000</max-bytes>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake f;
		char pattern[512];

		fake_init(&f, ON);
		f.config.meerkat.preauth_max_stanza_size = rows[i].before;
		f.listen.max_stanza_size = rows[i].after;
		fake_do(&f, "", "tls");
		buf_append_text(&f.kept, HEADER);
		fake_feed(&f);
		snprintf(pattern, sizeof(pattern), "*<limits xmlns='urn:xmpp:stream-limits:0'>%s</limits></stream:features>", rows[i].offer_before);
		fake_expect(&f, "before login", pattern);
		buf_append_text(&f.kept, GOOD_ONE);
		fake_feed(&f);
		snprintf(pattern, sizeof(pattern), "*<bind *%s%s</stream:features>", rows[i].offer_after, rows[i].offer_after[0] ? "</limits>" : "");
		fake_expect(&f, "after login", pattern);
		fake_fini(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offers), cmocka_unit_test(test_login),  cmocka_unit_test(test_bind),
		cmocka_unit_test(test_resume), cmocka_unit_test(test_tokens), cmocka_unit_test(test_token_for_nobody),
		cmocka_unit_test(test_limits),
	};

	log_set_level(LOG_NONE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
