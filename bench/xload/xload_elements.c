/*
 * Just enough XML to cut a server's stream into top-level elements and read
 * attributes of the outermost tag. XMPP forbids comments, PIs and DTDs inside
 * a stream, so tags, quotes and depth are all there is to follow.
 */
#include "xload_elements.h"

#include <string.h>

static bool is_space(char ch) { return ch == ' ' || ch == '\n' || ch == '\r' || ch == '\t'; }

/* p is at '<'; the byte after the matching '>' or NULL when it is not there yet. */
static const char *tag_end(const char *p, const char *end)
{
	for (; p < end; p++) {
		if (*p == '>')
			return p + 1;
		if (*p == '"' || *p == '\'') {
			p = memchr(p + 1, *p, (size_t)(end - p - 1));
			if (!p)
				return NULL;
		}
	}
	return NULL;
}

enum xml_kind xml_next(const char *buf, size_t len, size_t *used, struct elem *e)
{
	const char *p = buf, *end = buf + len, *q;
	for (;;) {
		while (p < end && is_space(*p))
			p++;
		*used = (size_t)(p - buf);
		if (p == end)
			return XML_MORE;
		if (*p != '<')
			return XML_BAD;
		q = tag_end(p, end);
		if (!q)
			return XML_MORE;
		if (p[1] != '?')
			break;
		p = q; /* XML declaration */
	}
	e->p = p;
	e->tag_len = (size_t)(q - p);
	size_t n = 1;
	while (!is_space(p[n]) && p[n] != '>' && !(p[n] == '/' && n > 1))
		n++;
	e->name_len = n - 1;
	if (p[1] == '/') {
		*used = (size_t)(q - buf);
		return XML_CLOSE;
	}
	if (xml_is(e, "stream:stream") && q[-2] != '/') {
		e->len = e->tag_len;
		*used = (size_t)(q - buf);
		return XML_OPEN;
	}
	int depth = q[-2] == '/' ? 0 : 1;
	while (depth > 0) {
		p = memchr(q, '<', (size_t)(end - q));
		if (!p || !(q = tag_end(p, end)))
			return XML_MORE;
		if (p[1] == '/')
			depth--;
		else if (q[-2] != '/')
			depth++;
	}
	e->len = (size_t)(q - e->p);
	*used = (size_t)(q - buf);
	return XML_STANZA;
}

bool xml_is(const struct elem *e, const char *name)
{
	size_t n = strlen(name);
	return e->name_len == n && !memcmp(e->p + 1, name, n);
}

bool xml_attr(const struct elem *e, const char *name, const char **val, size_t *len)
{
	const char *p = e->p + 1 + e->name_len, *end = e->p + e->tag_len;
	size_t want = strlen(name);
	while (p < end) {
		while (p < end && is_space(*p))
			p++;
		const char *key = p;
		while (p < end && *p != '=' && *p != '>')
			p++;
		if (p >= end || *p == '>')
			return false;
		size_t klen = (size_t)(p - key);
		const char *v = p + 2, *q = memchr(v, p[1], (size_t)(end - v));
		if (!q)
			return false;
		if (klen == want && !memcmp(key, name, want)) {
			*val = v;
			*len = (size_t)(q - v);
			return true;
		}
		p = q + 1;
	}
	return false;
}

bool xml_attr_is(const struct elem *e, const char *name, const char *want)
{
	const char *v;
	size_t n;
	return xml_attr(e, name, &v, &n) && n == strlen(want) && !memcmp(v, want, n);
}

bool xml_has(const struct elem *e, const char *text)
{
	return memmem(e->p, e->len, text, strlen(text)) != NULL;
}
