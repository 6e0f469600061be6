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

/* Before login it is only a claim, which we echo if it is an address at all. After it, it names who has logged in, or nobody: some clients
 * send the domain. */
static bool note_sender(struct stream *s, const struct stanza *tag)
{
	struct stream_negotiation *n = s->negotiation;
	struct str from = node_attribute(tag, node_root(tag), "from", &n->arena);
	struct jid sender;

	n->peer_from = JID_NONE;
	if (!from.data)
		return true;
	if (!jid_parse(&sender, from, &n->arena))
		return !s->is_logged_in;
	if (s->is_logged_in && sender.local_len == 0)
		return str_equal(jid_str(sender), jid_domain(n->who));
	if (s->is_logged_in && !jid_bare_equal(sender, n->who))
		return false;
	n->peer_from = jid_copy(&n->arena, sender);
	return true;
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

static const struct stream_tag *tag_of(const struct stream *s)
{
	static const struct stream_tag usual = {.name = "stream", .ns = NS_STREAM};

	return s->rules->link->tag ? s->rules->link->tag : &usual;
}

bool opening_is_tag(const struct stream *s, const struct stanza *element)
{
	const struct stream_tag *tag = s->rules->link->tag;

	if (!tag)
		return element->kind == STANZA_HEADER;
	return (element->kind == STANZA_HEADER || element->kind == STANZA_OTHER) && node_is(element, node_root(element), tag->name, tag->ns);
}

static bool has_version(struct stream *s, const struct stanza *tag)
{
	const struct stream_tag *form = tag_of(s);
	struct arena *a = &s->negotiation->arena;
	struct str version = form->version_ns ? node_attribute_ns(tag, node_root(tag), "version", form->version_ns, a)
					      : node_attribute(tag, node_root(tag), "version", a);

	return version.data ? str_is(version, "1.0") : form->may_lack_version;
}

enum stream_error opening_examine(struct stream *s, const struct stanza *tag, const char **text_out)
{
	struct stream_negotiation *n = s->negotiation;
	const struct node *root = node_root(tag);

	*text_out = NULL;
	if (!str_is(node_name(tag, root), tag_of(s)->name))
		return wrong(STREAM_ERROR_NOT_WELL_FORMED, "this is no XMPP stream", text_out);
	note_language(n, tag);
	if (!str_is(node_ns(tag, root), tag_of(s)->ns))
		return wrong(STREAM_ERROR_INVALID_NAMESPACE, "the namespace of the stream is unknown", text_out);
	if (!s->rules->link->tag && !knows_content(tag))
		return wrong(STREAM_ERROR_INVALID_NAMESPACE, "the default namespace of the stream is unknown", text_out);
	if (!note_host(n, tag))
		return wrong(STREAM_ERROR_HOST_UNKNOWN, "this host is not served here", text_out);
	if (!has_version(s, tag))
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
