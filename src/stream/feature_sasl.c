/* RFC 6120 §6: SASL; XEP-0440: which channel bindings there are. The mechanisms are auth/sasl's. */
#include <stdio.h>

#include "auth/sasl.h"
#include "base/codec.h"
#include "base/log.h"
#include "base/metric.h"
#include "stream/feature.h"
#include "stream/negotiation.h"
#include "xmpp/ns.h"

enum { MECHANISMS_MAX = 16 };

static const char *const binding_types[] = {"tls-exporter", "tls-unique", "tls-server-end-point"};

/* ---- what is offered ---- */

static void collect_bindings(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;
	size_t count = 0;
	struct buf data;

	if (!s->is_secure || !s->rules->link->binding)
		return;
	buf_init(&data);
	for (size_t i = 0; i < SASL_BINDINGS_MAX; i++) {
		buf_clear(&data);
		if (s->rules->link->binding(s, binding_types[i], &data))
			n->sasl_context.bindings[count++] =
				(struct sasl_binding){binding_types[i], arena_str(&n->arena, buf_str(&data))};
	}
	buf_fini(&data);
}

/* Made for each opening tag, after which neither the host nor the connection changes. */
static void prepare_context(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;

	n->sasl_context = (struct sasl_context){
		.asker = {.service = s->rules->accounts, .auth = n->host->auth, .reply_to = s->place->mailbox},
		.host = n->host->name,
		.is_encrypted = s->is_secure || n->config->meerkat.allow_plain_without_tls || ip_is_loopback(n->peer),
	};
	collect_bindings(s);
}

static void write_mechanisms(struct stream *s, struct writer *w)
{
	const char *names[MECHANISMS_MAX];
	size_t count;

	prepare_context(s);
	count = sasl_offered(&s->negotiation->sasl_context, s->rules->listen, names, MECHANISMS_MAX);
	if (count == 0)
		return;
	writer_open(w, "mechanisms", NS_SASL);
	for (size_t i = 0; i < count; i++)
		writer_leaf(w, "mechanism", NULL, str_from(names[i]));
	writer_close(w);
}

/* With TLS 1.3, known by its exporter, tls-unique is taken from those who come with it but not announced. */
static void write_channel_binding(struct stream *s, struct writer *w)
{
	const struct sasl_binding *b = s->negotiation->sasl_context.bindings;
	bool has_exporter = b->type && !strcmp(b->type, "tls-exporter");

	if (!b->type)
		return;
	writer_open(w, "sasl-channel-binding", NS_SASL_CHANNEL_BINDING);
	for (; b->type; b++) {
		if (has_exporter && !strcmp(b->type, "tls-unique"))
			continue;
		writer_open(w, "channel-binding", NULL);
		writer_attribute_text(w, "type", b->type);
		writer_close(w);
	}
	writer_close(w);
}

/* Would the mechanism be offered if this were encrypted? */
static bool lacks_encryption(const struct stream *s, struct str mechanism)
{
	const char *names[MECHANISMS_MAX];
	struct sasl_context encrypted = s->negotiation->sasl_context;
	size_t count;

	if (encrypted.is_encrypted)
		return false;
	encrypted.is_encrypted = true;
	count = sasl_offered(&encrypted, s->rules->listen, names, MECHANISMS_MAX);
	for (size_t i = 0; i < count; i++)
		if (str_is(mechanism, names[i]))
			return true;
	return false;
}

/* ---- how it goes on ---- */

/* data NULL: an empty element; empty: "=", where the difference counts (RFC 6120 §6.4.6). */
static void send_data(struct stream *s, const char *name, struct str data)
{
	struct arena scratch;
	struct writer w;

	arena_init(&scratch, 0);
	w = negotiation_begin(s);
	writer_open(&w, name, NS_SASL);
	if (data.len)
		writer_text(&w, codec_base64(&scratch, data.data, data.len));
	else if (data.data)
		writer_text(&w, STR("="));
	writer_close(&w);
	negotiation_finish(s);
	arena_fini(&scratch);
}

static void log_login(const struct stream *s, const char *message, const char *condition)
{
	const struct stream_negotiation *n = s->negotiation;
	char peer[IP_TEXT_MAX];

	log_event(LOG_INFO, "stream", message, LOG_STR("who", jid_str(n->who)), LOG_STR("host", n->host->name),
		  LOG_TEXT("mechanism", n->mechanism), LOG_TEXT("condition", condition),
		  LOG_TEXT("peer", ip_format(n->peer, true, peer)), LOG_TEXT("stream", n->id));
}

