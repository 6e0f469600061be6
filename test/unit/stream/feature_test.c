/* What is offered when, and STARTTLS, SASL, bind as the features take and refuse them. */
#include "unit/stream/fake_dialogue.h"

#include "stream/feature.h"

#define STARTTLS "<starttls " TLS_NS "/>"
#define PROCEED "<proceed " TLS_NS "/>"
#define MECHANISMS(list) "<mechanisms " SASL_NS ">" list "</mechanisms>"
#define PLAIN_OFFER "<mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism>"
#define BIND "<iq type='set' id='b1'><bind " BIND_NS "/></iq>"
#define BIND_TO(resource) "<iq type='set' id='b1'><bind " BIND_NS "><resource>" resource "</resource></bind></iq>"
#define BOUND_TO(resource) "<iq type='result' id='b1'><bind " BIND_NS "><jid>alice@localhost/" resource "</jid></bind></iq>"
#define BAD_REQUEST "<iq *type='error'*<bad-request *</iq>"
#define SUCCESS "<success " SASL_NS "/>"
#define LOGIN "> " HEADER AUTH(GOOD) HEADER
#define LOGGED_IN "< " OPENED FEATURES SUCCESS OPENED FEATURES

static const struct dialogue offers_dialogues[] = {
	{"T-TLS-01", 0, {"> " HEADER, "< " OPENED "<stream:features>" MECHANISMS(PLAIN_OFFER) "</stream:features>"}},
	{"T-TLS-03", FAKE_TLS, {"> " HEADER, "< " OPENED "<stream:features>" STARTTLS MECHANISMS(PLAIN_OFFER) "</stream:features>"}},
	{"T-TLS-04", FAKE_TLS_REQUIRED | FAKE_MODULE_FEATURES,
	 {"> " HEADER, "< " OPENED "<stream:features><starttls " TLS_NS "><required/></starttls></stream:features>"}},
	{"T-TLS-06, with channel bindings", FAKE_TLS,
	 {"> " HEADER, "< " OPENED FEATURES, "> " STARTTLS, "< " PROCEED, "@ state IN_TLS", "@ tls", "> " HEADER,
	  "< " OPENED "<stream:features>" MECHANISMS("<mechanism>SCRAM-SHA-1-PLUS</mechanism>" PLAIN_OFFER)
	  "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding></stream:features>"}},
	{"T-TLS-08", FAKE_DIRECT_TLS, {"@ tls", "> " HEADER, "< " OPENED "<stream:features><mechanisms *"}},
	{"T-AUTH-01 PLAIN needs TLS from afar", FAKE_REMOTE,
	 {"> " HEADER, "< " OPENED "<stream:features>" MECHANISMS("<mechanism>SCRAM-SHA-1</mechanism>") "</stream:features>"}},
	{"modules before login stand between", FAKE_TLS | FAKE_MODULE_FEATURES,
	 {"> " HEADER, "< " OPENED "<stream:features><starttls *<register xmlns='urn:example'/><mechanisms *"}},
	{"T-SES-06 and modules after login", FAKE_MODULE_FEATURES,
	 {LOGIN, "< *" SUCCESS OPENED "<stream:features><bind " BIND_NS "/><ver xmlns='urn:example'/></stream:features>"}},
	{"T-SES-05", FAKE_OLD_SESSION,
	 {LOGIN, "< *" SUCCESS OPENED "<stream:features><bind " BIND_NS "/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'>"
		 "<optional/></session></stream:features>"}},
};

