#include "xmpp/scan.h"

enum {
	LETTER = SCAN_NAME_START | SCAN_NAME,
	CONTROL = SCAN_STOPS_TEXT | SCAN_STOPS_VALUE,
	QUOTE = SCAN_STOPS_VALUE,
	MARKUP = SCAN_STOPS_TEXT | SCAN_STOPS_VALUE,
	WIDE = SCAN_STOPS_TEXT | SCAN_STOPS_VALUE,
};

const uint8_t scan_class[256] = {
	[0 ... 8] = CONTROL,
	['\t'] = CONTROL | SCAN_SPACE,
	['\n'] = CONTROL | SCAN_SPACE,
	[11] = CONTROL,
	[12] = CONTROL,
	['\r'] = CONTROL | SCAN_SPACE,
	[14 ... 31] = CONTROL,
	[' '] = SCAN_SPACE,
	['"'] = QUOTE,
	['\''] = QUOTE,
	['<'] = MARKUP,
	['&'] = MARKUP,
	['>'] = SCAN_STOPS_TEXT,
	['-'] = SCAN_NAME,
	['.'] = SCAN_NAME,
	['0' ... '9'] = SCAN_NAME,
	['A' ... 'Z'] = LETTER,
	['_'] = LETTER,
	['a' ... 'z'] = LETTER,
	[128 ... 255] = WIDE,
};

/* The range of the second byte, which keeps out overlong forms, surrogates and what lies beyond U+10FFFF. */
static bool second_byte_fits(uint8_t first, uint8_t second)
{
	uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= low && second <= high;
}

static int length_of(uint8_t first)
{
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

int scan_char(const char *p, const char *end, uint32_t *code_out)
{
	const uint8_t *b = (const uint8_t *)p;
	int len = length_of(b[0]);
	uint32_t code;

	if (!len)
		return -1;
	code = b[0] & (0x7fu >> len);
	for (int i = 1; i < len; i++) {
		if (p + i == end)
			return 0;
		if (i == 1 ? !second_byte_fits(b[0], b[1]) : (b[i] & 0xc0) != 0x80)
			return -(i + 1);
		code = code << 6 | (b[i] & 0x3fu);
	}
	*code_out = code;
	return len;
}

static bool follows(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Length of the two or three byte sequence at p (three bytes are there), 0 if it is something else. */
static int common_len(const uint8_t *b)
{
	uint32_t code;

	if (b[0] >= 0xc2 && b[0] < 0xe0)
		return follows(b[1]) ? 2 : 0;
	if ((b[0] & 0xf0) != 0xe0 || !follows(b[1]) || !follows(b[2]))
		return 0;
	code = (b[0] & 0xfu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
	return code >= 0x800 && code < 0xfffe && (code < 0xd800 || code > 0xdfff) ? 3 : 0;
}

/* Two and three byte sequences are nearly all there is; what is left to scan_char is rare or an error. */
const char *scan_wide_text(const char *p, const char *end)
{
	while (p < end && (uint8_t)*p >= 0x80) {
		uint32_t code = 0;
		int len = end - p >= 3 ? common_len((const uint8_t *)p) : 0;

		if (!len) {
			len = scan_char(p, end, &code);
			if (len <= 0 || !scan_is_char(code))
				break;
		}
		p += len;
	}
	return p;
}

bool scan_is_char(uint32_t code)
{
	if (code < 0x20)
		return code == '\t' || code == '\n' || code == '\r';
	return code < 0xd800 || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

struct range {
	uint16_t first, last;
	bool is_start;
};

static const struct range name_ranges[] = {
#define RANGE(first, last) {first, last, true},
#define INNER(first, last) {first, last, false},
#include "xmpp/name_ranges.def"
#undef INNER
#undef RANGE
};

static const struct range *find_range(uint32_t code)
{
	size_t low = 0, high = sizeof(name_ranges) / sizeof(name_ranges[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (code < name_ranges[middle].first)
			high = middle;
		else if (code > name_ranges[middle].last)
			low = middle + 1;
		else
			return &name_ranges[middle];
	}
	return NULL;
}

bool scan_is_name_start(uint32_t code)
{
	const struct range *r = find_range(code);

	return r && r->is_start;
}

bool scan_is_name(uint32_t code)
{
	return find_range(code);
}
