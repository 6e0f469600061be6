#include "http/chunked.h"

#include "http/head.h"

enum chunked_state {
	SIZE,      /* the first digit */
	SIZE_MORE, /* another one, or the end of the size */
	EXTENSION,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER, /* the first byte of a line */
	TRAILER_LINE,
	TRAILER_LF,
	END_LF,
};

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_size(struct chunked *c, char byte)
{
	int value = digit(byte);

	if (value >= 0) {
		c->left = c->left * 16 + (uint64_t)value;
		c->state = SIZE_MORE;
		return ++c->line <= 8;
	}
	if (c->state == SIZE)
		return false;
	if (byte == '\r')
		c->state = SIZE_LF;
	else if (byte == ';' || byte == ' ' || byte == '\t')
		c->state = EXTENSION;
	else
		return false;
	return true;
}

static bool take_skipped(struct chunked *c, char byte, uint32_t limit, enum chunked_state at_end)
{
	if (byte == '\r')
		c->state = at_end;
	else if (!head_is_value(str_make(&byte, 1)))
		return false;
	return ++c->line <= limit;
}

static bool expect(struct chunked *c, char byte, char wanted, enum chunked_state next)
{
	c->state = next;
	c->line = next == TRAILER ? c->line : 0;
	return byte == wanted;
}

/* Anything but data; false: malformed. */
static bool take_byte(struct chunked *c, char byte)
{
	switch ((enum chunked_state)c->state) {
	case SIZE:
	case SIZE_MORE:
		return take_size(c, byte);
	case EXTENSION:
		return take_skipped(c, byte, CHUNKED_LINE_BYTES, SIZE_LF);
	case SIZE_LF:
		return expect(c, byte, '\n', c->left ? DATA : TRAILER);
	case DATA_CR:
		return expect(c, byte, '\r', DATA_LF);
	case DATA_LF:
		return expect(c, byte, '\n', SIZE);
	case TRAILER:
		c->state = TRAILER_LINE;
		if (byte != '\r')
			return ++c->line <= CHUNKED_TRAILER_BYTES && head_is_token(str_make(&byte, 1));
		c->state = END_LF;
		return true;
	case TRAILER_LINE:
		return take_skipped(c, byte, CHUNKED_TRAILER_BYTES, TRAILER_LF);
	case TRAILER_LF:
		return expect(c, byte, '\n', TRAILER);
	default:
		return false;
	}
}

enum chunked_result chunked_take(struct chunked *c, struct str *bytes, struct str *piece_out)
{
	while (bytes->len > 0) {
		if (c->state == DATA) {
			size_t len = bytes->len < c->left ? bytes->len : (size_t)c->left;

			*piece_out = str_make(bytes->data, len);
			*bytes = str_make(bytes->data + len, bytes->len - len);
			c->left -= len;
			c->state = c->left ? DATA : DATA_CR;
			return CHUNKED_DATA;
		}
		char byte = bytes->data[0];
		bool is_end = c->state == END_LF;

		*bytes = str_make(bytes->data + 1, bytes->len - 1);
		if (is_end)
			return byte == '\n' ? CHUNKED_DONE : CHUNKED_BAD;
		if (!take_byte(c, byte))
			return CHUNKED_BAD;
	}
	return CHUNKED_MORE;
}
