#include "xmpp/escape.h"

#include "base/check.h"
#include "base/codec.h"
#include "xmpp/scan.h"

static uint32_t number_of(struct str digits)
{
	bool is_hex = digits.data[0] == 'x';
	uint32_t code = 0;

	for (size_t i = is_hex; i < digits.len; i++) {
		char c = digits.data[i];
		uint32_t digit = c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 0x20) - 'a') + 10;

		code = code * (is_hex ? 16 : 10) + digit;
	}
	return code;
}

/* The name between '&' and ';'. */
static char *put_reference(char *out, struct str name)
{
	if (name.data[0] == '#')
		return codec_utf8_put(out, number_of(str_make(name.data + 1, name.len - 1)));
	switch (name.data[0]) {
	case 'l':
		*out = '<';
		break;
	case 'g':
		*out = '>';
		break;
	case 'q':
		*out = '"';
		break;
	default:
		*out = name.data[1] == 'm' ? '&' : '\'';
	}
	return out + 1;
}

static const char *read_one(const char *p, const char *end, enum escape_kind kind, char **out)
{
	if (*p == '&' && kind != ESCAPE_SECTION) {
		const char *semicolon = memchr(p, ';', (size_t)(end - p));

		check(semicolon && semicolon - p >= 3);
		*out = put_reference(*out, str_make(p + 1, (size_t)(semicolon - p - 1)));
		return semicolon + 1;
	}
	if (*p == '\r' && p + 1 < end && p[1] == '\n')
		p++;
	if (*p == '\t')
		*(*out)++ = kind == ESCAPE_ATTRIBUTE ? ' ' : '\t';
	else if (*p == '\r' || *p == '\n')
		*(*out)++ = kind == ESCAPE_ATTRIBUTE ? ' ' : '\n';
	else
		*(*out)++ = *p;
	return p + 1;
}

size_t escape_read(struct str raw, enum escape_kind kind, char *out)
{
	const char *p = raw.data, *end = p + raw.len;
	char *start = out;

	while (p < end) {
		const char *odd = scan_text(p, end);

		memcpy(out, p, (size_t)(odd - p));
		out += odd - p;
		p = odd;
		if (p < end)
			p = read_one(p, end, kind, &out);
	}
	return (size_t)(out - start);
}

/* NULL: as it is; "": left out. */
static const char *written_as(char c, enum escape_kind kind)
{
	bool in_quotes = kind == ESCAPE_ATTRIBUTE;

	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return in_quotes ? "&quot;" : NULL;
	case '\'':
		return in_quotes ? "&apos;" : NULL;
	case '\t':
		return in_quotes ? "&#9;" : NULL;
	case '\n':
		return in_quotes ? "&#10;" : NULL;
	case '\r':
		return "&#13;";
	default:
		return (uint8_t)c < 0x20 ? "" : NULL;
	}
}

void escape_write(struct buf *out, struct str text, enum escape_kind kind)
{
	const char *run = text.data, *end = run + text.len;

	for (const char *p = scan_either(run, end); p < end; p = scan_either(p + 1, end)) {
		const char *instead = written_as(*p, kind);

		if (!instead)
			continue;
		buf_append(out, run, (size_t)(p - run));
		buf_append_text(out, instead);
		run = p + 1;
	}
	buf_append(out, run, (size_t)(end - run));
}
