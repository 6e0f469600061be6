#include "admin/graphql/graphql_token.h"

#include "base/buf.h"
#include "base/codec.h"

static bool fail(struct graphql_reader *r, const char *text)
{
	r->failed_at = r->place;
	err_because(ERR_INVALID, r->why, "%s", text);
	return false;
}

static int peek(const struct graphql_reader *r, size_t ahead)
{
	return r->at + ahead < r->text.len ? (unsigned char)r->text.data[r->at + ahead] : -1;
}

/* Columns count bytes that begin a character. */
static void advance(struct graphql_reader *r)
{
	unsigned char c = (unsigned char)r->text.data[r->at++];

	if (c == '\n' || (c == '\r' && peek(r, 0) != '\n')) {
		r->place.line++;
		r->place.column = 1;
	} else if (c != '\r' && (c & 0xc0) != 0x80) {
		r->place.column++;
	}
}

static void advance_by(struct graphql_reader *r, size_t count)
{
	while (count--)
		advance(r);
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static void skip_ignored(struct graphql_reader *r)
{
	for (int c; (c = peek(r, 0)) >= 0;) {
		if (c == '#')
			while (peek(r, 0) >= 0 && peek(r, 0) != '\n' && peek(r, 0) != '\r')
				advance(r);
		else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',')
			advance(r);
		else if (c == 0xef && peek(r, 1) == 0xbb && peek(r, 2) == 0xbf)
			advance_by(r, 3);
		else
			return;
	}
}

/* ---- names and numbers ---- */

static bool take_text(struct graphql_reader *r, enum graphql_token_kind kind, size_t from)
{
	r->token.kind = kind;
	r->token.text = str_make(r->text.data + from, r->at - from);
	return true;
}

static bool read_name(struct graphql_reader *r)
{
	size_t from = r->at;

	while (is_letter(peek(r, 0)) || is_digit(peek(r, 0)))
		advance(r);
	return take_text(r, GRAPHQL_TOKEN_NAME, from);
}

static bool read_digits(struct graphql_reader *r)
{
	if (!is_digit(peek(r, 0)))
		return fail(r, "a number lacks a digit here");
	while (is_digit(peek(r, 0)))
		advance(r);
	return true;
}

static bool read_exponent(struct graphql_reader *r)
{
	advance(r);
	if (peek(r, 0) == '+' || peek(r, 0) == '-')
		advance(r);
	return read_digits(r);
}

static bool read_number(struct graphql_reader *r)
{
	size_t from = r->at;
	enum graphql_token_kind kind = GRAPHQL_TOKEN_INT;

	if (peek(r, 0) == '-')
		advance(r);
	if (peek(r, 0) == '0' && is_digit(peek(r, 1)))
		return fail(r, "a number cannot begin with a zero that is followed by digits");
	if (!read_digits(r))
		return false;
	if (peek(r, 0) == '.') {
		kind = GRAPHQL_TOKEN_FLOAT;
		advance(r);
		if (!read_digits(r))
			return false;
	}
	if (peek(r, 0) == 'e' || peek(r, 0) == 'E') {
		kind = GRAPHQL_TOKEN_FLOAT;
		if (!read_exponent(r))
			return false;
	}
	if (is_letter(peek(r, 0)) || peek(r, 0) == '.')
		return fail(r, "a number cannot be followed by a letter or a dot");
	return take_text(r, kind, from);
}

/* ---- strings ---- */

