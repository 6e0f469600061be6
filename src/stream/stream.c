/* RFC 6120 §4 (streams) and the order of §5 to §7 */
#include "stream/stream.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/limit.h"
#include "base/log.h"
#include "base/mem.h"
#include "stream/feature.h"
#include "stream/inline_login.h"
#include "stream/login.h"
#include "stream/negotiation.h"
#include "stream/opening.h"
#include "xmpp/ns.h"

const char *stream_state_name(enum stream_state state)
{
	static const char *const names[] = {
#define STATE(state_name, function, patience, what) [STREAM_##state_name] = #state_name,
#include "stream/states.def"
#undef STATE
	};

	return names[state];
}

/* ---- errors ---- */

static void drop(struct stream *s)
{
	negotiation_stop_timers(s);
	negotiation_set_state(s, STREAM_ENDED);
	s->rules->link->drop(s);
}

static void send_error(struct stream *s, enum stream_error e, const char *text, struct str detail)
{
	struct writer w = negotiation_begin(s);

	writer_open(&w, "stream:error", NULL);
	if (s->rules->link->is_framed)
		writer_attribute_text(&w, "xmlns:stream", NS_STREAM);
	writer_empty(&w, xerror_stream_condition(e), NS_STREAM_ERROR);
	if (text && text[0]) {
		writer_open(&w, "text", NS_STREAM_ERROR);
		writer_attribute_text(&w, "xml:lang", "en");
		writer_text(&w, str_from(text));
		writer_close(&w);
	}
	writer_raw(&w, detail);
	writer_close(&w);
	negotiation_finish(s);
}

/* Can or must nothing be said? In mid-handshake there is no way to say it. */
static bool is_silent(const struct stream *s)
{
	const struct stream_negotiation *n = s->negotiation;

	if (s->state == STREAM_IN_TLS || (n && !n->is_known && n->config->general.hide_service_name))
		return true;
	/* RFC 7395 §3.4: what is no opening may be somebody who does not speak XMPP at all. */
	return n && !n->is_opened && s->rules->link->is_framed;
}

void stream_error_with(struct stream *s, enum stream_error e, const char *text, struct str detail)
{
	if (s->state == STREAM_ENDED)
		return;
	log_event(LOG_DEBUG, "stream", "stream error", LOG_TEXT("condition", xerror_stream_condition(e)),
		  LOG_TEXT("text", text ? text : ""), LOG_TEXT("state", stream_state_name(s->state)));
	if (is_silent(s)) {
		drop(s);
		return;
	}
	if (!s->is_header_sent)
		opening_send(s);
	send_error(s, e, text, detail);
	negotiation_end(s);
}

void stream_error(struct stream *s, enum stream_error e, const char *text)
{
	stream_error_with(s, e, text, STR_NONE);
}

/* ---- queries before login ---- */

void stream_answer_query(struct stream *s, struct str xml)
{
	struct stream_negotiation *n = s->negotiation;
	bool had_waited = s->state == STREAM_AWAIT_ANSWER;

	n->is_answered = true;
	stanza_unref(&n->request);
	if (s->state == STREAM_ENDED)
		return;
	negotiation_send(s, xml);
	negotiation_set_state(s, STREAM_AWAIT_LOGIN);
	negotiation_go_on(s, had_waited);
}

/* An IQ before login is a module's, or nobody's and then ignored. */
static void ask_login_query(struct stream *s, struct stanza *iq)
{
	struct stream_negotiation *n = s->negotiation;

	if (!s->rules->link->login_query || s->state != STREAM_AWAIT_LOGIN)
		return;
	if (!(feature_facts(s) & FEATURE_TLS_DUE)) {
		stanza_ref(iq);
		n->request = iq;
		n->is_answered = false;
		if (!s->rules->link->login_query(s, iq))
			stanza_unref(&n->request);
		else if (!n->is_answered)
			negotiation_wait(s);
	}
}

/* ---- one function per state ---- */