static const struct dialogue tls_dialogues[] = {
	{"T-TLS-02", 0,
	 {"> " HEADER, "< " OPENED FEATURES, "> " STARTTLS, "< <failure " TLS_NS "/></stream:stream>", "@ ended"}},
	{"T-TLS-05", FAKE_TLS_REQUIRED,
	 {"> " HEADER, "< " OPENED FEATURES, "> " AUTH(GOOD), "< " FAILURE("encryption-required"), "@ alive"}},
	{"T-STR-32", FAKE_TLS_REQUIRED,
	 {"> " HEADER AUTH(GOOD) HEADER BIND, "< *" FAILURE("encryption-required") ERROR("policy-violation"), "@ ended", "@ unbound"}},
	{"T-TLS-14", FAKE_TLS,
	 {"> " HEADER STARTTLS, "< *" PROCEED, "@ tls", "> " HEADER STARTTLS,
	  "< *</stream:features><starttls " TLS_NS " type='error'><error *<bad-request *</starttls>", "> " AUTH(GOOD), "< " SUCCESS}},
	{"T-TLS-14 not for ever", FAKE_DIRECT_TLS,
	 {"@ tls", "> " HEADER STARTTLS STARTTLS STARTTLS STARTTLS STARTTLS, "< *", "@ alive", "> " STARTTLS,
	  "< <starttls *" ERROR("policy-violation")}},
	{"T-TLS-15", FAKE_TLS,
	 {"> " HEADER, "< " OPENED FEATURES, "> <starttls xmlns='urn:wrong'/>", "< " ERROR("invalid-namespace"), "@ ended"}},
	{"T-TLS-15 no namespace of its own", FAKE_TLS, {"> " HEADER "<starttls/>", "< *" ERROR("invalid-namespace")}},
	{"T-TLS-17", FAKE_TLS,
	 {"> " HEADER STARTTLS HEADER AUTH(GOOD), "< " OPENED FEATURES PROCEED, "@ tls", "@ state AWAIT_HEADER", "> " HEADER,
	  "< " OPENED FEATURES}},
	{"STARTTLS ends an exchange", FAKE_TLS, {"> " HEADER AUTH(ASK) STARTTLS, "< *</challenge>" PROCEED, "@ state IN_TLS"}},
	{"the host stays the same", FAKE_TLS,
	 {"> " HEADER STARTTLS, "< *" PROCEED, "@ tls",
	  "> <stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='other.example' version='1.0'>",
	  "< " OPENED ERROR("host-unknown")}},
};

static const struct dialogue sasl_dialogues[] = {
	{"T-AUTH-04", 0, {"> " HEADER AUTH(GOOD), "< *" SUCCESS, "@ state AWAIT_HEADER_AGAIN"}},
	{"T-AUTH-05", 0, {"> " HEADER AUTH(BAD), "< *" FAILURE("not-authorized"), "@ alive"}},
	{"T-AUTH-17", 0, {"> " HEADER AUTH(BAD) AUTH(GOOD), "< *" FAILURE("not-authorized") SUCCESS}},
	{"T-AUTH-08 data with success", 0,
	 {"> " HEADER "<auth " SASL_NS " mechanism='SCRAM-SHA-1'>" ASK "</auth>", "< *<challenge " SASL_NS ">d2hhdD8=</challenge>",
	  "@ state IN_SASL", "> <response " SASL_NS ">" GOOD_DATA "</response>", "< <success " SASL_NS ">dj0x</success>"}},
	{"no initial response is an empty challenge", 0,
	 {"> " HEADER "<auth " SASL_NS " mechanism='PLAIN'/>", "< *<challenge " SASL_NS "/>", "> <response " SASL_NS ">" GOOD "</response>",
	  "< " SUCCESS}},
	{"T-AUTH-07 = is empty", 0, {"> " HEADER AUTH("="), "< *" FAILURE("malformed-request")}},
	{"an empty response is empty", 0,
	 {"> " HEADER AUTH(ASK) "<response " SASL_NS "/>", "< *</challenge>" FAILURE("malformed-request")}},
	{"not base64", 0, {"> " HEADER AUTH("a b"), "< *" FAILURE("incorrect-encoding")}},
	{"not strictly base64", 0, {"> " HEADER AUTH("Z29vZA"), "< *" FAILURE("incorrect-encoding")}},
	{"T-AUTH-14", 0, {"> " HEADER "<auth " SASL_NS " mechanism='X-NONE'/>", "< *" FAILURE("invalid-mechanism"), "@ alive"}},
	{"no mechanism", 0, {"> " HEADER "<auth " SASL_NS "/>", "< *" FAILURE("invalid-mechanism")}},
	{"T-AUTH-10", 0, {"> " HEADER "<auth " SASL_NS " mechanism='SCRAM-SHA-1-PLUS'/>", "< *" FAILURE("invalid-mechanism")}},
	{"PLAIN in the clear from afar", FAKE_REMOTE, {"> " HEADER AUTH(GOOD), "< *" FAILURE("encryption-required")}},
	{"a response to nothing", 0, {"> " HEADER "<response " SASL_NS ">" GOOD "</response>", "< *" FAILURE("malformed-request")}},
	{"T-AUTH-16", 0,
	 {"> " HEADER AUTH(BAD) AUTH(BAD) AUTH(BAD), "< *", "@ alive", "> " AUTH(BAD),
	  "< " FAILURE("not-authorized") ERROR("policy-violation"), "@ ended"}},
	{"T-AUTH-18", 0, {"> " HEADER AUTH(ASK) "<abort " SASL_NS "/>", "< *</challenge>" FAILURE("aborted"), "@ alive", "> " AUTH(GOOD),
			  "< " SUCCESS}},
	{"T-AUTH-19", 0, {"> " HEADER "<auth xmlns='urn:wrong' mechanism='PLAIN'/>", "< *" ERROR("invalid-namespace")}},
	{"T-AUTH-19 response", 0, {"> " HEADER AUTH(ASK) "<response xmlns='urn:wrong'/>", "< *" ERROR("invalid-namespace")}},
	{"a later answer, input waits", 0,
	 {"> " HEADER AUTH(LATER) HEADER BIND_TO("x"), "< " OPENED FEATURES, "@ state AWAIT_ANSWER", "@ answer good",
	  "< " SUCCESS OPENED FEATURES BOUND_TO("x")}},
	{"a later failure", 0, {"> " HEADER AUTH(LATER), "< " OPENED FEATURES, "@ answer bad", "< " FAILURE("not-authorized"), "@ alive"}},
	{"a later challenge", 0, {"> " HEADER AUTH(LATER), "< *", "@ answer ask", "< <challenge *", "@ state IN_SASL"}},
	{"the deadline while it waits", FAKE_SHORT_DEADLINE,
	 {"> " HEADER AUTH(LATER), "< *", "@ after 6999", "@ alive", "@ after 1", "< " ERROR("connection-timeout")}},
	{"T-STR-31", 0,
	 {"> " HEADER AUTH(BAD) HEADER BIND, "< *" FAILURE("not-authorized") ERROR("policy-violation"), "@ unbound"}},
	{"a second login", 0, {LOGIN, LOGGED_IN, "> " AUTH(GOOD), "< " ERROR("policy-violation")}},
	{"T-STR-26", 0,
	 {"> " HEADER AUTH(GOOD), "< *" SUCCESS,
	  "> <stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0' "
	  "from='bob@localhost'>", "< " OPENED ERROR("invalid-from")}},
	{"T-STR-26 who it is", 0,
	 {"> " HEADER AUTH(GOOD), "< *" SUCCESS,
	  "> <stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0' "
	  "from='alice@localhost'>", "< <?xml*to='alice@localhost'*" FEATURES}},
};

