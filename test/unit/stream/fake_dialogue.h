/* fake_dialogue: dialogues to test a stream with.
 *
 * A dialogue is a list of lines: "> bytes" come from the client, "< pattern" is all that has been sent since the last such line ("*" is
 * any text), "@ word" is said to the fake: see fake_do. */
#ifndef MEERKAT_TEST_FAKE_DIALOGUE_H
#define MEERKAT_TEST_FAKE_DIALOGUE_H

#include "auth/revocation.h"
#include "base/log.h"
#include "unit/stream/fake_link.h"
#include "unit/stream/fake_sasl.h"

#define HEADER "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>"
#define OPENED "<?xml version='1.0'?><stream:stream from='localhost' lang='en'>"
#define SASL_NS "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define TLS_NS "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
#define BIND_NS "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
#define AUTH(text) "<auth " SASL_NS " mechanism='PLAIN'>" text "</auth>"
#define ERROR(condition) "<stream:error><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>*</stream:error></stream:stream>"
#define FAILURE(condition) "<failure " SASL_NS "><" condition "/></failure>"
#define FEATURES "<stream:features>*</stream:features>"
/* What a dialogue needs to be otherwise. */
enum fake_option {
	FAKE_TLS = 1,
	FAKE_TLS_REQUIRED = 2,
	FAKE_DIRECT_TLS = 4,
	FAKE_HIDDEN = 8,
	FAKE_PATIENT = 16,
	FAKE_OLD_SESSION = 32,
	FAKE_FRAMED = 64,
	FAKE_REMOTE = 128, /* not from the loopback */
	FAKE_QUERY_LATER = 256,
	FAKE_MODULE_FEATURES = 512,
	FAKE_NOT_ALLOWED = 1024,
	FAKE_SHORT_DEADLINE = 2048,
	FAKE_SASL2 = 4096,
	FAKE_BIND2 = 8192,
	FAKE_TOKENS = 16384,
	FAKE_RESUMPTION = 32768,
};

static void fake_add_module(struct fake *f, const char *name, const void *options)
{
	size_t i = f->hosts[0].module_count++;

	f->module_names[i].name = name;
	f->modules[i] = (struct config_host_module){&f->module_names[i], options, 0};
}

static void fake_add_modules(struct fake *f, unsigned options)
{
	static const struct fast_options tokens = {.access_ms = 3000, .rotate_before_expire_ms = 1000};

	f->hosts[0].modules = f->modules;
	if (options & FAKE_SASL2)
		fake_add_module(f, "mod_sasl2", NULL);
	if (options & FAKE_BIND2)
		fake_add_module(f, "mod_bind2", NULL);
	if (options & FAKE_TOKENS)
		fake_add_module(f, "mod_fast_auth_token", &tokens);
	if (options & FAKE_RESUMPTION)
		fake_add_module(f, "mod_stream_management", NULL);
}