static void take_nothing(struct stream *s, struct stanza *element)
{
	(void)s;
	(void)element;
	check(!"the link gives nothing to a stream that takes no input");
}

static bool open_again(struct stream *s, struct stanza *tag)
{
	enum stream_error e = STREAM_ERROR_NOT_WELL_FORMED;
	const char *text = "an opening tag was expected";

	if (opening_is_tag(s, tag)) {
		s->negotiation->is_opened = true;
		e = opening_examine(s, tag, &text);
	}
	if (e != STREAM_ERROR_NONE) {
		stream_error(s, e, text);
		return false;
	}
	s->negotiation->is_known = true;
	opening_send(s);
	if (!s->is_logged_in)
		login_prepare(s);
	feature_send_all(s);
	return true;
}

static void take_header(struct stream *s, struct stanza *tag)
{
	if (open_again(s, tag))
		negotiation_set_state(s, STREAM_AWAIT_LOGIN);
}

static void take_header_again(struct stream *s, struct stanza *tag)
{
	if (open_again(s, tag))
		negotiation_set_state(s, STREAM_AWAIT_BIND);
}

static bool refuse_header(struct stream *s, const struct stanza *element)
{
	if (!opening_is_tag(s, element))
		return false;
	stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "the stream is open already");
	return true;
}

/* What nobody knows is ignored, and does not buy time. */
static void take_login(struct stream *s, struct stanza *element)
{
	if (refuse_header(s, element) || feature_take(s, element))
		return;
	if (element->kind == STANZA_IQ)
		ask_login_query(s, element);
}

/* XEP-0388 §2.5: there may be nothing else. */
static void take_sasl2(struct stream *s, struct stanza *element)
{
	if (element->kind == STANZA_OTHER && str_is(node_ns(element, node_root(element)), NS_SASL2))
		(void)feature_take(s, element);
	else
		stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "a login is under way");
}

static void take_bind(struct stream *s, struct stanza *element)
{
	if (refuse_header(s, element) || feature_take(s, element))
		return;
	if (element->kind == STANZA_IQ)
		feature_bind_refuse(s, element);
	else if (element->kind == STANZA_MESSAGE || element->kind == STANZA_PRESENCE)
		stream_error(s, STREAM_ERROR_NOT_AUTHORIZED, "a resource must be bound first");
}

static bool refuse_login(struct stream *s, const struct stanza *element)
{
	if (element->kind != STANZA_OTHER || !node_is(element, node_root(element), "authenticate", NS_SASL2))
		return false;
	stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "you have logged in already");
	return true;
}

static void take_stanza(struct stream *s, struct stanza *element)
{
	if (!refuse_header(s, element) && !refuse_login(s, element))
		s->rules->link->take(s, element);
	else
		stanza_unref(&element);
}

/* The element is borrowed, but for OPEN, which takes it over. */
static void (*const take[])(struct stream *s, struct stanza *element) = {
#define STATE(state_name, function, how_long, what) [STREAM_##state_name] = take_##function,
#include "stream/states.def"
#undef STATE
};

/* ---- in ---- */

bool stream_takes_input(const struct stream *s)
{
	return take[s->state] != take_nothing;
}

void stream_receive(struct stream *s, struct stanza *element)
{
	bool is_open = s->state == STREAM_OPEN;

	take[s->state](s, element);
	if (!is_open)
		stanza_unref(&element);
}

void stream_receive_end(struct stream *s)
{
	if (s->state != STREAM_ENDED)
		negotiation_end(s);
}

void stream_secured(struct stream *s)
{
	check(s->state == STREAM_IN_TLS);
	s->is_secure = true;
	negotiation_set_state(s, STREAM_AWAIT_HEADER);
}

/* ---- life ---- */

static void on_patience_over(struct timer *t)
{
	struct stream_negotiation *n = container_of(t, struct stream_negotiation, patience);

	limit_acted(METRIC_state_timeout_expired, n->peer);
	stream_error(n->stream, STREAM_ERROR_CONNECTION_TIMEOUT, "this took too long");
}

