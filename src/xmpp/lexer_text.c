/* XML 1.0 §2.2 Char, §2.4 character data, §2.7 CDATA, §4.1 references; RFC 6120 §11.1 leaves out comments, processing instructions,
 * document type declarations and entities other than the predefined ones. */
#include "xmpp/lexing.h"

#include <string.h>

#include "xmpp/scan.h"

static const char section_start[] = "[CDATA[";

/* Characters. */

/* Text that begins with a byte from 0x80 on. An element has three bytes at least before its first text or value. */
static const char *take_wide(struct lexer *l, const char *p, const char *end)
{
	uint32_t code;
	int len;

	p = scan_wide(p, end);
	if (p == end || (uint8_t)*p < 0x80)
		return p;
	len = scan_char(p, end, &code);
	if (len == 0) {
		l->cut = (uint8_t)(end - p);
		return end;
	}
	return len > 0 ? lexing_fail(l, p + len - 1, FAULT_CHARACTER) : lexing_fail(l, p - len - 1, FAULT_NOT_UTF8);
}

/* Control characters and UTF-8, in text and values. */
const char *lexing_take_odd(struct lexer *l, const char *p, const char *end)
{
	if ((uint8_t)*p >= 0x80)
		return take_wide(l, p, end);
	if (!scan_is(*p, SCAN_SPACE))
		return lexing_fail(l, p, FAULT_CHARACTER);
	if (*p == '\r' || l->quote)
		l->flags |= NODE_ESCAPED;
	return p + 1;
}

/* References. */

static const char *end_reference(struct lexer *l, const char *p)
{
	l->state = l->quote ? STATE_VALUE : STATE_CONTENT;
	return p + 1;
}

static const char *end_number(struct lexer *l, const char *p, uint32_t least_len)
{
	if (lexing_offset(l, p) - l->part < least_len || !scan_is_char(l->code))
		return lexing_fail(l, p, FAULT_REFERENCE);
	return end_reference(l, p);
}

static int digit_of(char c, uint32_t radix)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return radix == 16 && c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static const char *take_number(struct lexer *l, const char *p, const char *end, uint32_t radix)
{
	for (; p < end; p++) {
		int digit = digit_of(*p, radix);

		if (*p == ';')
			return end_number(l, p, radix == 16 ? 3 : 2);
		if (digit < 0)
			return lexing_fail(l, p, FAULT_REFERENCE);
		l->code = l->code * radix + (uint32_t)digit;
		if (l->code > 0x10ffff)
			return lexing_fail(l, p, FAULT_REFERENCE);
	}
	return p;
}

const char *lexing_take_hex(struct lexer *l, const char *p, const char *end)
{
	return take_number(l, p, end, 16);
}

const char *lexing_take_decimal(struct lexer *l, const char *p, const char *end)
{
	if (*p == 'x' && lexing_offset(l, p) - l->part == 1) {
		l->state = STATE_HEX;
		return p + 1;
	}
	return take_number(l, p, end, 10);
}

/* Is text the beginning of a predefined name (XML 1.0 §4.6) with its semicolon? */
static bool is_predefined(const char *text, size_t len)
{
	static const struct str names[] = {STR("amp;"), STR("lt;"), STR("gt;"), STR("quot;"), STR("apos;")};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (len <= names[i].len && memcmp(names[i].data, text, len) == 0)
			return true;
	return false;
}

const char *lexing_take_reference(struct lexer *l, const char *p, const char *end)
{
	const char *start = l->base + l->part;

	for (; p < end; p++) {
		if (*p == '#' && p == start) {
			l->state = STATE_DECIMAL;
			l->code = 0;
			return p + 1;
		}
		if (is_predefined(start, (size_t)(p - start) + 1)) {
			if (*p == ';')
				return end_reference(l, p);
			continue;
		}
		if ((uint8_t)*p >= 0x80 || scan_is(*p, p == start ? SCAN_NAME_START : SCAN_NAME) || (*p == ';' && p > start))
			return lexing_fail(l, p, FAULT_ENTITY);
		return lexing_fail(l, p, FAULT_REFERENCE);
	}
	return p;
}

/* Length of a predefined reference that is there in one piece, from behind its '&'; 0: it is something else. */
static size_t predefined_len(const char *p, size_t room)
{
	if (room >= 5 && p[0] == 'q' && memcmp(p, "quot;", 5) == 0)
		return 5;
	if (room >= 5 && p[0] == 'a' && memcmp(p, "apos;", 5) == 0)
		return 5;
	if (room >= 4 && p[0] == 'a' && memcmp(p, "amp;", 4) == 0)
		return 4;
	return room >= 3 && (p[0] == 'l' || p[0] == 'g') && p[1] == 't' && p[2] == ';' ? 3 : 0;
}

const char *lexing_open_reference(struct lexer *l, const char *p, const char *end)
{
	size_t len = predefined_len(p + 1, (size_t)(end - p - 1));

	l->flags |= NODE_ESCAPED;
	if (len)
		return p + 1 + len;
	l->state = STATE_REFERENCE;
	l->part = lexing_offset(l, ++p);
	return p == end ? p : lexing_take_reference(l, p, end);
}

/* The end of "<![CDATA[". */
const char *lexing_take_bang(struct lexer *l, const char *p, const char *end)
{
	for (; p < end; p++) {
		uint32_t taken = lexing_offset(l, p) - l->token;

		if (taken == 0 && (*p == '-' || *p == 'D'))
			return lexing_fail(l, p, *p == '-' ? FAULT_COMMENT : FAULT_DOCTYPE);
		if (*p != section_start[taken])
			return lexing_fail(l, p, FAULT_MARKUP);
		if (!l->depth)
			return lexing_fail(l, p, l->root.len ? FAULT_BETWEEN : FAULT_OUTSIDE);
		if (taken == sizeof(section_start) - 2) {
			l->state = STATE_SECTION;
			l->token = lexing_offset(l, ++p);
			return p;
		}
	}
	return p;
}

const char *lexing_take_section(struct lexer *l, const char *p, const char *end)
{
	for (;;) {
		p = scan_text(p, end);
		if (p == end)
			return p;
		if (*p == '>' && lexing_ends_section(l, p)) {
			uint32_t at = lexing_offset(l, p);

			l->flags |= NODE_CDATA;
			lexing_add_text(l, l->token - 9, l->token, at - 2, at + 1);
			l->token = at + 1;
			l->state = STATE_CONTENT;
			return p + 1;
		}
		p = *p == '<' || *p == '&' || *p == '>' ? p + 1 : lexing_take_odd(l, p, end);
		if (!p)
			return NULL;
	}
}
