/* RFC 6120 §7: resource binding; RFC 3921 §3: the session request, which older clients make and which does nothing (c2s_stanza) */
#include "base/codec.h"
#include "stream/feature.h"
#include "stream/negotiation.h"
#include "xmpp/ns.h"

enum { RESOURCE_CHARS = 16 };

void feature_bind_answer_error(struct stream *s, const struct stanza *iq, enum stanza_error e)
{
	struct writer w = negotiation_begin(s);

	writer_stanza_error(w.out, iq, JID_NONE, JID_NONE, e, STR_NONE);
	negotiation_finish(s);
}

void feature_bind_answer(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;
	struct writer w = negotiation_begin(s);

	writer_iq_result(&w, n->request, JID_NONE, JID_NONE);
	if (s->rules->link->is_framed)
		writer_attribute_text(&w, "xmlns", NS_CLIENT);
	writer_open(&w, "bind", NS_BIND);
	writer_leaf(&w, "jid", NULL, jid_str(n->who));
	writer_close(&w);
	writer_close(&w);
	negotiation_finish(s);
}

void feature_bind_refuse(struct stream *s, const struct stanza *iq)
{
	/* Errors and results are not answered, but they are no bind request either. */
	if (iq->type != STANZA_TYPE_ERROR && iq->type != STANZA_TYPE_RESULT)
		feature_bind_answer_error(s, iq, STANZA_ERROR_BAD_REQUEST);
	if (negotiation_may_retry(s))
		negotiation_set_state(s, STREAM_AWAIT_BIND);
}

/* What the client wants, or something that nobody can guess. */
static bool choose_resource(struct stream_negotiation *n, const struct stanza *iq, struct arena *a, struct str *out)
{
	const struct node *wish = node_find_child(iq, stanza_payload(iq), "resource", NS_BIND);
	struct str raw = wish ? node_text(iq, wish, a) : STR_NONE;

	if (raw.len)
		return jid_prepare_resource(raw, a, out);
	char text[RESOURCE_CHARS + 1];
	codec_random_text(text, RESOURCE_CHARS);
	*out = arena_str(&n->arena, str_make(text, RESOURCE_CHARS));
	return true;
}

void feature_bind_address(struct stream *s, struct str resource)
{
	struct stream_negotiation *n = s->negotiation;

	n->who = jid_make(&n->arena, jid_local(n->who), jid_domain(n->who), resource);
	timer_stop(&n->deadline);
	negotiation_set_state(s, STREAM_BINDING);
	s->rules->link->bind(s, n->who);
}

static void take_bind(struct stream *s, struct stanza *iq)
{
	struct stream_negotiation *n = s->negotiation;
	struct str resource;
	struct arena scratch;

	arena_init(&scratch, 0);
	if (iq->type != STANZA_TYPE_SET || !choose_resource(n, iq, &scratch, &resource)) {
		feature_bind_refuse(s, iq);
	} else {
		n->request = iq;
		stanza_ref(iq);
		feature_bind_address(s, resource);
	}
	arena_fini(&scratch);
}

static void refuse_bind(struct stream *s, struct stanza *iq, unsigned facts)
{
	/* Before login it is a stanza like others: ignored. */
	(void)s;
	(void)iq;
	(void)facts;
}

static void write_bind(struct stream *s, struct writer *w)
{
	(void)s;
	writer_empty(w, "bind", NS_BIND);
}

static const struct feature_element elements[] = {{"bind", take_bind}, {0}};

const struct feature feature_bind = {
	.name = "bind",
	.ns = NS_BIND,
	.is_query = true,
	.needs = FEATURE_LOGGED_IN,
	.forbids = FEATURE_BOUND,
	.write = write_bind,
	.elements = elements,
	.refuse = refuse_bind,
};

/* ---- session ---- */

/* Clients that know what <optional/> means leave the request out. */
static void write_session(struct stream *s, struct writer *w)
{
	(void)s;
	writer_open(w, "session", NS_SESSION);
	writer_empty(w, "optional", NULL);
	writer_close(w);
}

const struct feature feature_session = {
	.name = "session",
	.needs = FEATURE_LOGGED_IN | FEATURE_OLD_SESSION,
	.forbids = FEATURE_BOUND,
	.write = write_session,
};
