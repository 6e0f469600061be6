/* fake_link: a stream over nothing, with mechanisms that do as they are told, and dialogues to test it with.
 *
 * A dialogue is a list of lines: "> bytes" come from the client, "< pattern" is all that has been sent since the last such line ("*" is
 * any text), "@ word" is said to the fake: see fake_do. One program includes it once: it stands in for auth/sasl. */
#ifndef MEERKAT_TEST_FAKE_LINK_H
#define MEERKAT_TEST_FAKE_LINK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "auth/sasl.h"
#include "base/log.h"
#include "base/mem.h"
#include "stream/stream.h"
#include "xmpp/ns.h"
#include "xmpp/parser.h"

#define HEADER "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>"
#define OPENED "<?xml version='1.0'?><stream:stream from='localhost' lang='en'>"
#define SASL_NS "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'"
#define TLS_NS "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
#define BIND_NS "xmlns='urn:ietf:params:xml:ns:xmpp-bind'"
#define AUTH(text) "<auth " SASL_NS " mechanism='PLAIN'>" text "</auth>"
#define ERROR(condition) "<stream:error><" condition " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>*</stream:error></stream:stream>"
#define FAILURE(condition) "<failure " SASL_NS "><" condition "/></failure>"
#define FEATURES "<stream:features>*</stream:features>"
/* base64 of what the fake mechanism understands */
#define GOOD "Z29vZA=="
#define GOOD_DATA "ZGF0YQ=="
#define BAD "YmFk"
#define ASK "YXNr"
#define LATER "bGF0ZXI="

struct fake {
	struct stream stream;
	struct parser parser;
	struct parser_limits limits;
	struct stream_place place;
	struct stream_link link;
	struct stream_rules rules;
	struct config_listen listen;
	struct config config;
	struct config_host hosts[2];
	struct config_auth auth;
	struct account_service accounts;
	struct mailbox mailbox;
	struct buf scratch, out, kept;
	uint64_t now_ms;
	bool is_paused, has_ended, was_dropped, in_tls, was_bound, answers_queries_later, logs_in;
	enum stanza_error bind_error;
	struct str ids[8]; /* of the headers sent */
	int id_count;
};

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
};

/* ---- auth/sasl ---- */

struct sasl {
	void (*on_answer)(void *context, const struct sasl_answer *answer);
	void *context;
	struct sasl_context about;
};

static struct sasl *fake_waiting; /* for "@ answer" */

const char *sasl_failure_condition(enum sasl_failure f)
{
	switch (f) {
	case SASL_FAILURE_ABORTED:
		return "aborted";
	case SASL_FAILURE_ENCRYPTION_REQUIRED:
		return "encryption-required";
	case SASL_FAILURE_INCORRECT_ENCODING:
		return "incorrect-encoding";
	case SASL_FAILURE_INVALID_MECHANISM:
		return "invalid-mechanism";
	case SASL_FAILURE_MALFORMED_REQUEST:
		return "malformed-request";
	default:
		return "not-authorized";
	}
}

size_t sasl_offered(const struct sasl_context *c, const struct config_listen *listen, const char **names_out, size_t max)
{
	size_t count = 0;

	assert_non_null(listen);
	assert_true(max >= 3);
	if (c->bindings[0].type)
		names_out[count++] = "SCRAM-SHA-1-PLUS";
	names_out[count++] = "SCRAM-SHA-1";
	if (c->is_encrypted)
		names_out[count++] = "PLAIN";
	return count;
}

struct sasl *sasl_new(const struct sasl_context *c, const struct config_listen *listen, struct str mechanism,
		      void (*on_answer)(void *context, const struct sasl_answer *answer), void *context)
{
	const char *names[4];
	size_t count = sasl_offered(c, listen, names, 4);

	for (size_t i = 0; i < count; i++) {
		if (!str_is(mechanism, names[i]))
			continue;
		struct sasl *s = mem_new(sizeof(*s));
		*s = (struct sasl){on_answer, context, *c};
		return s;
	}
	return NULL;
}

static void fake_answer(struct sasl *s, enum sasl_result result, enum sasl_failure failure, struct str data)
{
	s->on_answer(s->context, &(struct sasl_answer){result, failure, data});
}

void sasl_step(struct sasl *s, struct str data)
{
	if (str_is(data, "later"))
		fake_waiting = s;
	else if (!data.data)
		fake_answer(s, SASL_CHALLENGE, SASL_FAILURE_NONE, STR_NONE);
	else if (str_is(data, "good"))
		fake_answer(s, SASL_SUCCESS, SASL_FAILURE_NONE, STR_NONE);
	else if (str_is(data, "data"))
		fake_answer(s, SASL_SUCCESS, SASL_FAILURE_NONE, STR("v=1"));
	else if (str_is(data, "ask"))
		fake_answer(s, SASL_CHALLENGE, SASL_FAILURE_NONE, STR("what?"));
	else if (data.len == 0)
		fake_answer(s, SASL_FAILED, SASL_FAILURE_MALFORMED_REQUEST, STR_NONE);
	else
		fake_answer(s, SASL_FAILED, SASL_FAILURE_NOT_AUTHORIZED, STR_NONE);
}

struct jid sasl_who(const struct sasl *s)
{
	(void)s;
	return (struct jid){.text = "alice@localhost", .local_len = 5, .domain_len = 9};
}

void sasl_free(struct sasl **s)
{
	if (fake_waiting == *s)
		fake_waiting = NULL;
	free(*s);
	*s = NULL;
}

/* ---- the link ---- */

static struct fake *fake_of(struct stream *s)
{
	return (struct fake *)(void *)s; /* the first member */
}

static void fake_send(struct stream *s, struct str xml)
{
	assert_false(fake_of(s)->has_ended);
	buf_append_str(&fake_of(s)->out, xml);
}

