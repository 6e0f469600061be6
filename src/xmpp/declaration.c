#include "xmpp/declaration.h"

#include "xmpp/scan.h"

/* A reader that stops for good at the end of the bytes or at a byte that cannot be; every want_ answers whether to go on. */
struct cursor {
	const char *p, *end;
	enum fault fault;
};

static bool has_byte(const struct cursor *c)
{
	return c->p < c->end && !c->fault;
}

static bool fail(struct cursor *c, enum fault fault)
{
	c->fault = fault;
	return false;
}

static bool want_text(struct cursor *c, struct str text, enum fault otherwise)
{
	for (size_t i = 0; i < text.len; i++, c->p++) {
		if (!has_byte(c))
			return false;
		if (*c->p != text.data[i])
			return fail(c, otherwise);
	}
	return true;
}

static bool skip_spaces(struct cursor *c, bool *any_out)
{
	*any_out = false;
	for (; has_byte(c) && scan_is(*c->p, SCAN_SPACE); c->p++)
		*any_out = true;
	return has_byte(c);
}

/* Eq and the opening quote, after the name. */
static bool want_quote(struct cursor *c, char *quote_out)
{
	bool any;

	if (!skip_spaces(c, &any) || !want_text(c, STR("="), FAULT_DECLARATION) || !skip_spaces(c, &any))
		return false;
	if (*c->p != '"' && *c->p != '\'')
		return fail(c, FAULT_DECLARATION);
	*quote_out = *c->p++;
	return true;
}

static bool is_digit(char c, size_t index)
{
	(void)index;
	return c >= '0' && c <= '9';
}

/* EncName; the colon, which scan_class leaves out of names, is not in it either. */
static bool is_encoding(char c, size_t index)
{
	return scan_is(c, index ? SCAN_NAME : SCAN_NAME_START) && (index || c != '_');
}

static bool is_lower(char c, size_t index)
{
	(void)index;
	return c >= 'a' && c <= 'z';
}

/* At least one character of the kind, then the quote. */
static bool want_value(struct cursor *c, bool (*is_part)(char, size_t), char quote, struct str *value_out)
{
	const char *start = c->p;

	for (; has_byte(c) && is_part(*c->p, (size_t)(c->p - start)); c->p++)
		;
	if (!has_byte(c))
		return false;
	if (*c->p != quote || c->p == start)
		return fail(c, FAULT_DECLARATION);
	*value_out = str_make(start, (size_t)(c->p - start));
	return true;
}

static bool want_version(struct cursor *c)
{
	struct str value;
	char quote;

	if (!want_text(c, STR("version"), FAULT_DECLARATION) || !want_quote(c, &quote)
	    || !want_text(c, STR("1."), FAULT_DECLARATION) || !want_value(c, is_digit, quote, &value))
		return false;
	c->p++;
	return true;
}

static bool want_encoding(struct cursor *c)
{
	struct str value;
	char quote;

	if (!want_text(c, STR("encoding"), FAULT_DECLARATION) || !want_quote(c, &quote)
	    || !want_value(c, is_encoding, quote, &value))
		return false;
	if (!str_equal_ignoring_case(value, STR("UTF-8")))
		return fail(c, FAULT_ENCODING);
	c->p++;
	return true;
}

static bool want_standalone(struct cursor *c)
{
	struct str value;
	char quote;

	if (!want_text(c, STR("standalone"), FAULT_DECLARATION) || !want_quote(c, &quote)
	    || !want_value(c, is_lower, quote, &value))
		return false;
	if (!str_is(value, "yes") && !str_is(value, "no"))
		return fail(c, FAULT_DECLARATION);
	c->p++;
	return true;
}

static bool want_declaration(struct cursor *c)
{
	bool is_spaced;

	if (!want_text(c, STR("?xml"), FAULT_INSTRUCTION) || !skip_spaces(c, &is_spaced))
		return false;
	if (!is_spaced)
		return fail(c, FAULT_INSTRUCTION);
	if (!want_version(c) || !skip_spaces(c, &is_spaced))
		return false;
	if (is_spaced && *c->p == 'e' && (!want_encoding(c) || !skip_spaces(c, &is_spaced)))
		return false;
	if (is_spaced && *c->p == 's' && (!want_standalone(c) || !skip_spaces(c, &is_spaced)))
		return false;
	return want_text(c, STR("?>"), FAULT_DECLARATION);
}

static enum declaration_result answer(const struct cursor *c, struct str bytes, size_t *len_out, enum fault *fault_out)
{
	*fault_out = c->fault;
	*len_out = (size_t)(c->p - bytes.data) + 1;
	return c->fault ? DECLARATION_FAILED : DECLARATION_MORE;
}

enum declaration_result declaration_read(struct str bytes, size_t *len_out, enum fault *fault_out)
{
	static const struct str mark = STR("\xef\xbb\xbf");
	struct cursor c = {.p = bytes.data, .end = bytes.data + (bytes.len < DECLARATION_MAX ? bytes.len : DECLARATION_MAX)};

	*len_out = 0;
	if (!has_byte(&c))
		return DECLARATION_MORE;
	if ((uint8_t)*c.p >= 0xfe) {
		c.fault = FAULT_ENCODING;
		return answer(&c, bytes, len_out, fault_out);
	}
	if (*c.p == mark.data[0] && !want_text(&c, mark, FAULT_OUTSIDE))
		return answer(&c, bytes, len_out, fault_out);
	*len_out = (size_t)(c.p - bytes.data);
	if (!has_byte(&c))
		return DECLARATION_MORE;
	if (*c.p != '<')
		return DECLARATION_DONE;
	c.p++;
	if (has_byte(&c) && *c.p != '?')
		return DECLARATION_DONE;
	if (!want_declaration(&c)) {
		if (!c.fault && bytes.len > DECLARATION_MAX)
			c.fault = FAULT_LONG_DECLARATION;
		return answer(&c, bytes, len_out, fault_out);
	}
	*len_out = (size_t)(c.p - bytes.data);
	return DECLARATION_DONE;
}