static int hex_value(int c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* -1: not four hexadecimal digits. */
static int32_t read_four_digits(struct graphql_reader *r)
{
	int32_t code = 0;

	for (int i = 0; i < 4; i++) {
		int digit = hex_value(peek(r, 0));

		if (digit < 0)
			return -1;
		code = code * 16 + digit;
		advance(r);
	}
	return code;
}

/* Behind \u{: digits and }. -1: something else. */
static int32_t read_braced(struct graphql_reader *r)
{
	int32_t code = 0;
	int count = 0;

	for (int digit; (digit = hex_value(peek(r, 0))) >= 0; count++) {
		if (code > 0xffff)
			return -1;
		code = code * 16 + digit;
		advance(r);
	}
	if (count == 0 || peek(r, 0) != '}')
		return -1;
	advance(r);
	return code;
}

static bool is_surrogate(int32_t code, bool is_first)
{
	return (code & 0xfc00) == (is_first ? 0xd800 : 0xdc00);
}

/* Behind \u: a character, or a pair of them that is one. */
static bool read_unicode(struct graphql_reader *r, struct buf *out)
{
	bool is_braced = peek(r, 0) == '{';
	int32_t code;

	if (is_braced)
		advance(r);
	code = is_braced ? read_braced(r) : read_four_digits(r);
	if (!is_braced && is_surrogate(code, true) && peek(r, 0) == '\\' && peek(r, 1) == 'u') {
		advance_by(r, 2);
		int32_t second = read_four_digits(r);

		code = is_surrogate(second, false) ? 0x10000 + ((code & 0x3ff) << 10) + (second & 0x3ff) : -1;
	}
	if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return fail(r, "the escape does not name a character");
	buf_claim(out, (size_t)(codec_utf8_put(buf_reserve(out, 4), (uint32_t)code) - (out->data + out->len)));
	return true;
}

/* Behind the backslash. */
static bool read_escape(struct graphql_reader *r, struct buf *out)
{
	static const char written[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	int c = peek(r, 0);

	if (c == 'u') {
		advance(r);
		return read_unicode(r, out);
	}
	for (size_t i = 0; written[i]; i++)
		if (c == written[i]) {
			advance(r);
			buf_append_char(out, meant[i]);
			return true;
		}
	return fail(r, "there is no such escape in a string");
}

static bool read_line(struct graphql_reader *r, struct buf *out)
{
	advance(r);
	for (int c; (c = peek(r, 0)) != '"';) {
		if (c < 0 || c == '\n' || c == '\r')
			return fail(r, "a string does not end on its line");
		if (c < 0x20 && c != '\t')
			return fail(r, "a control character cannot stand in a string");
		if (c == '\\') {
			advance(r);
			if (!read_escape(r, out))
				return false;
		} else {
			buf_append_char(out, (char)c);
			advance(r);
		}
	}
	advance(r);
	return true;
}

static bool is_quotes(const struct graphql_reader *r, size_t ahead)
{
	return peek(r, ahead) == '"' && peek(r, ahead + 1) == '"' && peek(r, ahead + 2) == '"';
}

/* What stands between the quotes of a block, with \n as the end of each line. */
static bool read_raw_block(struct graphql_reader *r, struct buf *raw)
{
	advance_by(r, 3);
	while (!is_quotes(r, 0)) {
		int c = peek(r, 0);
		size_t length = 1;

		if (c < 0)
			return fail(r, "a block string does not end");
		if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
			return fail(r, "a control character cannot stand in a string");
		if (c == '\\' && is_quotes(r, 1)) {
			buf_append_text(raw, "\"\"\"");
			length = 4;
		} else {
			if (c == '\r' && peek(r, 1) == '\n')
				length = 2;
			buf_append_char(raw, c == '\r' ? '\n' : (char)c);
		}
		advance_by(r, length);
	}
	advance_by(r, 3);
	return true;
}

static size_t indentation(struct str line)
{
	size_t n = 0;

	while (n < line.len && (line.data[n] == ' ' || line.data[n] == '\t'))
		n++;
	return n;
}

/* Of all lines but the first that have more than white space. */
static size_t common_indentation(struct str raw)
{
	struct str rest = raw;
	size_t common = SIZE_MAX;

	str_split(rest, '\n', &rest);
	while (rest.data) {
		struct str line = str_split(rest, '\n', &rest);
		size_t own = indentation(line);

		if (own < line.len && own < common)
			common = own;
	}
	return common;
}

/* §2.9.4, BlockStringValue: without the common indentation and without blank lines at both ends. */
static void dedent(struct str raw, struct buf *out)
{
	size_t common = common_indentation(raw), good = 0;
	bool is_first = true;
	struct str rest = raw;

	while (rest.data) {
		struct str line = str_split(rest, '\n', &rest);
		bool is_blank = indentation(line) == line.len;
		size_t cut = is_first ? 0 : common < line.len ? common : line.len;

		is_first = false;
		if (is_blank && good == 0)
			continue;
		if (good > 0)
			buf_append_char(out, '\n');
		buf_append(out, line.data + cut, line.len - cut);
		if (!is_blank)
			good = out->len;
	}
	out->len = good;
}

static bool read_string(struct graphql_reader *r)
{
	struct buf text, raw;
	bool is_good;

	buf_init(&text);
	buf_init(&raw);
	if (is_quotes(r, 0)) {
		is_good = read_raw_block(r, &raw);
		if (is_good)
			dedent(str_make(raw.data ? raw.data : "", raw.len), &text);
	} else {
		is_good = read_line(r, &text);
	}
	r->token.kind = GRAPHQL_TOKEN_STRING;
	r->token.text = arena_str(r->arena, buf_str(&text));
	buf_fini(&raw);
	buf_fini(&text);
	return is_good;
}

/* ---- the whole ---- */

static bool read_punctuator(struct graphql_reader *r)
{
	int c = peek(r, 0);
	size_t from = r->at;

	if (c == '.' && peek(r, 1) == '.' && peek(r, 2) == '.') {
		advance_by(r, 3);
		return take_text(r, GRAPHQL_TOKEN_SPREAD, from);
	}
	if (!memchr("!$&()[]{}:=@|", c, 13))
		return fail(r, "a character that has no meaning in GraphQL");
	advance(r);
	return take_text(r, GRAPHQL_TOKEN_PUNCTUATOR, from);
}

void graphql_token_init(struct graphql_reader *r, struct str text, struct arena *a, struct why *why)
{
	*r = (struct graphql_reader){.text = text, .place = {1, 1}, .arena = a, .why = why};
}

bool graphql_token_next(struct graphql_reader *r)
{
	int c;

	skip_ignored(r);
	r->token = (struct graphql_token){.kind = GRAPHQL_TOKEN_END, .place = r->place};
	c = peek(r, 0);
	if (c < 0)
		return true;
	if (is_letter(c))
		return read_name(r);
	if (is_digit(c) || c == '-')
		return read_number(r);
	return c == '"' ? read_string(r) : read_punctuator(r);
}