static void fake_init(struct fake *f, unsigned options)
{
	struct ip peer = {.bytes = {127, 0, 0, 1}, .version = 4};

	memset(f, 0, sizeof(*f));
	if (options & FAKE_REMOTE)
		peer.bytes[0] = 10;
	f->now_ms = 1000;
	f->place = (struct stream_place){timer_wheel_new(f->now_ms), &f->mailbox, &f->scratch};
	f->link = fake_link;
	f->link.is_framed = options & FAKE_FRAMED;
	if (!(options & FAKE_MODULE_FEATURES))
		f->link.write_features = NULL;
	f->hosts[0] = (struct config_host){.name = STR("localhost"), .auth = &f->auth};
	f->hosts[1] = (struct config_host){.name = STR("other.example"), .auth = &f->auth};
	fake_add_modules(f, options);
	f->config.refs = 1000;
	f->config.hosts = f->hosts;
	f->config.host_count = 2;
	f->config.general.default_server_domain = STR("localhost");
	f->config.general.language = STR("en");
	f->config.general.hide_service_name = options & FAKE_HIDDEN;
	f->config.meerkat.preauth_max_stanza_size = f->listen.max_stanza_size = OPTION_INFINITY;
	f->config.meerkat.login_timeout_ms = options & FAKE_SHORT_DEADLINE ? 7000 : 30000;
	f->listen.state_timeout_ms = options & FAKE_PATIENT ? OPTION_INFINITY : 5000;
	f->listen.backwards_compatible_session = options & FAKE_OLD_SESSION;
	f->accounts.revocations = revocation_list_new();
	f->rules = (struct stream_rules){
		.link = &f->link, .listen = &f->listen, .accounts = &f->accounts,
		.can_start_tls = options & (FAKE_TLS | FAKE_TLS_REQUIRED), .must_start_tls = options & FAKE_TLS_REQUIRED,
	};
	f->answers_queries_later = options & FAKE_QUERY_LATER;
	f->bind_error = options & FAKE_NOT_ALLOWED ? STANZA_ERROR_NOT_ALLOWED : STANZA_ERROR_NONE;
	f->limits = (struct parser_limits){.element_bytes = 65536, .depth = 128, .attributes = 64, .name_bytes = 255};
	parser_init(&f->parser, PARSER_STREAM, &f->limits);
	stream_init(&f->stream, &(struct stream_start){
		.rules = &f->rules, .place = &f->place, .config = &f->config, .peer = peer, .awaits_tls = options & FAKE_DIRECT_TLS,
	});
}

static void fake_fini(struct fake *f)
{
	stream_fini(&f->stream);
	parser_fini(&f->parser);
	timer_wheel_free(&f->place.timers);
	revocation_list_free(&f->accounts.revocations);
	buf_fini(&f->scratch);
	buf_fini(&f->out);
	buf_fini(&f->kept);
	for (int i = 0; i < f->id_count; i++)
		free((char *)(uintptr_t)f->ids[i].data);
	assert_int_equal(f->config.refs, 1000);
}

static void fake_feed(struct fake *f)
{
	while (f->kept.len > 0 && stream_takes_input(&f->stream)) {
		struct stanza *stanza;
		size_t used;

		assert_false(f->is_paused);
		enum parser_result result = parser_feed(&f->parser, buf_str(&f->kept), &used, &stanza);
		buf_consume(&f->kept, used);
		if (result == PARSER_CLOSE)
			stream_receive_end(&f->stream);
		else if (result == PARSER_FAILED)
			stream_error(&f->stream, f->parser.error, parser_error_text(&f->parser));
		else if (stanza)
			stream_receive(&f->stream, stanza);
		if (f->in_tls || f->has_ended)
			buf_clear(&f->kept);
	}
}

/* "*" matches any text. */
static bool fake_matches(const char *pattern, const char *text)
{
	for (; *pattern != '*'; pattern++, text++)
		if (*pattern != *text || !*text)
			return *pattern == *text;
	for (pattern++;; text++) {
		if (fake_matches(pattern, text))
			return true;
		if (!*text)
			return false;
	}
}

static void fake_expect(struct fake *f, const char *row, const char *pattern)
{
	size_t len;

	buf_append_char(&f->out, '\0');
	char *text = buf_take(&f->out, &len);
	if (!fake_matches(pattern, text))
		fail_msg("%s: expected\n  %s\ngot\n  %s", row, pattern, text);
	free(text);
}

static void fake_answer_issue(enum err result)
{
	fast_issued *done = fake_issue.done;

	assert_non_null(done);
	fake_issue.done = NULL;
	done(fake_issue.context, result, STR("TOKEN"), 1584023775000);
}

