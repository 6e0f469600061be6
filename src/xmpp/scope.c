#include "xmpp/scope.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "xmpp/escape.h"
#include "xmpp/fault.h"
#include "xmpp/ns.h"

void scope_init(struct scope *sc, struct str content_ns, struct str default_ns, const struct parser_header *header)
{
	uint32_t at = SCOPE_CONTENT;

	sc->count = 0;
	sc->is_heap = false;
	sc->uses_xml = false;
	sc->content_ns = content_ns;
	sc->header = header;
	sc->inherited = 0;
	sc->tail = sc->redeclare = (struct buf){0};
	sc->is_foreign = default_ns.data != content_ns.data && !str_equal(default_ns, content_ns);
	if (sc->is_foreign && default_ns.len) {
		at = SCOPE_TAIL;
		buf_append_str(&sc->tail, default_ns);
	}
	/* Twice by field: reading back as one what was just written in pieces would make the processor wait. */
	sc->outer = (struct scope_ns){at, (uint16_t)default_ns.len};
	sc->current = (struct scope_ns){at, (uint16_t)default_ns.len};
}

void scope_fini(struct scope *sc)
{
	if (sc->is_heap)
		free(sc->bindings);
	if (sc->tail.data)
		buf_fini(&sc->tail);
	if (sc->redeclare.data)
		buf_fini(&sc->redeclare);
}

_Static_assert(sizeof(NS_XML) - 1 == SCOPE_XML_LEN, "length of the namespace of the prefix xml");

static void resize(struct scope *sc, uint32_t cap)
{
	size_t bytes = cap * sizeof(sc->bindings[0]);
	struct scope_binding *moved = mem_resize(sc->is_heap ? sc->bindings : NULL, bytes);

	if (!sc->is_heap && sc->count)
		memcpy(moved, sc->bindings, sc->count * sizeof(sc->bindings[0]));
	sc->bindings = moved;
	sc->cap = cap;
	sc->is_heap = true;
}

void scope_keep(struct scope *sc)
{
	if (!sc->is_heap)
		resize(sc, sc->count < 4 ? 4 : sc->count);
}

struct str scope_text(const struct scope *sc, const char *base, struct scope_ns ns)
{
	if (!(ns.at & SCOPE_OUTSIDE))
		return str_make(base + ns.at, ns.len);
	if (ns.at == SCOPE_CONTENT)
		return str_make(sc->content_ns.data, ns.len);
	if (ns.at == SCOPE_XML)
		return STR(NS_XML);
	return str_make(sc->tail.data + (ns.at & ~SCOPE_TAIL), ns.len);
}

static struct scope_ns add_name(struct scope *sc, struct str ns)
{
	uint32_t at = (uint32_t)sc->tail.len;

	buf_append_str(&sc->tail, ns);
	return (struct scope_ns){SCOPE_TAIL | at, (uint16_t)ns.len};
}

/* A name written with references is kept as what it stands for, and that must not be too long: when we write it again it takes more
 * references, and has still to be read. */
static enum fault read_name(struct scope *sc, const char *base, const struct node *n, struct scope_ns *ns_out)
{
	struct str name = str_make(base + n->value, n->value_end - n->value);
	uint32_t at = n->value;

	if (n->flags & NODE_ESCAPED) {
		char *text = buf_reserve(&sc->tail, name.len);

		name = str_make(text, escape_read(name, ESCAPE_ATTRIBUTE, text));
		at = SCOPE_TAIL | (uint32_t)sc->tail.len;
	}
	if (name.len > UINT16_MAX)
		return FAULT_LONG_NAMESPACE;
	if (n->flags & NODE_ESCAPED)
		buf_claim(&sc->tail, name.len);
	*ns_out = (struct scope_ns){at, (uint16_t)name.len};
	return FAULT_NONE;
}

