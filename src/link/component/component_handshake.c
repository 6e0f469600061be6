#include "link/component/component_handshake.h"

#include "auth/digest.h"
#include "base/buf.h"
#include "base/codec.h"
#include "xmpp/ns.h"

static enum stream_error wrong(enum stream_error e, const char *text, const char **text_out)
{
	*text_out = text;
	return e;
}

enum stream_error component_handshake_examine(const struct stanza *tag, struct arena *a, struct component_handshake_claim *out,
					      const char **text_out)
{
	const struct node *root = node_root(tag);
	struct str content_ns = str_make(tag->bytes + tag->content_ns, tag->content_ns_len), name;

	*out = (struct component_handshake_claim){.name = STR_NONE};
	*text_out = NULL;
	if (!str_is(node_name(tag, root), "stream"))
		return wrong(STREAM_ERROR_NOT_WELL_FORMED, "this is no XMPP stream", text_out);
	if (!str_is(node_ns(tag, root), NS_STREAM))
		return wrong(STREAM_ERROR_INVALID_NAMESPACE, "the namespace of the stream is unknown", text_out);
	if (!str_is(content_ns, NS_COMPONENT))
		return wrong(STREAM_ERROR_INVALID_NAMESPACE, "the default namespace of a component's stream is " NS_COMPONENT, text_out);

	struct str to = node_attribute(tag, root, "to", a);

	if (!to.data || !jid_prepare_domain(to, a, &name))
		return wrong(STREAM_ERROR_HOST_UNKNOWN, "'to' has to be the domain of the component", text_out);
	out->name = arena_str(a, name);
	out->is_prefix = str_is(node_attribute(tag, root, "is_subdomain", a), "true");
	return STREAM_ERROR_NONE;
}

bool component_handshake_is(const struct stanza *element)
{
	return element->kind == STANZA_OTHER && node_is(element, node_root(element), "handshake", NS_COMPONENT);
}

void component_handshake_make(struct str id, struct str password, char out[COMPONENT_HANDSHAKE_CHARS + 1])
{
	uint8_t digest[DIGEST_BYTES_MAX];
	struct buf both;

	buf_init(&both);
	buf_append_str(&both, id);
	buf_append_str(&both, password);
	digest_make(CONFIG_HASH_SHA1, buf_str(&both), digest);
	codec_wipe(both.data, both.len);
	buf_fini(&both);
	codec_hex(out, digest, COMPONENT_HANDSHAKE_CHARS / 2);
}

bool component_handshake_fits(const struct stanza *handshake, struct str id, struct str password)
{
	char expected[COMPONENT_HANDSHAKE_CHARS + 1], given[COMPONENT_HANDSHAKE_CHARS] = {0};
	struct arena a;

	arena_init(&a, 128);

	struct str text = node_text(handshake, node_root(handshake), &a);
	bool has_length = text.len == COMPONENT_HANDSHAKE_CHARS;

	if (has_length)
		memcpy(given, text.data, COMPONENT_HANDSHAKE_CHARS);
	component_handshake_make(id, password, expected);
	has_length &= codec_equal_in_constant_time(expected, given, COMPONENT_HANDSHAKE_CHARS);
	codec_wipe(expected, sizeof(expected));
	arena_fini(&a);
	return has_length;
}
