/* XML 1.0 (fourth edition) §2.3 names; Namespaces in XML 1.0 (third edition) §4 qualified names, §6 what they mean. */
#include "xmpp/lexing.h"

/* The name grows to `len` bytes, the last of them just taken. */
static inline bool is_too_long(const struct lexer *l, const char *p)
{
	return p - (l->base + l->token) > (ptrdiff_t)l->limits->name_bytes;
}

static const char *fail_too_long(struct lexer *l)
{
	return lexing_fail(l, l->base + l->token + l->limits->name_bytes, FAULT_LONG_NAME);
}

static const char *take_wide_name(struct lexer *l, const char *p, const char *end)
{
	uint32_t code;
	int len = scan_char(p, end, &code);
	const char *right_up_to = len > 0 ? p + len : len == 0 ? end : p - len - 1;

	if (is_too_long(l, right_up_to))
		return fail_too_long(l);
	if (len < 0)
		return lexing_fail(l, right_up_to, FAULT_NOT_UTF8);
	if (len == 0) {
		l->cut = (uint8_t)(end - p);
		return end;
	}
	if (!(lexing_offset(l, p) == l->part ? scan_is_name_start(code) : scan_is_name(code)))
		return lexing_fail(l, p + len - 1, FAULT_NAME);
	return p + len;
}

/* Takes what belongs to the name; the byte it stops at, unless it is end, does not. */
const char *lexing_take_name_bytes(struct lexer *l, const char *p, const char *end)
{
	for (; p < end;) {
		if (lexing_offset(l, p) == l->part && !scan_is(*p, SCAN_NAME_START) && (uint8_t)*p < 0x80)
			return lexing_fail(l, p, FAULT_NAME);
		p = scan_name(p, end);
		if (is_too_long(l, p))
			return fail_too_long(l);
		if (p == end)
			return p;
		if ((uint8_t)*p >= 0x80) {
			p = take_wide_name(l, p, end);
			if (!p)
				return NULL;
		} else if (*p == ':') {
			if (is_too_long(l, p + 1))
				return fail_too_long(l);
			if (l->part != l->token)
				return lexing_fail(l, p, FAULT_NAME);
			l->part = lexing_offset(l, ++p);
		} else {
			return p;
		}
	}
	return p;
}

/* Namespaces, when a tag is complete. */

bool lexing_resolve(struct lexer *l, struct node *n)
{
	struct str prefix = str_make(l->base + n->name - n->prefix_len - 1, n->prefix_len);
	struct scope_ns ns;

	if (!scope_find(&l->scope, l->base, prefix, &ns))
		return false;
	n->ns = ns.at;
	n->ns_len = ns.len;
	return true;
}

/* Two attributes with different prefixes for one namespace (Namespaces §6.3). */
static bool has_twin(const struct lexer *l, uint32_t index)
{
	const struct node *n = &l->nodes[index];
	struct str ns = scope_text(&l->scope, l->base, (struct scope_ns){n->ns, n->ns_len});

	for (uint32_t i = l->open + 1; i < index; i++) {
		const struct node *o = &l->nodes[i];

		if (o->ns_len && o->name_len == n->name_len && !memcmp(l->base + o->name, l->base + n->name, n->name_len)
		    && str_equal(ns, scope_text(&l->scope, l->base, (struct scope_ns){o->ns, o->ns_len})))
			return true;
	}
	return false;
}

enum fault lexing_resolve_attributes(struct lexer *l)
{
	for (uint32_t i = l->open + 1; i < l->count; i++) {
		struct node *n = &l->nodes[i];

		if (!n->prefix_len || n->ns_len || (n->flags & NODE_DECLARATION))
			continue;
		if (!lexing_resolve(l, n))
			return FAULT_UNBOUND_PREFIX;
		if (l->prefixed > 1 && has_twin(l, i))
			return FAULT_ATTRIBUTE_TWICE;
	}
	return FAULT_NONE;
}
