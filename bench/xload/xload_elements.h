/* xload_elements: splits a stream into top-level elements, without understanding them. */
#ifndef XLOAD_ELEMENTS_H
#define XLOAD_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>

enum xml_kind { XML_MORE, XML_OPEN, XML_STANZA, XML_CLOSE, XML_BAD };
struct elem {
	const char *p;    /* the whole element, from '<' to its last '>' */
	size_t len;
	size_t name_len;  /* name starts at p + 1 */
	size_t tag_len;   /* length of the opening tag */
};
enum xml_kind xml_next(const char *buf, size_t len, size_t *used, struct elem *e);
bool xml_is(const struct elem *e, const char *name);
bool xml_attr(const struct elem *e, const char *name, const char **val, size_t *len);
bool xml_attr_is(const struct elem *e, const char *name, const char *want);
bool xml_has(const struct elem *e, const char *text);

#endif
