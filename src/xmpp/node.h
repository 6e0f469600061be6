/* node: what a stanza is made of: a flat array in document order, offsets into the stanza's bytes.
 *
 * An element is followed by its attributes (xmlns declarations included), then by its children: elements and runs of text, each element
 * with all that is in it. `next` jumps over it. Nothing is unescaped until somebody asks. Read-only after parsing.
 * Threads: any, the stanza does not change. Test: test/unit/xmpp/node_test.c */
#ifndef MEERKAT_XMPP_NODE_H
#define MEERKAT_XMPP_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

enum node_kind { NODE_ELEMENT, NODE_ATTRIBUTE, NODE_TEXT };

enum {
	NODE_ESCAPED = 1,     /* value (attribute, text) has references or line ends to be read */
	NODE_DECLARATION = 2, /* an attribute that declares a namespace */
	NODE_EMPTY_TAG = 4,   /* an element written <x/> */
	NODE_CDATA = 8,       /* a text that is a CDATA section: value is what is in it, where only line ends are to be read */
};

struct node {
	uint32_t start, end;       /* all of it: "<x ...>...</x>", "a='b'", the text */
	uint32_t name;             /* local name, after any prefix; text: start */
	uint32_t value, value_end; /* element: between the tags (empty for <x/>: both at the end of the tag); attribute: between the quotes */
	uint32_t ns;               /* element: its namespace name's bytes; attribute with prefix: likewise; otherwise ns_len is 0 */
	uint32_t next;             /* index of the first node after this one and all that is in it */
	uint16_t name_len, ns_len;
	uint8_t kind, flags;
	uint16_t prefix_len; /* the prefix stands before the name: name - 1 - prefix_len; 0: none */
};

struct stanza;

/* NULL where there is none. `of` and `after` are nodes of the stanza. */
const struct node *node_root(const struct stanza *s);
const struct node *node_first_child(const struct stanza *s, const struct node *of);      /* elements only */
const struct node *node_next_sibling(const struct stanza *s, const struct node *after);  /* elements only */
const struct node *node_find_child(const struct stanza *s, const struct node *of, const char *name, const char *ns);
const struct node *node_first_content(const struct stanza *s, const struct node *of);     /* elements and text */
const struct node *node_next_content(const struct stanza *s, const struct node *after);
const struct node *node_first_attribute(const struct stanza *s, const struct node *of);
const struct node *node_next_attribute(const struct stanza *s, const struct node *after);

/* Element (or prefixed attribute) of this name and namespace? ns NULL: any. */
bool node_is(const struct stanza *s, const struct node *n, const char *name, const char *ns);
struct str node_name(const struct stanza *s, const struct node *n);
struct str node_ns(const struct stanza *s, const struct node *n);

/* The attribute without prefix of this name; raw as written (between the quotes), or unescaped. STR_NONE if absent. The unescaped
 * form points into the stanza when nothing had to be changed, else it is made in the arena. */
struct str node_attribute_raw(const struct stanza *s, const struct node *element, const char *name);
struct str node_attribute(const struct stanza *s, const struct node *element, const char *name, struct arena *a);
/* xml:lang and the like. */
struct str node_attribute_ns(const struct stanza *s, const struct node *element, const char *name, const char *ns, struct arena *a);

/* The unescaped value of an attribute or text node. */
struct str node_value(const struct stanza *s, const struct node *n, struct arena *a);

/* All text directly in the element, joined and unescaped; child elements are passed over. */
struct str node_text(const struct stanza *s, const struct node *element, struct arena *a);

/* The element as written, and what is between its tags. Prefixes it inherits are not declared in it: see writer_node. */
struct str node_bytes(const struct stanza *s, const struct node *n);
struct str node_inner(const struct stanza *s, const struct node *n);

#endif
