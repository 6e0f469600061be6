/* RFC 6120 §6: SASL; XEP-0440: which channel bindings there are */
#include "base/codec.h"
#include "stream/feature.h"
#include "stream/login.h"
#include "stream/negotiation.h"
#include "xmpp/ns.h"

static void write_mechanisms(struct stream *s, struct writer *w)
{
	const char *names[LOGIN_MECHANISMS_MAX];
	size_t count = login_mechanisms(s, names);

	if (count == 0)
		return;
	writer_open(w, "mechanisms", NS_SASL);
	for (size_t i = 0; i < count; i++)
		writer_leaf(w, "mechanism", NULL, str_from(names[i]));
	writer_close(w);
}

static void write_channel_binding(struct stream *s, struct writer *w)
{
	const char *types[SASL_BINDINGS_MAX];
	size_t count = login_bindings(s, types);

	if (count == 0)
		return;
	writer_open(w, "sasl-channel-binding", NS_SASL_CHANNEL_BINDING);
	for (size_t i = 0; i < count; i++) {
		writer_open(w, "channel-binding", NULL);
		writer_attribute_text(w, "type", types[i]);
		writer_close(w);
	}
	writer_close(w);
}

/* ---- what we say ---- */

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

static void send_challenge(struct stream *s, struct str data)
{
	send_data(s, "challenge", data.len ? data : STR_NONE);
}

static void send_failure(struct stream *s, enum sasl_failure f)
{
	struct writer w = negotiation_begin(s);

	writer_open(&w, "failure", NS_SASL);
	writer_empty(&w, sasl_failure_condition(f), NULL);
	writer_close(&w);
	negotiation_finish(s);
}

static void succeed(struct stream *s, struct str data)
{
	send_data(s, "success", data);
	s->is_header_sent = false;
	s->rules->link->restart(s);
	negotiation_set_state(s, STREAM_AWAIT_HEADER_AGAIN);
	login_note_success(s);
}

static const struct login_profile profile = {
	.challenged = STREAM_IN_SASL, .challenge = send_challenge, .fail = send_failure, .succeed = succeed,
};

/* ---- what the client says ---- */

/* `absent` is what no text at all means. */
static void step_with(struct stream *s, const struct stanza *element, struct str absent)
{
	struct arena scratch;
	struct str text;

	arena_init(&scratch, 0);
	text = node_text(element, node_root(element), &scratch);
	if (text.len == 0)
		login_step(s, absent);
	else
		login_step_with_text(s, str_is(text, "=") ? STR("") : text);
	arena_fini(&scratch);
}

/* One that comes while an exchange is under way takes its place; but not for ever. */
static void take_auth(struct stream *s, struct stanza *element)
{
	if (s->state == STREAM_IN_SASL && !negotiation_may_retry(s))
		return;
	if (login_start(s, &profile, node_attribute_raw(element, node_root(element), "mechanism")))
		step_with(s, element, STR_NONE);
}

static void take_response(struct stream *s, struct stanza *element)
{
	if (s->state == STREAM_IN_SASL)
		step_with(s, element, STR(""));
	else
		login_fail(s, &profile, SASL_FAILURE_MALFORMED_REQUEST);
}

static void take_abort(struct stream *s, struct stanza *element)
{
	(void)element;
	login_fail(s, &profile, SASL_FAILURE_ABORTED);
}

static void refuse_sasl(struct stream *s, struct stanza *element, unsigned facts)
{
	(void)element;
	if (facts & FEATURE_TLS_DUE)
		login_fail(s, &profile, SASL_FAILURE_ENCRYPTION_REQUIRED);
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
