/* XEP-0388: logins in other words than those of RFC 6120, over TLS only; what goes with them is inline_login's */
#include "base/codec.h"
#include "stream/feature.h"
#include "stream/inline_login.h"
#include "stream/login.h"
#include "stream/negotiation.h"
#include "xmpp/ns.h"

/* ---- what is offered ---- */

static void write_all(struct writer *w, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		writer_leaf(w, "mechanism", NULL, str_from(names[i]));
}

static void write_bind(struct stream *s, struct writer *w)
{
	writer_open(w, "bind", NS_BIND2);
	writer_open(w, "inline", NULL);
	if (s->rules->link->write_inline)
		s->rules->link->write_inline(s, w);
	writer_close(w);
	writer_close(w);
}

static void write_fast(struct stream *s, struct writer *w)
{
	const char *names[LOGIN_MECHANISMS_MAX];
	size_t count = sasl_offered_for_tokens(&s->negotiation->sasl_context, names, LOGIN_MECHANISMS_MAX);

	writer_open(w, "fast", NS_FAST);
	write_all(w, names, count);
	writer_close(w);
}

static void write_inline(struct stream *s, struct writer *w)
{
	writer_open(w, "inline", NULL);
	if (config_find_module(s->negotiation->host, "mod_bind2"))
		write_bind(s, w);
	if (s->rules->link->claim && config_find_module(s->negotiation->host, "mod_stream_management"))
		writer_empty(w, "sm", NS_SM);
	if (inline_login_tokens(s))
		write_fast(s, w);
	writer_close(w);
}

static void write_authentication(struct stream *s, struct writer *w)
{
	const char *names[LOGIN_MECHANISMS_MAX];
	size_t count = login_mechanisms(s, names);

	if (count == 0)
		return;
	writer_open(w, "authentication", NS_SASL2);
	write_all(w, names, count);
	write_inline(s, w);
	writer_close(w);
}

/* ---- what we say ---- */

static void send_challenge(struct stream *s, struct str data)
{
	struct arena scratch;
	struct writer w;

	arena_init(&scratch, 0);
	w = negotiation_begin(s);
	writer_leaf(&w, "challenge", NS_SASL2, codec_base64(&scratch, data.data, data.len));
	negotiation_finish(s);
	arena_fini(&scratch);
}

static void send_failure(struct stream *s, enum sasl_failure f)
{
	struct writer w = negotiation_begin(s);

	writer_open(&w, "failure", NS_SASL2);
	writer_empty(&w, sasl_failure_condition(f), NS_SASL);
	writer_close(&w);
	negotiation_finish(s);
	inline_login_forget(s);
}

/* Who it says it is in its opening tag is who it must be, as no other opening tag follows. */
static bool is_as_announced(const struct stream_negotiation *n)
{
	return !jid_is_set(n->peer_from) || jid_bare_equal(n->peer_from, sasl_who(n->sasl));
}

static void succeed(struct stream *s, struct str data)
{
	if (is_as_announced(s->negotiation)) {
		login_note_success(s);
		inline_login_carry_out(s, data);
	} else {
		login_fail(s, s->negotiation->profile, SASL_FAILURE_INVALID_AUTHZID);
	}
}

static const struct login_profile profile = {
	.challenged = STREAM_IN_SASL2, .challenge = send_challenge, .fail = send_failure, .succeed = succeed,
};

/* ---- what the client says ---- */

/* An empty element is empty data; "=" means nothing here (XEP-0388 §2.2). */
static void step_with(struct stream *s, const struct stanza *element, const struct node *node)
{
	struct arena scratch;

	arena_init(&scratch, 0);
	login_step_with_text(s, node_text(element, node, &scratch));
	arena_fini(&scratch);
}

static void take_authenticate(struct stream *s, struct stanza *element)
{
	const struct authenticate *what;

	if (s->state != STREAM_AWAIT_LOGIN) {
		stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "a login is under way");
		return;
	}
	if (!inline_login_note(s, element)) {
		login_fail(s, &profile, SASL_FAILURE_MALFORMED_REQUEST);
		return;
	}
	what = &s->negotiation->inline_login->what;
	if (!login_start(s, &profile, what->mechanism))
		return;
	if (what->initial_response)
		step_with(s, element, what->initial_response);
	else
		login_step(s, STR_NONE);
}

static void take_response(struct stream *s, struct stanza *element)
{
	if (s->state == STREAM_IN_SASL2)
		step_with(s, element, node_root(element));
	else
		login_fail(s, &profile, SASL_FAILURE_MALFORMED_REQUEST);
}

static void take_abort(struct stream *s, struct stanza *element)
{
	(void)element;
	login_fail(s, &profile, SASL_FAILURE_ABORTED);
}

/* Here no login goes on with tasks (XEP-0388 §2.6.3), so none can be chosen. */
static void take_next(struct stream *s, struct stanza *element)
{
	(void)element;
	login_fail(s, &profile, SASL_FAILURE_MALFORMED_REQUEST);
}

static void refuse(struct stream *s, struct stanza *element, unsigned facts)
{
	(void)element;
	if (facts & FEATURE_LOGGED_IN)
		stream_error(s, STREAM_ERROR_POLICY_VIOLATION, "you have logged in already");
	else if ((facts & FEATURE_SASL2) && !(facts & FEATURE_SECURE))
		login_fail(s, &profile, SASL_FAILURE_ENCRYPTION_REQUIRED);
}

static const struct feature_element elements[] = {
	{"authenticate", take_authenticate}, {"response", take_response}, {"abort", take_abort}, {"next", take_next}, {0},
};

const struct feature feature_sasl2 = {
	.name = "SASL2",
	.ns = NS_SASL2,
	.needs = FEATURE_SECURE | FEATURE_SASL2,
	.forbids = FEATURE_LOGGED_IN,
	.write = write_authentication,
	.elements = elements,
	.refuse = refuse,
};
