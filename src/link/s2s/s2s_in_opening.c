#include "link/s2s/s2s_in_opening.h"

#include "xmpp/ns.h"

static enum stream_error wrong(enum stream_error e, const char *text, const char **text_out)
{
	*text_out = text;
	return e;
}

/* A stream that begins anew on its connection is between the same two. */
static enum stream_error note_names(struct s2s_in *in, const struct stanza *tag, const char **text_out)
{
	const struct node *root = node_root(tag);
	struct str to = node_attribute(tag, root, "to", &in->arena), from = node_attribute(tag, root, "from", &in->arena);

	if (!to.data)
		return wrong(STREAM_ERROR_IMPROPER_ADDRESSING, "'to' is missing", text_out);
	if (!jid_prepare_domain(to, &in->arena, &to) || !s2s_place_is_ours(in->place, to) ||
	    (in->is_known && !str_equal(to, in->local)))
		return wrong(STREAM_ERROR_HOST_UNKNOWN, "this host is not served here", text_out);
	in->local = arena_str(&in->arena, to);
	if (!from.data)
		return STREAM_ERROR_NONE;
	if (!jid_prepare_domain(from, &in->arena, &from))
		return wrong(STREAM_ERROR_IMPROPER_ADDRESSING, "'from' is no domain", text_out);
	if (s2s_place_is_ours(in->place, from))
		return wrong(STREAM_ERROR_INVALID_FROM, "this domain is ours", text_out);
	if (in->remote.len && !str_equal(from, in->remote))
		return wrong(STREAM_ERROR_INVALID_FROM, "'from' is another one than before", text_out);
	in->remote = arena_str(&in->arena, from);
	return STREAM_ERROR_NONE;
}

enum stream_error s2s_in_opening_examine(struct s2s_in *in, const struct stanza *tag, const char **text_out)
{
	const struct node *root = node_root(tag);
	struct str ns = str_make(tag->bytes + tag->content_ns, tag->content_ns_len);
	struct str version = node_attribute_raw(tag, root, "version");

	if (!str_is(node_name(tag, root), "stream"))
		return wrong(STREAM_ERROR_NOT_WELL_FORMED, "this is no XMPP stream", text_out);
	if (!str_is(node_ns(tag, root), NS_STREAM))
		return wrong(STREAM_ERROR_INVALID_NAMESPACE, "the namespace of the stream is unknown", text_out);
	if (!str_is(ns, NS_SERVER))
		return wrong(STREAM_ERROR_INVALID_NAMESPACE, "servers speak " NS_SERVER " here", text_out);
	in->has_version = str_is(version, "1.0");
	if (!in->has_version && (version.len || !s2s_wire_declares_dialback(tag)))
		return wrong(STREAM_ERROR_INVALID_XML, "neither version 1.0 nor dialback", text_out);
	return note_names(in, tag, text_out);
}
