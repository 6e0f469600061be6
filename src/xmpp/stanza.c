#include "xmpp/stanza.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "xmpp/parser.h"
#include "xmpp/parser_header.h"

enum { EXTRA_FIRST_BYTES = 256 };

/* Our own text wraps what a peer was allowed to send, so nothing about it is limited that could make it fail. */
static const struct parser_limits own_limits = {
	.element_bytes = SIZE_MAX,
	.depth = UINT32_MAX,
	.attributes = UINT32_MAX - 1,
	.name_bytes = UINT16_MAX,
	.declarations = UINT32_MAX,
};

/* What any configuration lets a peer send, and then some. */
static const struct parser_limits greatest_limits = {
	.element_bytes = SIZE_MAX,
	.depth = UINT16_MAX + 64,
	.attributes = UINT16_MAX + 64,
	.name_bytes = UINT16_MAX,
	.declarations = UINT16_MAX,
};

void stanza_ref(struct stanza *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
}

void stanza_unref(struct stanza **s)
{
	struct stanza *dropped = *s;

	*s = NULL;
	if (!dropped)
		return;
	/* Who has the only reference needs no atomic subtraction to know that it is the last. */
	if (atomic_load_explicit(&dropped->refs, memory_order_acquire) != 1
	    && atomic_fetch_sub_explicit(&dropped->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (dropped->extra)
		arena_fini(dropped->extra);
	free(dropped->extra);
	free(dropped);
}

struct stanza *stanza_copy(const struct stanza *s)
{
	size_t nodes_bytes = s->node_count * sizeof(struct node), after_refs = offsetof(struct stanza, kind);
	struct stanza *copy = mem_resize(NULL, sizeof(*s) + nodes_bytes + s->spare);
	struct node *nodes = (struct node *)(copy + 1);
	char *bytes = (char *)nodes + nodes_bytes;

	/* Others may count references meanwhile. */
	memcpy((char *)copy + after_refs, (const char *)s + after_refs, sizeof(*s) - after_refs);
	memcpy(nodes, s->nodes, nodes_bytes);
	memcpy(bytes, s->bytes, s->spare);
	atomic_init(&copy->refs, 1);
	copy->nodes = nodes;
	copy->bytes = bytes;
	copy->from = copy->to = JID_NONE;
	copy->spare_len = 0;
	copy->extra = NULL;
	return copy;
}

static struct stanza *read_text(struct str text, const char *content_ns, const struct parser_limits *limits)
{
	struct str ns = str_from(content_ns);
	const struct parser_header outside = {.default_ns = ns, .content_ns = ns, .is_constant = true};
	struct stanza *s = NULL, *second = NULL;
	struct parser p;
	size_t used, rest_used;
	bool is_right;

	parser_init(&p, PARSER_ELEMENTS, limits);
	p.header = &outside;
	is_right = parser_feed(&p, text, &used, &s) == PARSER_STANZA
		   && parser_feed(&p, str_make(text.data + used, text.len - used), &rest_used, &second) == PARSER_MORE
		   && parser_held_bytes(&p) == 0;
	parser_fini(&p);
	stanza_unref(&second);
	if (!is_right)
		stanza_unref(&s);
	return s;
}

/* An address that cannot be read stays unset: it may be one that a peer wrote, on its way back to it in an error. */
static struct stanza *with_addresses(struct stanza *s)
{
	if (s) {
		stanza_address(s);
		stanza_sender(s);
	}
	return s;
}

struct stanza *stanza_from_text(struct str text, const char *content_ns)
{
	struct stanza *s = read_text(text, content_ns, &own_limits);

	check(s != NULL);
	return with_addresses(s);
}

struct stanza *stanza_try_from_text(struct str text, const char *content_ns)
{
	return with_addresses(read_text(text, content_ns, &greatest_limits));
}

/* To be kept. */
static struct arena extra_of(const struct stanza *s)
{
	struct arena extra;

	if (s->extra)
		return *s->extra;
	arena_init(&extra, EXTRA_FIRST_BYTES);
	return extra;
}

static void keep_extra(struct stanza *s, const struct arena *extra)
{
	if (!extra->blocks)
		return;
	if (!s->extra)
		s->extra = mem_new(sizeof(*s->extra));
	*s->extra = *extra;
}

static bool prepare(struct stanza *s, const char *name, struct jid *out)
{
	struct arena extra = extra_of(s);
	struct str raw = node_attribute(s, s->nodes, name, &extra);
	bool is_good = !raw.data || jid_parse(out, raw, &extra);

	if (!is_good)
		*out = JID_NONE;
	keep_extra(s, &extra);
	return is_good;
}

bool stanza_address(struct stanza *s)
{
	return !s->has_to || prepare(s, "to", &s->to);
}

bool stanza_sender(struct stanza *s)
{
	return !s->has_from || prepare(s, "from", &s->from);
}

void stanza_stamp(struct stanza *s, struct jid from)
{
	size_t len = jid_len(from);

	if (from.text && len <= s->spare_len) {
		char *spare = (char *)(uintptr_t)s->bytes + s->spare;

		memmove(spare, from.text, len);
		from.text = spare;
		s->from = from;
	} else if (from.text) {
		struct arena extra = extra_of(s);

		s->from = jid_copy(&extra, from);
		keep_extra(s, &extra);
	} else {
		s->from = JID_NONE;
	}
}

struct str stanza_id_raw(const struct stanza *s)
{
	return node_attribute_raw(s, s->nodes, "id");
}

const struct node *stanza_payload(const struct stanza *s)
{
	const struct node *child = node_first_child(s, s->nodes);

	return child && !node_next_sibling(s, child) ? child : NULL;
}

size_t stanza_size(const struct stanza *s)
{
	return sizeof(*s) + s->node_count * sizeof(struct node) + s->spare + s->spare_len +
	       (s->extra ? sizeof(*s->extra) + arena_bytes(s->extra) : 0);
}

const char *stanza_kind_name(enum stanza_kind kind)
{
	static const char *const names[] = {
		[STANZA_OTHER] = "other", [STANZA_MESSAGE] = "message", [STANZA_PRESENCE] = "presence",
		[STANZA_IQ] = "iq",       [STANZA_HEADER] = "header",
	};

	check(kind <= STANZA_HEADER);
	return names[kind];
}

const char *stanza_type_name(enum stanza_type type)
{
	static const char *const names[] = {
		[STANZA_TYPE_NONE] = "",
		[STANZA_TYPE_INVALID] = "invalid",
		[STANZA_TYPE_ERROR] = "error",
		[STANZA_TYPE_NORMAL] = "normal",
		[STANZA_TYPE_CHAT] = "chat",
		[STANZA_TYPE_GROUPCHAT] = "groupchat",
		[STANZA_TYPE_HEADLINE] = "headline",
		[STANZA_TYPE_UNAVAILABLE] = "unavailable",
		[STANZA_TYPE_SUBSCRIBE] = "subscribe",
		[STANZA_TYPE_SUBSCRIBED] = "subscribed",
		[STANZA_TYPE_UNSUBSCRIBE] = "unsubscribe",
		[STANZA_TYPE_UNSUBSCRIBED] = "unsubscribed",
		[STANZA_TYPE_PROBE] = "probe",
		[STANZA_TYPE_GET] = "get",
		[STANZA_TYPE_SET] = "set",
		[STANZA_TYPE_RESULT] = "result",
	};

	check(type <= STANZA_TYPE_RESULT);
	return names[type];
}