static void fake_send_header(struct stream *s, const struct stream_header *h)
{
	struct fake *f = fake_of(s);
	struct buf *out = &f->out;

	assert_true(h->id.len >= 26);
	f->ids[f->id_count++] = str_make(str_dup(h->id), h->id.len);
	buf_printf(out, "<?xml version='1.0'?><stream:stream from='%.*s'", STR_ARGS(h->from));
	if (h->to.len)
		buf_printf(out, " to='%.*s'", STR_ARGS(h->to));
	buf_printf(out, " lang='%.*s'>", STR_ARGS(h->language));
}

static void fake_end(struct stream *s)
{
	fake_send(s, STR("</stream:stream>"));
	fake_of(s)->has_ended = true;
}

static void fake_drop(struct stream *s)
{
	fake_of(s)->has_ended = fake_of(s)->was_dropped = true;
}

static void fake_pause(struct stream *s)
{
	assert_false(fake_of(s)->is_paused);
	fake_of(s)->is_paused = true;
}

static void fake_resume(struct stream *s)
{
	assert_true(fake_of(s)->is_paused);
	fake_of(s)->is_paused = false;
}

static void fake_restart(struct stream *s)
{
	parser_restart(&fake_of(s)->parser);
}

static void fake_start_tls(struct stream *s)
{
	fake_of(s)->in_tls = true;
}

static bool fake_binding(struct stream *s, const char *type, struct buf *out)
{
	(void)s;
	buf_append_text(out, "binding data");
	return str_is(STR("tls-exporter"), type);
}

static void fake_on_login(struct stream *s, bool has_succeeded)
{
	fake_of(s)->logs_in = has_succeeded;
}

static bool fake_login_query(struct stream *s, const struct stanza *iq)
{
	const struct node *payload = stanza_payload(iq);

	if (!payload || !node_is(iq, payload, "query", NS_REGISTER))
		return false;
	if (!fake_of(s)->answers_queries_later)
		stream_answer_query(s, STR("<iq type='result' id='r'/>"));
	return true;
}

static void fake_write_features(struct stream *s, struct writer *w, bool is_logged_in)
{
	(void)s;
	writer_empty(w, is_logged_in ? "ver" : "register", "urn:example");
}

static void fake_bind(struct stream *s, struct jid address)
{
	struct fake *f = fake_of(s);

	f->was_bound = true;
	assert_true(address.resource_len > 0);
	if (f->bind_error)
		stream_refuse_bind(s, f->bind_error);
	else
		stream_bound(s);
}

static void fake_take(struct stream *s, struct stanza *e)
{
	fake_send(s, STR("[taken]"));
	stanza_unref(&e);
}

/* ---- dialogues ---- */

static void fake_init(struct fake *f, unsigned options)
{
	struct ip peer = {.bytes = {127, 0, 0, 1}, .version = 4};

	memset(f, 0, sizeof(*f));
	if (options & FAKE_REMOTE)
		peer.bytes[0] = 10;
	f->now_ms = 1000;
	f->place = (struct stream_place){timer_wheel_new(f->now_ms), &f->mailbox, &f->scratch};
	f->link = (struct stream_link){
		.is_framed = options & FAKE_FRAMED, .send_header = fake_send_header, .send = fake_send, .end = fake_end,
		.drop = fake_drop, .pause = fake_pause, .resume = fake_resume, .restart = fake_restart, .start_tls = fake_start_tls,
		.binding = fake_binding, .on_login = fake_on_login, .login_query = fake_login_query, .bind = fake_bind,
		.take = fake_take, .write_features = options & FAKE_MODULE_FEATURES ? fake_write_features : NULL,
	};
	f->hosts[0] = (struct config_host){.name = STR("localhost"), .auth = &f->auth};
	f->hosts[1] = (struct config_host){.name = STR("other.example"), .auth = &f->auth};
	f->config.refs = 1000;
	f->config.hosts = f->hosts;
	f->config.host_count = 2;
	f->config.general.default_server_domain = STR("localhost");
	f->config.general.language = STR("en");
	f->config.general.hide_service_name = options & FAKE_HIDDEN;
	f->config.meerkat.login_timeout_ms = options & FAKE_SHORT_DEADLINE ? 7000 : 30000;
	f->listen.state_timeout_ms = options & FAKE_PATIENT ? OPTION_INFINITY : 5000;
	f->listen.backwards_compatible_session = options & FAKE_OLD_SESSION;
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

/* "tls": the handshake is done. "answer good|bad|ask": of a mechanism that had said "later". "query": an answer to a query. "after 5000":
 * time passes. "ended", "dropped", "alive", "bound", "unbound", "state NAME": is it so? */
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
	} else if (!strncmp(word, "after ", 6)) {
		assert_true(str_to_int(str_from(word + 6), 0, 1000000, &n));
		timer_wheel_advance(f->place.timers, f->now_ms += (uint64_t)n);
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

static void fake_play(const struct dialogue *d)
{
	struct fake f;

	fake_init(&f, d->options);
	for (int i = 0; d->lines[i]; i++) {
		const char *line = d->lines[i];

		if (line[0] == '>') {
			buf_append_text(&f.kept, line + 2);
			fake_feed(&f);
		} else if (line[0] == '<') {
			fake_expect(&f, d->row, line + 2);
		} else {
			fake_do(&f, d->row, line + 2);
		}
	}
	if (f.out.len)
		fake_expect(&f, d->row, "");
	fake_fini(&f);
}

#define PLAY_ALL(dialogues)                                                          \
	for (size_t i = 0; i < sizeof(dialogues) / sizeof((dialogues)[0]); i++) \
	fake_play(&(dialogues)[i])

#endif