static void fail(struct stream *s, enum sasl_failure f)
{
	struct stream_negotiation *n = s->negotiation;
	struct writer w = negotiation_begin(s);

	writer_open(&w, "failure", NS_SASL);
	writer_empty(&w, sasl_failure_condition(f), NULL);
	writer_close(&w);
	negotiation_finish(s);
	metric_add(METRIC_auth_failed, 1);
	log_login(s, "login failed", sasl_failure_condition(f));
	if (++n->failed_logins >= NEGOTIATION_LOGINS)
		stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "too many failed logins");
	else
		negotiation_set_state(s, STREAM_AWAIT_LOGIN);
	if (s->rules->link->on_login)
		s->rules->link->on_login(s, false);
}

static void succeed(struct stream *s, struct str data)
{
	struct stream_negotiation *n = s->negotiation;

	n->who = jid_copy(&n->arena, sasl_who(n->sasl));
	send_data(s, "success", data);
	metric_add(METRIC_auth_succeeded, 1);
	log_login(s, "login succeeded", "");
	s->is_logged_in = true;
	s->is_header_sent = false;
	s->rules->link->restart(s);
	negotiation_set_state(s, STREAM_AWAIT_HEADER_AGAIN);
	if (s->rules->link->on_login)
		s->rules->link->on_login(s, true);
}

static void on_answer(void *context, const struct sasl_answer *a)
{
	struct stream *s = context;
	bool had_waited = s->state == STREAM_AWAIT_ANSWER;

	s->negotiation->is_answered = true;
	if (s->state == STREAM_ENDED)
		return;
	if (a->result == SASL_CHALLENGE) {
		send_data(s, "challenge", a->data.len ? a->data : STR_NONE);
		negotiation_set_state(s, STREAM_IN_SASL);
	} else if (a->result == SASL_SUCCESS) {
		succeed(s, a->data);
	} else {
		fail(s, a->failure);
	}
	negotiation_go_on(s, had_waited);
}

static void step(struct stream *s, struct str data)
{
	struct stream_negotiation *n = s->negotiation;

	n->is_answered = false;
	sasl_step(n->sasl, data);
	if (!n->is_answered)
		negotiation_wait(s);
}

/* ---- what the client sends ---- */

static void drop_exchange(struct stream *s)
{
	if (s->negotiation->sasl)
		sasl_free(&s->negotiation->sasl);
}

/* Steps with what the element holds; `absent` is what no text at all means. The decoded bytes may be a password. */
static void step_with_text(struct stream *s, const struct stanza *element, struct str absent)
{
	struct arena scratch;
	struct str text, data = absent;

	arena_init(&scratch, 0);
	text = node_text(element, node_root(element), &scratch);
	if (str_is(text, "="))
		data = STR("");
	else if (text.len && !codec_base64_decode(&scratch, text, &data)) {
		arena_fini(&scratch);
		fail(s, SASL_FAILURE_INCORRECT_ENCODING);
		return;
	}
	step(s, data);
	if (text.len && data.len)
		codec_wipe((char *)(uintptr_t)data.data, data.len);
	arena_fini(&scratch);
}

static void note_mechanism(struct stream_negotiation *n, struct str name)
{
	snprintf(n->mechanism, sizeof(n->mechanism), "%.*s", STR_ARGS(name));
}

static void take_auth(struct stream *s, struct stanza *element)
{
	struct stream_negotiation *n = s->negotiation;
	struct str name = node_attribute_raw(element, node_root(element), "mechanism");

	drop_exchange(s);
	note_mechanism(n, name);
	n->sasl = sasl_new(&n->sasl_context, s->rules->listen, name, on_answer, s);
	if (n->sasl)
		step_with_text(s, element, STR_NONE);
	else
		fail(s, lacks_encryption(s, name) ? SASL_FAILURE_ENCRYPTION_REQUIRED : SASL_FAILURE_INVALID_MECHANISM);
}

static void take_response(struct stream *s, struct stanza *element)
{
	if (s->state == STREAM_IN_SASL)
		step_with_text(s, element, STR(""));
	else
		fail(s, SASL_FAILURE_MALFORMED_REQUEST);
}

static void take_abort(struct stream *s, struct stanza *element)
{
	(void)element;
	drop_exchange(s);
	fail(s, SASL_FAILURE_ABORTED);
}

static void refuse_sasl(struct stream *s, struct stanza *element, unsigned facts)
{
	(void)element;
	if (facts & FEATURE_TLS_DUE)
		fail(s, SASL_FAILURE_ENCRYPTION_REQUIRED);
	else
		stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "you have logged in already");
}

static const struct feature_element elements[] = {
	{"auth", take_auth}, {"response", take_response}, {"abort", take_abort}, {0},
};

const struct feature feature_sasl = {
	.name = "SASL",
	.ns = NS_SASL,
	.forbids = FEATURE_TLS_DUE | FEATURE_LOGGED_IN,
	.write = write_mechanisms,
	.elements = elements,
	.refuse = refuse_sasl,
};

const struct feature feature_sasl_channel_binding = {
	.name = "channel bindings",
	.needs = FEATURE_SECURE,
	.forbids = FEATURE_LOGGED_IN,
	.write = write_channel_binding,
};