static void fake_answer_claim(struct fake *f, bool is_granted)
{
	assert_true(f->was_claimed);
	f->was_claimed = false;
	if (is_granted)
		stream_claimed(&f->stream, (struct jid){.text = "alice@localhost/old", .local_len = 5, .domain_len = 9, .resource_len = 3},
			       STR("<resumed xmlns='urn:xmpp:sm:3'/>"));
	else
		stream_refuse_claim(&f->stream, STR("<failed xmlns='urn:xmpp:sm:3'/>"));
}

/* "tls": the handshake is done. "answer good|bad|ask": of a mechanism that had said "later". "query": an answer to a query. "issued", "not
 * issued": of the question for a token. "resumed", "not resumed": of that for a session. "after 5000": time passes. "ended",
 * "dropped", "alive", "bound", "unbound", "state NAME": is it so? */
static void fake_do(struct fake *f, const char *row, const char *word)
{
	int64_t n;

	if (!strcmp(word, "tls")) {
		f->in_tls = false;
		stream_secured(&f->stream);
	} else if (!strncmp(word, "answer ", 7)) {
		assert_non_null(fake_waiting);
		sasl_step(fake_waiting, str_from(word + 7));
		fake_feed(f);
	} else if (!strcmp(word, "query")) {
		stream_answer_query(&f->stream, STR("<iq type='result' id='r'/>"));
		fake_feed(f);
	} else if (!strcmp(word, "issued") || !strcmp(word, "not issued")) {
		fake_answer_issue(word[0] == 'i' ? ERR_NONE : ERR_SYSTEM);
		fake_feed(f);
	} else if (!strcmp(word, "resumed") || !strcmp(word, "not resumed")) {
		fake_answer_claim(f, word[0] == 'r');
		fake_feed(f);
	} else if (!strncmp(word, "after ", 6)) {
		assert_true(str_to_int(str_from(word + 6), 0, 1000000, &n));
		timer_wheel_advance(f->place.timers, f->now_ms += (uint64_t)n);
		if (!f->is_paused)
			fake_feed(f);
	} else if (!strncmp(word, "state ", 6)) {
		assert_string_equal(stream_state_name(f->stream.state), word + 6);
	} else {
		bool holds = (!strcmp(word, "ended") && f->has_ended && !f->was_dropped) || (!strcmp(word, "dropped") && f->was_dropped) ||
			     (!strcmp(word, "alive") && !f->has_ended) || (!strcmp(word, "bound") && f->was_bound) ||
			     (!strcmp(word, "unbound") && !f->was_bound);
		if (!holds)
			fail_msg("%s: it is not so: %s", row, word);
	}
}

struct dialogue {
	const char *row; /* of the specification, and what is shown */
	unsigned options;
	const char *lines[24];
};

/* In pieces of so many bytes. */
static void fake_say(struct fake *f, const char *text, size_t piece)
{
	for (size_t len = strlen(text), at = 0; at < len; at += piece) {
		buf_append(&f->kept, text + at, len - at < piece ? len - at : piece);
		fake_feed(f);
		/* The real ones are decrypted or dropped. */
		if (f->in_tls || f->has_ended)
			buf_clear(&f->kept);
	}
}

static void fake_play(const struct dialogue *d, size_t piece)
{
	struct fake f;

	fake_init(&f, d->options);
	for (int i = 0; d->lines[i]; i++) {
		const char *line = d->lines[i];

		if (line[0] == '>')
			fake_say(&f, line + 2, piece);
		else if (line[0] == '<')
			fake_expect(&f, d->row, line + 2);
		else
			fake_do(&f, d->row, line + 2);
	}
	if (f.out.len)
		fake_expect(&f, d->row, "");
	fake_fini(&f);
}

/* What is said does not depend on how it arrives. */
#define PLAY_ALL(dialogues)                                                            \
	for (size_t i = 0; i < sizeof(dialogues) / sizeof((dialogues)[0]); i++) { \
		fake_play(&(dialogues)[i], SIZE_MAX / 2);                         \
		fake_play(&(dialogues)[i], 1);                                    \
		fake_play(&(dialogues)[i], 7);                                    \
	}

#endif