/* Namespaces in XML 1.0 §3 and §5: xml and xmlns are what they are, and a prefix cannot be taken back. */
static enum fault check_reserved(struct str prefix, struct str ns)
{
	bool is_xml_prefix = str_is(prefix, "xml");
	bool is_xml_ns = str_is(ns, NS_XML);

	if (is_xml_prefix != is_xml_ns || str_is(prefix, "xmlns") || str_is(ns, NS_XMLNS))
		return FAULT_RESERVED_PREFIX;
	return prefix.len && !ns.len ? FAULT_EMPTY_PREFIX : FAULT_NONE;
}

enum fault scope_declare(struct scope *sc, const char *base, const struct node *n, uint32_t element)
{
	struct str prefix = n->prefix_len ? str_make(base + n->name, n->name_len) : STR("");
	struct scope_ns ns;
	enum fault fault = read_name(sc, base, n, &ns);

	if (!fault)
		fault = check_reserved(prefix, scope_text(sc, base, ns));
	if (fault)
		return fault;
	if (sc->count == sc->limit)
		return FAULT_MANY_DECLARATIONS;
	if (sc->count == sc->cap)
		resize(sc, sc->cap * 2);
	sc->bindings[sc->count++] = (struct scope_binding){
		.prefix = n->name,
		.prefix_len = (uint16_t)prefix.len,
		.ns = ns.at,
		.ns_len = ns.len,
		.element = element,
	};
	if (!prefix.len)
		sc->current = ns;
	return FAULT_NONE;
}

void scope_leave(struct scope *sc, uint32_t element)
{
	bool is_default_gone = false;

	while (sc->count && sc->bindings[sc->count - 1].element == element)
		is_default_gone |= !sc->bindings[--sc->count].prefix_len;
	if (!is_default_gone)
		return;
	sc->current = sc->outer;
	for (uint32_t i = sc->count; i-- > 0;)
		if (!sc->bindings[i].prefix_len) {
			sc->current = (struct scope_ns){sc->bindings[i].ns, sc->bindings[i].ns_len};
			return;
		}
}

static void redeclare(struct scope *sc, struct str prefix, struct str ns)
{
	buf_append_text(&sc->redeclare, prefix.len ? " xmlns:" : " xmlns");
	buf_append_str(&sc->redeclare, prefix);
	buf_append_text(&sc->redeclare, "='");
	escape_write(&sc->redeclare, ns, ESCAPE_ATTRIBUTE);
	buf_append_char(&sc->redeclare, '\'');
}

void scope_redeclare_default(struct scope *sc)
{
	redeclare(sc, STR(""), scope_text(sc, NULL, sc->outer));
}

/* A prefix of the header goes with the stanza from its first use on. */
static bool inherit(struct scope *sc, struct str prefix, struct scope_ns *ns_out)
{
	const struct parser_header *h = sc->header;

	for (uint32_t i = 0; h && i < h->count; i++) {
		const struct parser_header_binding *b = &h->bindings[i];

		if (!str_equal(b->prefix, prefix))
			continue;
		if (!(sc->inherited & 1u << i)) {
			sc->inherited |= 1u << i;
			sc->inherited_at[i] = add_name(sc, b->ns).at;
			redeclare(sc, b->prefix, b->ns);
		}
		*ns_out = (struct scope_ns){sc->inherited_at[i], (uint16_t)b->ns.len};
		return true;
	}
	return false;
}

bool scope_find(struct scope *sc, const char *base, struct str prefix, struct scope_ns *ns_out)
{
	for (uint32_t i = sc->count; i-- > 0;) {
		const struct scope_binding *b = &sc->bindings[i];

		if (b->prefix_len == prefix.len && memcmp(base + b->prefix, prefix.data, prefix.len) == 0) {
			*ns_out = (struct scope_ns){b->ns, b->ns_len};
			return true;
		}
	}
	if (str_is(prefix, "xml")) {
		sc->uses_xml = true;
		*ns_out = (struct scope_ns){SCOPE_XML, SCOPE_XML_LEN};
		return true;
	}
	return inherit(sc, prefix, ns_out);
}
