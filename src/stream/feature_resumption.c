/* XEP-0198: a client that has logged in may ask for the session it had before, in place of binding a resource. What there is to say before
 * and after is the link's. */
#include "stream/feature.h"

#include "stream/negotiation.h"
#include "xmpp/ns.h"

#define FAILED(condition) "<failed xmlns='" NS_SM "'><" condition " xmlns='" NS_STANZA_ERROR "'/></failed>"

/* A refused request buys no time, and there may not be many. */
static void refuse(struct stream *s, struct str answer)
{
	negotiation_send(s, answer);
	(void)negotiation_may_retry(s);
}

static void refuse_early(struct stream *s, struct stanza *element, unsigned facts)
{
	(void)element;
	(void)facts;
	refuse(s, STR(FAILED("unexpected-request")));
}

/* There is no session yet. */
static void take_enable(struct stream *s, struct stanza *element)
{
	refuse_early(s, element, 0);
}

static void take_resume(struct stream *s, struct stanza *element)
{
	struct stream_negotiation *n = s->negotiation;

	if (!s->rules->link->claim) {
		refuse(s, STR(FAILED("feature-not-implemented")));
		return;
	}
	n->request = element;
	stanza_ref(element);
	timer_stop(&n->deadline);
	negotiation_set_state(s, STREAM_BINDING);
	s->rules->link->claim(s);
}

static const struct feature_element elements[] = {{"enable", take_enable}, {"resume", take_resume}, {0}};

const struct feature feature_resumption = {
	.name = "resumption",
	.ns = NS_SM,
	.is_lenient = true,
	.needs = FEATURE_LOGGED_IN,
	.elements = elements,
	.refuse = refuse_early,
};
