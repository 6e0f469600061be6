/* RFC 7395 §3.3.3 */
#include "link/c2s/c2s_framing.h"

#include "xmpp/ns.h"

bool c2s_framing_is_close(const struct c2s_peer *p, const struct stanza *element)
{
	return p->parser.mode == PARSER_ELEMENTS && element->kind == STANZA_OTHER && node_is(element, node_root(element), "close", NS_FRAMING);
}

/* Where the name of the first tag ends. */
static size_t name_end(struct str xml)
{
	size_t at = 1;

	while (at < xml.len && !strchr(" />", xml.data[at]))
		at++;
	return at;
}

/* Our own writing: attributes are in single quotes, and a '>' in one is escaped. */
static bool declares(struct str xml)
{
	const char *end = memchr(xml.data, '>', xml.len);

	return !end || memmem(xml.data, (size_t)(end - xml.data), " xmlns=", 7);
}

struct str c2s_framing_declare(struct str xml, struct buf *out)
{
	size_t at = name_end(xml);
	struct str name = str_make(xml.data + 1, at - 1);

	if ((!str_is(name, "iq") && !str_is(name, "message") && !str_is(name, "presence")) || declares(xml))
		return xml;
	buf_append(out, xml.data, at);
	buf_append_text(out, " xmlns='" NS_CLIENT "'");
	buf_append(out, xml.data + at, xml.len - at);
	return buf_str(out);
}