static const struct dialogue bind_dialogues[] = {
	{"T-STR-30", 0, {"> " HEADER AUTH(GOOD) HEADER BIND_TO("balcony"), "< *" SUCCESS OPENED FEATURES BOUND_TO("balcony"), "@ state OPEN"}},
	{"T-SES-01", 0, {LOGIN, LOGGED_IN, "> " BIND, "< " BOUND_TO("*"), "@ bound"}},
	{"T-SES-01 an empty wish", 0, {LOGIN, LOGGED_IN, "> " BIND_TO(""), "< " BOUND_TO("*")}},
	{"T-SES-02", 0, {LOGIN, LOGGED_IN, "> " BIND_TO("a&#x200;&#xE000;&#x85;b"), "< " BAD_REQUEST, "@ unbound", "> " BIND_TO("ok"),
			 "< " BOUND_TO("ok")}},
	{"T-SES-03", 0,
	 {LOGIN, LOGGED_IN, "> " BIND_TO("&#x85;") BIND_TO("&#x85;") BIND_TO("&#x85;") BIND_TO("&#x85;") BIND_TO("&#x85;"), "< *",
	  "@ alive", "> " BIND_TO("&#x85;"), "< " BAD_REQUEST ERROR("policy-violation"), "@ ended"}},
	{"T-SES-04", 0, {LOGIN, LOGGED_IN, "> <iq type='get' id='q'><ping xmlns='urn:xmpp:ping'/></iq>", "< " BAD_REQUEST, "@ alive"}},
	{"T-SES-04 get", 0, {LOGIN, LOGGED_IN, "> <iq type='get' id='q'><bind " BIND_NS "/></iq>", "< " BAD_REQUEST}},
	{"T-SES-04 results are not answered", 0, {LOGIN, LOGGED_IN, "> <iq type='result' id='q'/>", "@ alive"}},
	{"two payloads", 0, {LOGIN, LOGGED_IN, "> <iq type='set' id='q'><bind " BIND_NS "/><bind " BIND_NS "/></iq>", "< " BAD_REQUEST}},
	{"a message before bind", 0, {LOGIN, LOGGED_IN, "> <message to='bob@localhost'/>", "< " ERROR("not-authorized")}},
	{"unknown elements are ignored", 0, {LOGIN, LOGGED_IN, "> <unknown xmlns='urn:x'/>", "@ state AWAIT_BIND"}},
	{"bind that is no query", 0, {LOGIN, LOGGED_IN, "> <bind " BIND_NS "/>", "@ state AWAIT_BIND"}},
	{"T-STR-17", 0, {LOGIN, LOGGED_IN, "> " HEADER, "< " ERROR("policy-violation")}},
	{"T-STR-18", 0, {LOGIN, LOGGED_IN, "> " BIND_TO("x"), "< " BOUND_TO("x"), "> " HEADER, "< " ERROR("policy-violation"), "@ ended"}},
	{"T-STR-19 when open", 0, {LOGIN, LOGGED_IN, "> " BIND_TO("x") "</stream:stream>", "< " BOUND_TO("x") "</stream:stream>", "@ ended"}},
	{"T-STR-23", FAKE_OLD_SESSION, {LOGIN, LOGGED_IN, "> " BIND_TO("x"), "< " BOUND_TO("x"), "@ after 1000000", "@ alive"}},
	{"an open stream gives all to the link", 0,
	 {LOGIN, LOGGED_IN, "> " BIND_TO("x") "<message/><x xmlns='urn:x'/>" AUTH(GOOD), "< " BOUND_TO("x") "[taken][taken][taken]"}},
	{"T-AUTH-33", FAKE_NOT_ALLOWED,
	 {LOGIN, LOGGED_IN, "> " BIND_TO("x"), "< <iq *type='error'*<not-allowed *</iq></stream:stream>", "@ ended"}},
	{"time to bind", 0, {LOGIN, LOGGED_IN, "@ after 5000", "< " ERROR("connection-timeout")}},
};

