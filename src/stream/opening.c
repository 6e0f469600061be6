/* RFC 6120 §4.7 (attributes), §4.8 (namespaces), §4.9.3 (errors) */
#include "stream/opening.h"

#include "base/codec.h"
#include "stream/negotiation.h"
#include "xmpp/ns.h"

enum { LANGUAGE_BYTES_MAX = 35 }; /* RFC 5646 §4.4.1 */

static enum stream_error wrong(enum stream_error e, const char *text, const char **text_out)
{
	*text_out = text;
	return e;
}

static void note_language(struct stream_negotiation *n, const struct stanza *tag)
{
	struct str language = node_attribute_ns(tag, node_root(tag), "lang", NS_XML, &n->arena);

	n->language = language.len > 0 && language.len <= LANGUAGE_BYTES_MAX ? arena_str(&n->arena, language)
									       : n->config->general.language;
}

/* Before login it is only a claim, which we echo if it is an address at all. */
static bool note_sender(struct stream *s, const struct stanza *tag)
{
	struct stream_negotiation *n = s->negotiation;
	struct str from = node_attribute(tag, node_root(tag), "from", &n->arena);
	struct jid sender;

	n->peer_from = JID_NONE;
	if (!from.data)
		return true;
	if (jid_parse(&sender, from, &n->arena) && (!s->is_logged_in || jid_bare_equal(sender, n->who)))
		n->peer_from = jid_copy(&n->arena, sender);
	return !s->is_logged_in || jid_is_set(n->peer_from);
}

/* A stream that starts anew on its connection stays with its host. */
static bool note_host(struct stream_negotiation *n, const struct stanza *tag)
{
	struct str to = node_attribute(tag, node_root(tag), "to", &n->arena);
	const struct config_host *host = NULL;
	struct str name;

	if (to.data && jid_prepare_domain(to, &n->arena, &name))
		host = config_find_host(n->config, name);
	if (!host || (n->host && n->host != host))
		return false;
	n->host = host;
	return true;
}

/* Stanzas of servers are taken, as they differ in nothing else; without a default namespace they say themselves what they are. */
static bool knows_content(const struct stanza *tag)
{
	struct str ns = str_make(tag->bytes + tag->content_ns, tag->content_ns_len);

	return str_is(ns, NS_CLIENT) || str_is(ns, NS_SERVER);
}

enum stream_error opening_examine(struct stream *s, const struct stanza *tag, const char **text_out)
{
	struct stream_negotiation *n = s->negotiation;
	const struct node *root = node_root(tag);

	*text_out = NULL;
	if (!str_is(node_name(tag, root), "stream"))
		return wrong(STREAM_ERROR_NOT_WELL_FORMED, "this is no XMPP stream", text_out);
	note_language(n, tag);
	if (!str_is(node_ns(tag, root), NS_STREAM))
		return wrong(STREAM_ERROR_INVALID_NAMESPACE, "the namespace of the stream is unknown", text_out);
	if (!knows_content(tag))
		return wrong(STREAM_ERROR_INVALID_NAMESPACE, "the default namespace of the stream is unknown", text_out);
	if (!note_host(n, tag))
		return wrong(STREAM_ERROR_HOST_UNKNOWN, "this host is not served here", text_out);
	if (!str_equal(node_attribute(tag, root, "version", &n->arena), STR("1.0")))
		return wrong(STREAM_ERROR_UNSUPPORTED_VERSION, "only version 1.0 is spoken here", text_out);
	if (!note_sender(s, tag))
		return wrong(STREAM_ERROR_INVALID_FROM, "'from' is not who has logged in", text_out);
	return STREAM_ERROR_NONE;
}

void opening_send(struct stream *s)
{
	struct stream_negotiation *n = s->negotiation;

	codec_random_text(n->id, NEGOTIATION_ID_CHARS);
	s->is_header_sent = true;
	s->rules->link->send_header(s, &(struct stream_header){
		.id = str_make(n->id, NEGOTIATION_ID_CHARS),
		.from = n->host ? n->host->name : n->config->general.default_server_domain,
		.language = n->language.len ? n->language : n->config->general.language,
		.to = jid_str(n->peer_from),
	});
}
