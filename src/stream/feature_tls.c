/* RFC 6120 §5: STARTTLS */
#include "stream/feature.h"
#include "stream/negotiation.h"
#include "xmpp/ns.h"

static void write_starttls(struct stream *s, struct writer *w)
{
	writer_open(w, "starttls", NS_TLS);
	if (s->rules->must_start_tls)
		writer_empty(w, "required", NULL);
	writer_close(w);
}

static void take_starttls(struct stream *s, struct stanza *element)
{
	struct writer w = negotiation_begin(s);

	(void)element;
	writer_empty(&w, "proceed", NS_TLS);
	negotiation_finish(s);
	s->is_header_sent = false;
	s->rules->link->restart(s);
	negotiation_set_state(s, STREAM_IN_TLS);
	s->rules->link->start_tls(s);
}

/* A second STARTTLS is answered in the manner of a stanza, and the stream goes on. */
static void refuse_second(struct stream *s)
{
	struct writer w = negotiation_begin(s);

	writer_open(&w, "starttls", NS_TLS);
	writer_attribute_text(&w, "type", "error");
	writer_open(&w, "error", NS_CLIENT);
	writer_attribute_text(&w, "type", xerror_stanza_type(STANZA_ERROR_BAD_REQUEST));
	writer_empty(&w, xerror_stanza_condition(STANZA_ERROR_BAD_REQUEST), NS_STANZA_ERROR);
	writer_close(&w);
	writer_close(&w);
	negotiation_finish(s);
	negotiation_may_retry(s);
}

/* RFC 6120 §5.4.2.2: the failure ends the stream. */
static void refuse_starttls(struct stream *s, struct stanza *element, unsigned facts)
{
	(void)element;
	if (facts & FEATURE_SECURE) {
		refuse_second(s);
		return;
	}
	struct writer w = negotiation_begin(s);
	writer_empty(&w, "failure", NS_TLS);
	negotiation_finish(s);
	negotiation_end(s);
}

static const struct feature_element elements[] = {{"starttls", take_starttls}, {0}};

const struct feature feature_tls = {
	.name = "STARTTLS",
	.ns = NS_TLS,
	.needs = FEATURE_TLS_AVAILABLE,
	.forbids = FEATURE_SECURE | FEATURE_LOGGED_IN,
	.write = write_starttls,
	.elements = elements,
	.refuse = refuse_starttls,
};
