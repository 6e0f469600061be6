/* XEP-0124 §7 (creation), §8 (requests), §10 (ending), §12 (pauses), §14 (errors), §15 (keys); XEP-0206 §5 (restart) */
#include "link/bosh/bosh_body.h"

#include <stdlib.h>

#include "base/mem.h"
#include "xmpp/ns.h"

static struct str text_of(struct bosh_body *b, const char *name)
{
	return node_attribute(b->tag, node_root(b->tag), name, &b->arena);
}

/* Absent is -1. False: it is there and is no number. */
static bool number_of(struct bosh_body *b, const char *name, int64_t *out)
{
	struct str text = text_of(b, name);

	*out = -1;
	return !text.data || str_to_int(text, 0, (int64_t)BOSH_BODY_RID_MAX, out);
}

static bool read_attributes(struct bosh_body *b)
{
	int64_t rid;
	struct str restart = node_attribute_ns(b->tag, node_root(b->tag), "restart", NS_XBOSH, &b->arena);

	b->sid = text_of(b, "sid");
	b->to = text_of(b, "to");
	b->key = text_of(b, "key");
	b->newkey = text_of(b, "newkey");
	b->stream = text_of(b, "stream");
	b->is_restart = str_is(restart, "true") || str_is(restart, "1");
	b->is_terminate = str_is(text_of(b, "type"), "terminate");
	if (!number_of(b, "rid", &rid) || rid < 0)
		return false;
	b->rid = (uint64_t)rid;
	return number_of(b, "wait", &b->wait) && number_of(b, "hold", &b->hold) && number_of(b, "ack", &b->ack)
	       && number_of(b, "pause", &b->pause);
}

/* The next that is complete. */
static enum parser_result next(struct bosh_body *b, struct stanza **out)
{
	enum parser_result result = PARSER_MORE;

	*out = NULL;
	while (b->unread.len && result == PARSER_MORE) {
		size_t used;

		result = parser_feed(&b->parser, b->unread, &used, out);
		b->unread = str_make(b->unread.data + used, b->unread.len - used);
	}
	return result;
}

bool bosh_body_init(struct bosh_body *b, struct str text, const struct parser_limits *limits)
{
	*b = (struct bosh_body){.unread = text};
	arena_init(&b->arena, 256);
	parser_init(&b->parser, PARSER_STREAM, limits);
	return next(b, &b->tag) == PARSER_HEADER && node_is(b->tag, node_root(b->tag), "body", NS_HTTPBIND) && read_attributes(b);
}

static void add(struct bosh_body *b, struct stanza *element)
{
	if (b->count == b->room) {
		b->room = b->room ? b->room * 2 : 4;
		b->elements = mem_resize(b->elements, b->room * sizeof(struct stanza *));
	}
	b->elements[b->count++] = element;
}

enum stream_error bosh_body_read(struct bosh_body *b, const struct parser_limits *limits)
{
	enum parser_result result;
	struct stanza *element;

	b->parser.limits = limits;
	while ((result = next(b, &element)) == PARSER_STANZA)
		add(b, element);
	if (result == PARSER_FAILED)
		return (enum stream_error)b->parser.error;
	if (result != PARSER_CLOSE)
		return STREAM_ERROR_NOT_WELL_FORMED;
	/* Nothing but white space may follow. */
	return next(b, &element) == PARSER_MORE ? STREAM_ERROR_NONE : STREAM_ERROR_NOT_WELL_FORMED;
}

void bosh_body_fini(struct bosh_body *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->elements[i])
			stanza_unref(&b->elements[i]);
	free(b->elements);
	if (b->tag)
		stanza_unref(&b->tag);
	parser_fini(&b->parser);
	arena_fini(&b->arena);
}
