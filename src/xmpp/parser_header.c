#include "xmpp/parser_header.h"

#include <stdlib.h>

#include "base/mem.h"
#include "xmpp/ns.h"

static const struct parser_header_binding stream_binding = {STR("stream"), STR(NS_STREAM)};

#define USUAL(ns)                                                                                                             \
	{                                                                                                                     \
		.tag = STR("stream:stream"), .default_ns = STR(ns), .content_ns = STR(ns), .count = 1, .is_constant = true,      \
		.bindings = &stream_binding,                                                                                  \
	}

static const struct parser_header usual[] = {USUAL(NS_CLIENT), USUAL(NS_SERVER), USUAL(NS_COMPONENT)};

/* What the declarations of one tag come to. */
struct declared {
	struct str tag, default_ns;
	uint32_t count;
	struct parser_header_binding bindings[PARSER_HEADER_PREFIXES_MAX];
};

/* False: too many prefixes. Names written with references are copied into the arena. */
static bool collect(struct declared *d, const struct stanza *s, struct arena *a)
{
	const struct node *root = node_root(s);

	*d = (struct declared){
		.tag = str_make(s->bytes + root->start + 1, root->name + root->name_len - root->start - 1),
		.default_ns = STR(""),
	};
	for (const struct node *n = node_first_attribute(s, root); n; n = node_next_attribute(s, n)) {
		if (!(n->flags & NODE_DECLARATION))
			continue;
		if (!n->prefix_len) {
			d->default_ns = node_value(s, n, a);
		} else if (!str_is(node_name(s, n), "xml")) {
			if (d->count == PARSER_HEADER_PREFIXES_MAX)
				return false;
			d->bindings[d->count++] = (struct parser_header_binding){node_name(s, n), node_value(s, n, a)};
		}
	}
	return true;
}

static const struct parser_header *find_usual(const struct declared *d)
{
	if (d->count != 1 || !str_equal(d->tag, usual[0].tag) || !str_equal(d->bindings[0].prefix, stream_binding.prefix)
	    || !str_equal(d->bindings[0].ns, stream_binding.ns))
		return NULL;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (str_equal(d->default_ns, usual[i].default_ns))
			return &usual[i];
	return NULL;
}

/* With a zero behind it, for content_ns. */
static struct str put(char **at, struct str s)
{
	struct str copy = str_make(*at, s.len);

	memcpy(*at, s.data, s.len);
	(*at)[s.len] = '\0';
	*at += s.len + 1;
	return copy;
}

static const struct parser_header *copy_of(const struct declared *d)
{
	size_t bytes = d->tag.len + d->default_ns.len + 2;
	struct parser_header_binding *bindings;
	struct parser_header *h;
	char *at;

	for (uint32_t i = 0; i < d->count; i++)
		bytes += d->bindings[i].prefix.len + d->bindings[i].ns.len + 2;
	h = mem_new(sizeof(*h) + d->count * sizeof(*bindings) + bytes);
	bindings = (struct parser_header_binding *)(h + 1);
	at = (char *)(bindings + d->count);
	h->tag = put(&at, d->tag);
	h->default_ns = put(&at, d->default_ns);
	h->count = d->count;
	h->bindings = bindings;
	for (uint32_t i = 0; i < d->count; i++) {
		bindings[i].prefix = put(&at, d->bindings[i].prefix);
		bindings[i].ns = put(&at, d->bindings[i].ns);
	}
	/* RFC 6120 §4.8.3, XEP-0206 §4: stanzas then say themselves what they are. */
	if (d->default_ns.len == 0 || str_is(d->default_ns, NS_STREAM) || str_is(d->default_ns, NS_HTTPBIND))
		h->content_ns = STR(NS_CLIENT);
	else
		h->content_ns = h->default_ns;
	return h;
}

const struct parser_header *parser_header_new(const struct stanza *s)
{
	const struct parser_header *h = NULL;
	struct declared d;
	struct arena a;

	arena_init(&a, 0);
	if (collect(&d, s, &a)) {
		h = find_usual(&d);
		if (!h)
			h = copy_of(&d);
	}
	arena_fini(&a);
	return h;
}

void parser_header_free(const struct parser_header **h)
{
	if (*h && !(*h)->is_constant)
		free((void *)(uintptr_t)*h);
	*h = NULL;
}
