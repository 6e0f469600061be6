/* RFC 6120 §4.3.2: what is offered, in this order */
#include "stream/feature.h"

#include "stream/negotiation.h"
#include "xmpp/ns.h"

static void write_before_login(struct stream *s, struct writer *w)
{
	if (s->rules->link->write_features)
		s->rules->link->write_features(s, w, false);
}

static void write_after_login(struct stream *s, struct writer *w)
{
	if (s->rules->link->write_features)
		s->rules->link->write_features(s, w, true);
}

static const struct feature feature_modules_before = {
	.name = "modules, before login", .forbids = FEATURE_TLS_DUE | FEATURE_LOGGED_IN, .write = write_before_login,
};

static const struct feature feature_modules_after = {
	.name = "modules, after login", .needs = FEATURE_LOGGED_IN, .write = write_after_login,
};

static const struct feature *const features[] = {
	&feature_tls,
	&feature_modules_before,
	&feature_sasl,
	&feature_sasl2,
	&feature_sasl_channel_binding,
	&feature_bind,
	&feature_session,
	&feature_resumption,
	&feature_modules_after,
	&feature_limits,
};

enum { FEATURE_COUNT = sizeof(features) / sizeof(features[0]) };

static bool has_sasl2(const struct config_host *h)
{
	return config_find_module(h, "mod_sasl2") || config_find_module(h, "mod_bind2") || config_find_module(h, "mod_fast_auth_token");
}

unsigned feature_facts(const struct stream *s)
{
	const struct stream_rules *r = s->rules;
	const struct stream_negotiation *n = s->negotiation;
	unsigned facts = 0;

	if (r->can_start_tls && r->link->start_tls)
		facts |= FEATURE_TLS_AVAILABLE;
	if (s->is_secure)
		facts |= FEATURE_SECURE;
	else if (r->must_start_tls)
		facts |= FEATURE_TLS_DUE;
	if (s->is_logged_in)
		facts |= FEATURE_LOGGED_IN;
	if (r->listen->backwards_compatible_session)
		facts |= FEATURE_OLD_SESSION;
	if (n->host && has_sasl2(n->host))
		facts |= FEATURE_SASL2;
	if (n->is_bound)
		facts |= FEATURE_BOUND;
	return facts;
}

bool feature_is_available(const struct feature *f, unsigned facts)
{
	return (facts & f->needs) == f->needs && !(facts & f->forbids);
}

void feature_send_all(struct stream *s)
{
	unsigned facts = feature_facts(s);
	struct writer w = negotiation_begin(s);

	writer_open(&w, "stream:features", NULL);
	if (s->rules->link->is_framed)
		writer_attribute_text(&w, "xmlns:stream", NS_STREAM);
	for (int i = 0; i < FEATURE_COUNT; i++)
		if (features[i]->write && feature_is_available(features[i], facts))
			features[i]->write(s, &w);
	writer_close(&w);
	negotiation_finish(s);
}

static const struct feature_element *find_element(const struct feature *f, bool is_query, struct str name)
{
	if (f->is_query != is_query)
		return NULL;
	for (const struct feature_element *e = f->elements; e && e->name; e++)
		if (str_is(name, e->name))
			return e;
	return NULL;
}

static bool give(struct stream *s, const struct feature *f, const struct feature_element *e, struct stanza *element)
{
	unsigned facts = feature_facts(s);

	if (feature_is_available(f, facts))
		e->take(s, element);
	else
		f->refuse(s, element, facts);
	return true;
}

/* The right name in another namespace is what was meant, and wrong. */
static bool is_misnamed(const struct stanza *element, const struct node *node)
{
	for (int i = 0; i < FEATURE_COUNT; i++)
		if (!features[i]->is_lenient && find_element(features[i], false, node_name(element, node)))
			return true;
	return false;
}

bool feature_take(struct stream *s, struct stanza *element)
{
	bool is_query = element->kind == STANZA_IQ;
	const struct node *node = is_query ? stanza_payload(element) : node_root(element);

	if (!node || element->kind == STANZA_MESSAGE || element->kind == STANZA_PRESENCE)
		return false;
	for (int i = 0; i < FEATURE_COUNT; i++) {
		const struct feature_element *e = find_element(features[i], is_query, node_name(element, node));

		if (e && str_is(node_ns(element, node), features[i]->ns))
			return give(s, features[i], e, element);
	}
	if (is_query || !is_misnamed(element, node))
		return false;
	stream_error(s, STREAM_ERROR_INVALID_NAMESPACE, "this element has another namespace");
	return true;
}
