/* Opening tags, stream errors, time. */
#include "unit/stream/fake_dialogue.h"

#define STREAM_NS "xmlns:stream='http://etherx.jabber.org/streams'"
#define TAG(attributes) "<stream:stream xmlns='jabber:client' " STREAM_NS " " attributes ">"
#define LANG_35 "en-a23456789-b23456789-c23456789-d2"

static const struct dialogue headers_dialogues[] = {
	{"T-STR-01 header and features", 0, {"> " HEADER, "< " OPENED FEATURES, "@ state AWAIT_LOGIN"}},
	{"T-STR-01 from is echoed as to", 0,
	 {"> " TAG("to='localhost' version='1.0' from='Alice@localhost/x'"),
	  "< <?xml version='1.0'?><stream:stream from='localhost' to='alice@localhost/x' lang='en'>" FEATURES}},
	{"T-STR-01 a from that is no address is not", 0, {"> " TAG("to='localhost' version='1.0' from='@@'"), "< " OPENED FEATURES}},
	{"T-STR-01 to is prepared", 0, {"> " TAG("to='LOCALHOST' version='1.0'"), "< " OPENED FEATURES}},
	{"T-STR-01 with an XML declaration", 0, {"> <?xml version='1.0'?>" HEADER, "< " OPENED FEATURES}},
	{"the second host", 0, {"> " TAG("to='other.example' version='1.0'"), "< <?xml*from='other.example'*" FEATURES}},
	{"T-STR-03", 0, {"> " TAG("to='unknown.example' version='1.0'"), "< " OPENED ERROR("host-unknown"), "@ ended"}},
	{"T-STR-04", 0, {"> " TAG("version='1.0'"), "< " OPENED ERROR("host-unknown")}},
	{"T-STR-04 no domain", 0, {"> " TAG("to='a@localhost' version='1.0'"), "< " OPENED ERROR("host-unknown")}},
	{"T-STR-05", 0,
	 {"> <stream:stream xmlns='jabber:client' xmlns:stream='urn:wrong' to='localhost' version='1.0'>",
	  "< " OPENED ERROR("invalid-namespace")}},
	{"T-STR-06", 0, {"> " TAG("to='localhost'"), "< " OPENED ERROR("unsupported-version")}},
	{"T-STR-07", 0, {"> " TAG("to='localhost' version='1.1'"), "< " OPENED ERROR("unsupported-version")}},
	{"T-STR-07", 0, {"> " TAG("to='localhost' version='2.0'"), "< " OPENED ERROR("unsupported-version")}},
	{"T-STR-07", 0, {"> " TAG("to='localhost' version='1.23456'"), "< " OPENED ERROR("unsupported-version")}},
	{"T-STR-08", 0, {"> " TAG("to='unknown.example' version='2.0'"), "< " OPENED ERROR("host-unknown")}},
	{"T-STR-09", 0,
	 {"> <stream:stream xmlns:stream='urn:wrong' to='unknown.example' version='1.0'>", "< " OPENED ERROR("invalid-namespace")}},
	{"T-STR-10", 0, {"> <stream:stream xmlns='jabber:server' " STREAM_NS " to='localhost' version='1.0'>", "< " OPENED FEATURES}},
	{"another prefix", 0,
	 {"> <x:stream xmlns='jabber:client' xmlns:x='http://etherx.jabber.org/streams' to='localhost' version='1.0'>",
	  "< " OPENED FEATURES}},
	{"T-STR-11 35 bytes", 0, {"> " TAG("to='localhost' version='1.0' xml:lang='" LANG_35 "'"), "< <?xml*lang='" LANG_35 "'>" FEATURES}},
	{"T-STR-11 36 bytes", 0, {"> " TAG("to='localhost' version='1.0' xml:lang='" LANG_35 "3'"), "< " OPENED FEATURES}},
	{"T-STR-11 in an error", 0, {"> " TAG("to='x' version='1.0' xml:lang='de'"), "< <?xml*lang='de'>" ERROR("host-unknown")}},
	{"T-STR-12", 0, {"> GET / HTTP/1.1\r\n", "< " OPENED ERROR("not-well-formed"), "@ ended"}},
	{"T-STR-12 another element", 0, {"> <message xmlns='jabber:client'>", "< " OPENED ERROR("not-well-formed")}},
	{"T-STR-12 only a closing tag", 0, {"> </stream:stream>", "< " OPENED ERROR("not-well-formed")}},
	{"T-STR-13", FAKE_HIDDEN, {"> GET / HTTP/1.1\r\n", "@ dropped"}},
	{"T-STR-13 a wrong header", FAKE_HIDDEN, {"> " TAG("to='unknown.example' version='1.0'"), "@ dropped"}},
	{"T-STR-13 silence", FAKE_HIDDEN, {"@ after 5000", "@ dropped"}},
	{"T-STR-13 after a valid header all is said", FAKE_HIDDEN,
	 {"> " HEADER, "< " OPENED FEATURES, "> <", "> <", "< " ERROR("not-well-formed"), "@ ended"}},
	{"T-STR-15", 0, {"> " HEADER, "< " OPENED FEATURES, "> <iq><a></b>", "< " ERROR("not-well-formed"), "@ ended"}},
	{"T-STR-16", 0, {"> " HEADER, "< " OPENED FEATURES, "> " HEADER, "< " ERROR("policy-violation"), "@ ended"}},
	{"T-STR-19", 0, {"> " HEADER, "< " OPENED FEATURES, "> </stream:stream>", "< </stream:stream>", "@ ended"}},
	{"T-STR-28", 0, {"> " HEADER, "< " OPENED FEATURES, "> <iq a='\x01", "< " ERROR("not-well-formed")}},
	{"T-STR-29", 0, {"> " HEADER, "< " OPENED FEATURES, "> \n \t\r\n", "@ alive"}},
	{"restricted XML", 0, {"> " HEADER, "< " OPENED FEATURES, "> <!-- x -->", "< " ERROR("restricted-xml")}},
};

