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

/* The same, byte by byte. */
static const char *step_wide(const char *p, const char *end)
{
	while (p < end) {
		uint32_t code = 0;
		int len;

		if ((uint8_t)*p < 0x80) {
			if (scan_is(*p, SCAN_STOPS_TEXT | SCAN_STOPS_VALUE))
				break;
			p++;
			continue;
		}
		len = end - p >= 3 ? common_len((const uint8_t *)p) : 0;
		if (!len) {
			len = scan_char(p, end, &code);
			if (len <= 0 || !scan_is_char(code))
				break;
		}
		p += len;
	}
	return p;
}

#ifdef __SSE2__
static inline __m128i load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i is_byte(__m128i v, int byte)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8((char)byte));
}

static inline __m128i is_at_least(__m128i v, int byte)
{
	return _mm_cmpeq_epi8(_mm_max_epu8(v, _mm_set1_epi8((char)byte)), v);
}

/* For continuation bytes, which are in order as signed numbers too. */
static inline __m128i is_below(__m128i v, int byte)
{
	return _mm_cmplt_epi8(v, _mm_set1_epi8((char)byte));
}

static inline __m128i is_above(__m128i v, int byte)
{
	return _mm_cmpgt_epi8(v, _mm_set1_epi8((char)byte));
}

/* 0xc0 and 0xc1 could only begin overlong forms. */
static inline __m128i is_no_first(__m128i v)
{
	return is_byte(_mm_and_si128(v, _mm_set1_epi8((char)0xfe)), 0xc0);
}

/* Where there are sequences of two bytes only: a continuation byte without need or the other way round, a first byte that is none. */
static inline __m128i wrong_short(__m128i v, __m128i before)
{
	return _mm_or_si128(_mm_xor_si128(is_at_least(before, 0xc0), is_below(v, 0xc0)), is_no_first(v));
}

/* The same for all sequences; and a second or third byte that makes an overlong form, a surrogate, something beyond U+10FFFF, U+FFFE or
 * U+FFFF. */
static inline __m128i wrong_long(const char *p, __m128i v, __m128i before, __m128i third_before)
{
	__m128i second_before = load(p - 2);
	__m128i need = _mm_or_si128(_mm_or_si128(is_at_least(before, 0xc0), is_at_least(second_before, 0xe0)),
				    is_at_least(third_before, 0xf0));
	__m128i first = _mm_or_si128(is_no_first(v), is_at_least(v, 0xf5));
	__m128i low = _mm_or_si128(_mm_and_si128(is_byte(before, 0xe0), is_below(v, 0xa0)),
				   _mm_and_si128(is_byte(before, 0xf0), is_below(v, 0x90)));
	__m128i high = _mm_or_si128(_mm_and_si128(is_byte(before, 0xed), is_above(v, 0x9f)),
				    _mm_and_si128(is_byte(before, 0xf4), is_above(v, 0x8f)));
	__m128i none = _mm_and_si128(_mm_and_si128(is_byte(second_before, 0xef), is_byte(before, 0xbf)), is_above(v, 0xbd));
	__m128i wrong = _mm_or_si128(_mm_xor_si128(need, is_below(v, 0xc0)), first);

	return _mm_or_si128(wrong, _mm_or_si128(_mm_or_si128(low, high), none));
}

/* Bytes that cannot be where they are, given the three before each. */
static inline __m128i wrong_bytes(const char *p)
{
	__m128i v = load(p), before = load(p - 1), third_before = load(p - 3);
	__m128i is_long = is_at_least(_mm_max_epu8(v, third_before), 0xe0);

	return _mm_movemask_epi8(is_long) ? wrong_long(p, v, before, third_before) : wrong_short(v, before);
}

/* Control characters < > & " ' */
static inline __m128i stopping_bytes(const char *p)
{
	__m128i v = load(p);
	__m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
	__m128i angle = is_byte(_mm_or_si128(v, _mm_set1_epi8(2)), '>');
	__m128i quote = _mm_or_si128(is_byte(_mm_or_si128(v, _mm_set1_epi8(1)), '\''), is_byte(v, '"'));

	return _mm_or_si128(control, _mm_or_si128(angle, quote));
}

/* Steps of 16 bytes until there is something to look at closer. Returns the beginning of a character, which may be one that was passed
 * over already. */
static const char *leap_wide(const char *p, const char *end)
{
	const char *start = p;
	unsigned mask = 0;

	for (; end - p >= 16 && !mask; p += mask ? 0 : 16)
		mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(wrong_bytes(p), stopping_bytes(p)));
	if (mask)
		p += __builtin_ctz(mask);
	while (p > start && follows((uint8_t)p[-1]))
		p--;
	return p > start ? p - 1 : p;
}
#endif

const char *scan_wide(const char *p, const char *end)
{
#ifdef __SSE2__
	p = leap_wide(p, end);
#endif
	return step_wide(p, end);
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
