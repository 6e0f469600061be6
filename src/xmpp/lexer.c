/* XML 1.0 and Namespaces in XML 1.0 (third edition), less what RFC 6120 §11.1 takes out. The states themselves are in the files that
 * lexing.h names. */
#include "xmpp/lexer.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "xmpp/lexing.h"

const char *lexing_fail(struct lexer *l, const char *p, enum fault fault)
{
	l->fault = (uint8_t)fault;
	l->state = STATE_FAILED;
	l->pos = lexing_offset(l, p) + 1;
	return NULL;
}

void lexing_grow(struct lexer *l)
{
	uint32_t cap = l->cap * 2;
	struct node *moved = mem_resize(l->is_heap ? l->nodes : NULL, cap * sizeof(struct node));

	if (!l->is_heap)
		memcpy(moved, l->nodes, l->count * sizeof(struct node));
	l->nodes = moved;
	l->cap = cap;
	l->is_heap = true;
}

static lexing_take *const takes[STATE_COUNT] = {
	[STATE_CONTENT] = lexing_take_content,
	[STATE_LESS] = lexing_take_less,
	[STATE_BANG] = lexing_take_bang,
	[STATE_SECTION] = lexing_take_section,
	[STATE_NAME] = lexing_take_name,
	[STATE_TAG] = lexing_take_tag,
	[STATE_SLASH] = lexing_take_slash,
	[STATE_ATTRIBUTE] = lexing_take_attribute,
	[STATE_EQUALS] = lexing_take_equals,
	[STATE_QUOTE] = lexing_take_quote,
	[STATE_VALUE] = lexing_take_value,
	[STATE_REFERENCE] = lexing_take_reference,
	[STATE_DECIMAL] = lexing_take_decimal,
	[STATE_HEX] = lexing_take_hex,
	[STATE_CLOSE] = lexing_take_close,
	[STATE_CLOSED] = lexing_take_closed,
};

enum lexer_result lexer_run(struct lexer *l, const char *base, size_t len)
{
	const char *p = base + l->pos, *end = base + len;

	l->base = base;
	l->cut = 0;
	l->scope.limit = l->limits->declarations ? l->limits->declarations : SCOPE_DECLARATIONS_MAX;
	while (l->state < STATE_COUNT && p < end)
		p = takes[l->state](l, p, end);
	if (l->state == STATE_FAILED)
		return LEXER_FAILED;
	l->pos = lexing_offset(l, p) - l->cut;
	if (l->state < STATE_COUNT)
		return LEXER_MORE;
	return l->state == STATE_CLOSE_DONE ? LEXER_CLOSE : LEXER_ELEMENT;
}

void lexer_init(struct lexer *l, struct lexer_room *room, const struct parser_header *header, struct str content_ns,
		bool is_header)
{
	l->nodes = room->nodes;
	l->count = 0;
	l->cap = LEXER_ROOM_NODES;
	l->root = header && !is_header ? header->tag : STR("");
	l->pos = 1;
	l->token = 0;
	l->open = 0;
	l->depth = 0;
	l->state = STATE_LESS;
	l->fault = FAULT_NONE;
	l->quote = 0;
	l->flags = 0;
	l->is_heap = false;
	l->is_header = is_header;
	l->scope.bindings = room->bindings;
	l->scope.cap = LEXER_ROOM_BINDINGS;
	scope_init(&l->scope, content_ns, is_header ? STR("") : header ? header->default_ns : content_ns, header);
}

void lexer_fini(struct lexer *l)
{
	if (l->is_heap)
		free(l->nodes);
	scope_fini(&l->scope);
}

void lexer_keep(struct lexer *l)
{
	if (!l->is_heap) {
		struct node *moved;

		l->cap = l->count < 8 ? 8 : l->count;
		moved = mem_resize(NULL, l->cap * sizeof(struct node));
		if (l->count)
			memcpy(moved, l->nodes, l->count * sizeof(struct node));
		l->nodes = moved;
		l->is_heap = true;
	}
	scope_keep(&l->scope);
}

size_t lexer_held_bytes(const struct lexer *l)
{
	size_t bytes = l->scope.tail.cap + l->scope.redeclare.cap;

	if (l->is_heap)
		bytes += l->cap * sizeof(struct node);
	if (l->scope.is_heap)
		bytes += l->scope.cap * sizeof(struct scope_binding);
	return bytes;
}