static void on_deadline(struct timer *t)
{
	struct stream_negotiation *n = container_of(t, struct stream_negotiation, deadline);

	limit_acted(METRIC_login_timeout_expired, n->peer);
	stream_error(n->stream, STREAM_ERROR_CONNECTION_TIMEOUT, "the login took too long");
}

void stream_init(struct stream *s, const struct stream_start *start)
{
	struct stream_negotiation *n = mem_new(sizeof(*n));

	*s = (struct stream){.rules = start->rules, .place = start->place, .negotiation = n, .state = STREAM_AWAIT_HEADER,
			       .is_secure = start->is_secure};
	arena_init(&n->arena, 512);
	n->stream = s;
	n->peer = start->peer;
	n->config = start->config;
	config_ref(n->config);
	timer_init(&n->patience, on_patience_over);
	timer_init(&n->deadline, on_deadline);
	timer_init(&n->soon, inline_login_on_soon);
	negotiation_start_deadline(s);
	negotiation_set_state(s, start->awaits_tls ? STREAM_IN_TLS : STREAM_AWAIT_HEADER);
}

static void free_negotiation(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;

	if (!n)
		return;
	negotiation_stop_timers(s);
	inline_login_forget(s);
	if (n->sasl)
		sasl_free(&n->sasl);
	if (n->request)
		stanza_unref(&n->request);
	config_unref(&n->config);
	arena_fini(&n->arena);
	free(n);
	s->negotiation = NULL;
}

void stream_fini(struct stream *s)
{
	free_negotiation(s);
}

struct jid stream_who(const struct stream *s)
{
	return s->negotiation ? s->negotiation->who : JID_NONE;
}

struct str stream_host(const struct stream *s)
{
	return s->negotiation && s->negotiation->host ? s->negotiation->host->name : STR_NONE;
}

struct str stream_client(const struct stream *s)
{
	return s->negotiation && s->negotiation->inline_login ? s->negotiation->inline_login->mark : STR_NONE;
}

static void become_open(struct stream *s)
{
	negotiation_set_state(s, STREAM_OPEN);
	free_negotiation(s);
}

void stream_bound(struct stream *s)
{
	check(s->state == STREAM_BINDING);
	if (s->negotiation->inline_login)
		inline_login_bound(s);
	else
		feature_bind_answer(s);
	become_open(s);
}

void stream_refuse_bind(struct stream *s, enum stanza_error e)
{
	if (s->negotiation->inline_login)
		inline_login_refuse_bind(s, e);
	else
		feature_bind_answer_error(s, s->negotiation->request, e);
	negotiation_end(s);
}

const struct stanza *stream_claim(const struct stream *s)
{
	const struct stanza *request = s->negotiation ? s->negotiation->request : NULL;

	return request && request->kind == STANZA_OTHER ? request : NULL;
}

void stream_claimed(struct stream *s, struct jid address, struct str xml)
{
	check(s->state == STREAM_BINDING && stream_claim(s));
	if (s->negotiation->inline_login)
		inline_login_claimed(s, address, xml);
	else
		negotiation_send(s, xml);
	become_open(s);
}

void stream_refuse_claim(struct stream *s, struct str xml)
{
	struct stream_negotiation *n = s->negotiation;

	check(s->state == STREAM_BINDING && stream_claim(s));
	if (n->inline_login) {
		inline_login_refuse_claim(s, xml);
		return;
	}
	negotiation_send(s, xml);
	stanza_unref(&n->request);
	if (!negotiation_may_retry(s))
		return;
	negotiation_set_state(s, STREAM_AWAIT_BIND);
	negotiation_start_deadline(s);
}

void stream_leave(struct stream *s)
{
	check(s->state == STREAM_BINDING);
	negotiation_stop_timers(s);
	s->place = NULL;
}

void stream_arrive(struct stream *s, const struct stream_place *place)
{
	s->place = place;
}
