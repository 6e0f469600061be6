/* scope: which namespace a prefix means at a place in an element (Namespaces in XML 1.0 §6).
 *
 * Internal to xmpp. Works on offsets into the element's bytes. A namespace name that is not spelled out in the bytes (inherited from
 * the stream, or written with references) has an offset with SCOPE_OUTSIDE set, which block.c turns into one behind the bytes.
 * The number of declarations in force is bounded, so that looking up stays cheap whatever a peer nests.
 * Threads: one at a time. Tests: test/unit/xmpp/scope_test.c, test/unit/xmpp/parser_test.c */
#ifndef MEERKAT_XMPP_SCOPE_H
#define MEERKAT_XMPP_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "xmpp/fault.h"
#include "xmpp/node.h"
#include "xmpp/parser_header.h"

#define SCOPE_OUTSIDE 0x80000000u
#define SCOPE_CONTENT (SCOPE_OUTSIDE | 0u) /* the content namespace */
#define SCOPE_XML (SCOPE_OUTSIDE | 1u)     /* the namespace of the prefix xml */
#define SCOPE_TAIL 0xc0000000u             /* or'ed with an offset into scope.tail */

enum { SCOPE_XML_LEN = 36 };
enum { SCOPE_DECLARATIONS_MAX = 256 }; /* unless the limits say otherwise */

struct scope_binding {
	uint32_t prefix, ns, element;
	uint16_t prefix_len, ns_len;
};

struct scope_ns {
	uint32_t at;
	uint16_t len;
};

struct scope {
	struct scope_binding *bindings; /* innermost last; the default namespace has prefix_len 0 */
	uint32_t count, cap, limit;
	bool is_heap;  /* of bindings */
	bool uses_xml; /* the prefix xml occurs */
	bool is_foreign; /* the default namespace outside is not the content namespace */
	struct scope_ns current;             /* the default namespace here */
	struct scope_ns outer;               /* the default namespace around the element */
	struct str content_ns;
	const struct parser_header *header;  /* NULL: no prefix but xml is declared outside */
	uint32_t inherited;                  /* bit i: binding i of the header is used, its name is at inherited_at[i] */
	uint32_t inherited_at[PARSER_HEADER_PREFIXES_MAX];
	struct buf tail;      /* names to stand behind the bytes */
	struct buf redeclare; /* " xmlns:p='...'" of the inherited prefixes in use */
};

/* Sets all but bindings and cap: room for the first bindings, of the caller. */
void scope_init(struct scope *sc, struct str content_ns, struct str default_ns, const struct parser_header *header);
void scope_fini(struct scope *sc);

/* Moves the bindings from the caller's room to the heap. */
void scope_keep(struct scope *sc);

/* The declaration n, an attribute of element (an index), takes effect. */
enum fault scope_declare(struct scope *sc, const char *base, const struct node *n, uint32_t element);

/* The declarations of an element end. */
void scope_leave(struct scope *sc, uint32_t element);

/* False: the prefix is not declared. */
bool scope_find(struct scope *sc, const char *base, struct str prefix, struct scope_ns *ns_out);

/* The element takes the default namespace from outside, and that is not the content namespace: it is to be re-declared as well. */
void scope_redeclare_default(struct scope *sc);

/* The name itself; valid until the next use of a prefix. */
struct str scope_text(const struct scope *sc, const char *base, struct scope_ns ns);

#endif