static const struct dialogue times_dialogues[] = {
	{"T-STR-20", 0, {"@ after 4999", "@ alive", "@ after 1", "< " OPENED ERROR("connection-timeout"), "@ ended"}},
	{"T-STR-21", 0,
	 {"@ after 4000", "> " HEADER, "< " OPENED FEATURES, "@ after 4999", "@ alive", "@ after 1", "< " ERROR("connection-timeout")}},
	{"T-STR-22", FAKE_PATIENT, {"@ after 29999", "@ alive"}},
	{"the total deadline", FAKE_PATIENT, {"@ after 29999", "@ alive", "@ after 1", "< " OPENED ERROR("connection-timeout")}},
	{"the total deadline is not moved by what goes well", FAKE_SHORT_DEADLINE,
	 {"@ after 4000", "> " HEADER, "< " OPENED FEATURES, "@ after 2999", "@ alive", "@ after 1", "< " ERROR("connection-timeout")}},
	{"T-STR-24 and no new patience", 0,
	 {"> " HEADER, "< " OPENED FEATURES, "@ after 4000", "> <unknown xmlns='urn:x'/>", "@ after 1000",
	  "< " ERROR("connection-timeout")}},
	{"T-STR-25", 0,
	 {"> " HEADER, "< " OPENED FEATURES, "> <message to='bob@localhost'><body>x</body></message><presence/>", "@ alive",
	  "@ state AWAIT_LOGIN"}},
	{"T-TLS-16 nothing can be said in mid-handshake", FAKE_DIRECT_TLS, {"@ after 5000", "@ dropped"}},
};

static const struct dialogue framed_dialogues[] = {
	{"features and errors declare their namespaces", FAKE_FRAMED,
	 {"> " HEADER, "< " OPENED "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>*</stream:features>", "> " HEADER,
	  "< <stream:error xmlns:stream='http://etherx.jabber.org/streams'>*</stream:error></stream:stream>"}},
	{"and results of ours", FAKE_FRAMED,
	 {"> " HEADER AUTH(GOOD) HEADER "<iq type='set' id='b'><bind " BIND_NS "/></iq>",
	  "< *<iq type='result' id='b' xmlns='jabber:client'><bind*"}},
};

static void test_headers(void **state)
{
	(void)state;
	PLAY_ALL(headers_dialogues);
}

static void test_times(void **state)
{
	(void)state;
	PLAY_ALL(times_dialogues);
}

static void test_framed(void **state)
{
	(void)state;
	PLAY_ALL(framed_dialogues);
}

/* T-STR-02 */
static void test_ids_are_fresh(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, FAKE_TLS);
	buf_append_text(&f.kept, HEADER "<starttls " TLS_NS "/>");
	fake_feed(&f);
	fake_do(&f, "T-STR-02", "tls");
	buf_append_text(&f.kept, HEADER AUTH(GOOD) HEADER);
	fake_feed(&f);
	assert_int_equal(f.id_count, 3);
	assert_false(str_equal(f.ids[0], f.ids[1]));
	assert_false(str_equal(f.ids[1], f.ids[2]));
	assert_false(str_equal(f.ids[0], f.ids[2]));
	fake_fini(&f);
}

/* Shutdown, and what else comes from outside, in every state. */
static void test_error_from_outside(void **state)
{
	struct fake f;

	(void)state;
	fake_init(&f, 0);
	stream_error(&f.stream, STREAM_ERROR_SYSTEM_SHUTDOWN, NULL);
	fake_expect(&f, "before a header", OPENED ERROR("system-shutdown"));
	stream_error(&f.stream, STREAM_ERROR_CONFLICT, NULL);
	fake_expect(&f, "an ended stream says nothing more", "");
	fake_fini(&f);

	fake_init(&f, 0);
	buf_append_text(&f.kept, HEADER AUTH(LATER));
	fake_feed(&f);
	assert_int_equal(f.stream.state, STREAM_AWAIT_ANSWER);
	stream_error(&f.stream, STREAM_ERROR_SYSTEM_SHUTDOWN, "now");
	fake_expect(&f, "while an answer is outstanding", "*" FEATURES ERROR("system-shutdown"));
	fake_do(&f, "the answer", "answer good");
	fake_expect(&f, "comes too late", "");
	fake_fini(&f);
	assert_null(fake_waiting);
}

static void test_states_have_names(void **state)
{
	(void)state;
	assert_string_equal(stream_state_name(STREAM_AWAIT_HEADER), "AWAIT_HEADER");
	assert_string_equal(stream_state_name(STREAM_ENDED), "ENDED");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_framed),
		cmocka_unit_test(test_ids_are_fresh),
		cmocka_unit_test(test_error_from_outside),
		cmocka_unit_test(test_states_have_names),
	};

	log_set_level(LOG_NONE);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
