#include "xmpp/block.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "xmpp/ns.h"

/* Arenas of stanzas hold an address or two. */

struct named {
	struct str name;
	uint8_t value;
};

static const struct named kinds[] = {
	{STR("message"), STANZA_MESSAGE},
	{STR("presence"), STANZA_PRESENCE},
	{STR("iq"), STANZA_IQ},
	{STR_NONE, STANZA_OTHER},
};

static const struct named message_types[] = {
	{STR("chat"), STANZA_TYPE_CHAT},
	{STR("groupchat"), STANZA_TYPE_GROUPCHAT},
	{STR("normal"), STANZA_TYPE_NORMAL},
	{STR("headline"), STANZA_TYPE_HEADLINE},
	{STR("error"), STANZA_TYPE_ERROR},
	{STR_NONE, STANZA_TYPE_INVALID},
};

static const struct named presence_types[] = {
	{STR("unavailable"), STANZA_TYPE_UNAVAILABLE},
	{STR("subscribe"), STANZA_TYPE_SUBSCRIBE},
	{STR("subscribed"), STANZA_TYPE_SUBSCRIBED},
	{STR("unsubscribe"), STANZA_TYPE_UNSUBSCRIBE},
	{STR("unsubscribed"), STANZA_TYPE_UNSUBSCRIBED},
	{STR("probe"), STANZA_TYPE_PROBE},
	{STR("error"), STANZA_TYPE_ERROR},
	{STR_NONE, STANZA_TYPE_INVALID},
};

static const struct named iq_types[] = {
	{STR("get"), STANZA_TYPE_GET},
	{STR("set"), STANZA_TYPE_SET},
	{STR("result"), STANZA_TYPE_RESULT},
	{STR("error"), STANZA_TYPE_ERROR},
	{STR_NONE, STANZA_TYPE_INVALID},
};

static const struct named *const types[] = {
	[STANZA_MESSAGE] = message_types,
	[STANZA_PRESENCE] = presence_types,
	[STANZA_IQ] = iq_types,
};

static uint8_t look_up(const struct named *table, struct str name)
{
	while (table->name.data && !str_equal(table->name, name))
		table++;
	return table->value;
}

/* Where the parts of the tail are, as offsets into the stanza's bytes. */
struct tail {
	uint32_t content, xml, names, redeclare, end;
};

static struct tail lay_out(const struct lexer *l)
{
	const struct scope *sc = &l->scope;
	struct tail t;

	t.content = l->pos;
	t.xml = t.content + (uint32_t)sc->content_ns.len;
	t.names = t.xml + (sc->uses_xml ? (uint32_t)sizeof(NS_XML) - 1 : 0);
	t.redeclare = t.names + (uint32_t)sc->tail.len;
	t.end = t.redeclare + (uint32_t)sc->redeclare.len;
	return t;
}

static void put(char *at, const char *data, size_t len)
{
	if (len)
		memcpy(at, data, len);
}

static void fill_bytes(char *bytes, const struct lexer *l, const char *base, const struct tail *t)
{
	const struct scope *sc = &l->scope;

	memcpy(bytes, base, l->pos);
	put(bytes + t->content, sc->content_ns.data, sc->content_ns.len);
	if (sc->uses_xml)
		memcpy(bytes + t->xml, NS_XML, sizeof(NS_XML) - 1);
	put(bytes + t->names, sc->tail.data, sc->tail.len);
	put(bytes + t->redeclare, sc->redeclare.data, sc->redeclare.len);
}

static inline uint32_t moved(uint32_t ns, const struct tail *t)
{
	if (ns == SCOPE_CONTENT)
		return t->content;
	if (ns == SCOPE_XML)
		return t->xml;
	return t->names + (ns & ~SCOPE_TAIL);
}

static void fill_nodes(struct node *nodes, const struct lexer *l, const struct tail *t)
{
	const struct node *from = l->nodes;

	for (uint32_t i = 0; i < l->count; i++) {
		nodes[i] = from[i];
		if (from[i].ns & SCOPE_OUTSIDE)
			nodes[i].ns = moved(from[i].ns, t);
	}
}

static void read_attribute(struct stanza *s, const struct node *n)
{
	const char *name = s->bytes + n->name;

	if (n->prefix_len)
		return;
	if (n->name_len == 2 && memcmp(name, "to", 2) == 0)
		s->has_to = true;
	else if (n->name_len == 4 && memcmp(name, "from", 4) == 0)
		s->has_from = true;
	else if (n->name_len == 4 && memcmp(name, "type", 4) == 0 && s->kind != STANZA_OTHER)
		s->type = look_up(types[s->kind], str_make(s->bytes + n->value, n->value_end - n->value));
}

static void classify(struct stanza *s)
{
	const struct node *root = s->nodes, *end = root + root->next;
	struct str content_ns = str_make(s->bytes + s->content_ns, s->content_ns_len);

	if (root->ns == s->content_ns ? root->ns_len : str_equal(node_ns(s, root), content_ns))
		s->kind = look_up(kinds, node_name(s, root));
	for (const struct node *n = root + 1; n < end && n->kind == NODE_ATTRIBUTE; n++)
		read_attribute(s, n);
}

/* Field by field: it is made for every stanza, and zeroing so much at once is slow. */
static void fill_head(struct stanza *s, const struct tail *t)
{
	atomic_init(&s->refs, 1);
	s->kind = STANZA_OTHER;
	s->type = STANZA_TYPE_NONE;
	s->has_from = s->has_to = false;
	s->len = t->content;
	s->content_ns = t->content;
	s->content_ns_len = t->xml - t->content;
	s->redeclare = t->redeclare;
	s->redeclare_len = t->end - t->redeclare;
	s->spare = t->end;
	s->spare_len = BLOCK_SPARE_BYTES;
	s->from = s->to = JID_NONE;
	s->extra = NULL;
}

static bool declares_default(const struct lexer *l)
{
	for (uint32_t i = 1; i < l->count && l->nodes[i].kind == NODE_ATTRIBUTE; i++)
		if ((l->nodes[i].flags & NODE_DECLARATION) && !l->nodes[i].prefix_len)
			return true;
	return false;
}

struct stanza *block_new(struct lexer *l, const char *base)
{
	if (l->scope.is_foreign && !l->is_header && !declares_default(l))
		scope_redeclare_default(&l->scope);

	struct tail t = lay_out(l);
	size_t nodes_bytes = l->count * sizeof(struct node);
	struct stanza *s = mem_resize(NULL, sizeof(*s) + nodes_bytes + t.end + BLOCK_SPARE_BYTES);
	struct node *nodes = (struct node *)(s + 1);
	char *bytes = (char *)nodes + nodes_bytes;

	fill_nodes(nodes, l, &t);
	fill_bytes(bytes, l, base, &t);
	fill_head(s, &t);
	s->node_count = l->count;
	s->nodes = nodes;
	s->bytes = bytes;
	if (l->is_header)
		s->kind = STANZA_HEADER;
	else
		classify(s);
	return s;
}