static const struct dialogue queries_dialogues[] = {
	{"T-AUTH-36", 0,
	 {"> " HEADER "<iq type='get' id='r'><query xmlns='jabber:iq:register'/></iq>", "< " OPENED FEATURES "<iq type='result' id='r'/>",
	  "@ state AWAIT_LOGIN"}},
	{"T-AUTH-36 later", FAKE_QUERY_LATER,
	 {"> " HEADER "<iq type='get' id='r'><query xmlns='jabber:iq:register'/></iq>" AUTH(GOOD), "< " OPENED FEATURES,
	  "@ state AWAIT_ANSWER", "@ query", "< <iq type='result' id='r'/>" SUCCESS}},
	{"not before TLS", FAKE_TLS_REQUIRED,
	 {"> " HEADER "<iq type='get' id='r'><query xmlns='jabber:iq:register'/></iq>", "< " OPENED FEATURES, "@ state AWAIT_LOGIN"}},
	{"nobody's query", 0, {"> " HEADER "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>", "< " OPENED FEATURES, "@ alive"}},
	{"the end while it waits", FAKE_QUERY_LATER,
	 {"> " HEADER "<iq type='get' id='r'><query xmlns='jabber:iq:register'/></iq>", "< *", "@ after 30000", "< " ERROR("connection-timeout")}},
};

static void test_offers(void **state)
{
	(void)state;
	PLAY_ALL(offers_dialogues);
}

static void test_tls(void **state)
{
	(void)state;
	PLAY_ALL(tls_dialogues);
}

static void test_sasl(void **state)
{
	(void)state;
	PLAY_ALL(sasl_dialogues);
}

static void test_bind(void **state)
{
	(void)state;
	PLAY_ALL(bind_dialogues);
}

static void test_queries(void **state)
{
	(void)state;
	PLAY_ALL(queries_dialogues);
}

static void test_availability(void **state)
{
	const struct feature f = {.needs = FEATURE_SECURE, .forbids = FEATURE_LOGGED_IN | FEATURE_TLS_DUE};

	(void)state;
	assert_false(feature_is_available(&f, 0));
	assert_true(feature_is_available(&f, FEATURE_SECURE));
	assert_true(feature_is_available(&f, FEATURE_SECURE | FEATURE_OLD_SESSION));
	assert_false(feature_is_available(&f, FEATURE_SECURE | FEATURE_TLS_DUE));
}

/* An open stream has given back what it needed to get there; its owner hears of the login. */
static void test_open_stream_is_small(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, 0);
	buf_append_text(&f.kept, HEADER AUTH(BAD));
	fake_feed(&f);
	assert_false(f.logs_in);
	buf_append_text(&f.kept, AUTH(GOOD));
	fake_feed(&f);
	assert_true(f.logs_in);
	assert_true(jid_is_set(stream_who(&f.stream)));
	buf_append_text(&f.kept, HEADER BIND_TO("x"));
	fake_feed(&f);
	assert_null(f.stream.negotiation);
	assert_int_equal(timer_next_ms(f.place.timers), -1);
	assert_true(sizeof(struct stream) <= 32);
	fake_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_tls),
		cmocka_unit_test(test_sasl),
		cmocka_unit_test(test_bind),
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_availability),
		cmocka_unit_test(test_open_stream_is_small),
	};

	log_set_level(LOG_NONE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
