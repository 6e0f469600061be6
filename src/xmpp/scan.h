/* scan: the next byte that matters in a run of text, an attribute value, a name; and single characters of UTF-8.
 *
 * Internal to xmpp. 16 bytes at a time where the processor can, else one by one. Nothing reads at or past `end`.
 * Threads: any. Test: test/unit/xmpp/scan_test.c */
#ifndef MEERKAT_XMPP_SCAN_H
#define MEERKAT_XMPP_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	SCAN_NAME_START = 1, /* may begin a name (ASCII, without the colon) */
	SCAN_NAME = 2,       /* may stand in a name (ASCII, without the colon) */
	SCAN_SPACE = 4,
	SCAN_STOPS_TEXT = 8,   /* < > & control characters, bytes of UTF-8 sequences */
	SCAN_STOPS_VALUE = 16, /* < & both quotes, control characters, bytes of UTF-8 sequences */
};

extern const uint8_t scan_class[256];

static inline bool scan_is(char c, int class_bits)
{
	return scan_class[(uint8_t)c] & class_bits;
}

#ifdef __SSE2__
/* Control characters and bytes from 0x80 on: both are below 0x20 as signed numbers. */
static inline __m128i scan_odd_bytes(__m128i v)
{
	return _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
}

static inline unsigned scan_text_mask(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	/* '<' and '>' differ in one bit. */
	__m128i angle = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(2)), _mm_set1_epi8('>'));
	__m128i amp = _mm_cmpeq_epi8(v, _mm_set1_epi8('&'));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(scan_odd_bytes(v), _mm_or_si128(angle, amp)));
}

static inline unsigned scan_value_mask(const char *p, char quote)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i end = _mm_cmpeq_epi8(v, _mm_set1_epi8(quote));
	__m128i less = _mm_cmpeq_epi8(v, _mm_set1_epi8('<'));
	__m128i amp = _mm_cmpeq_epi8(v, _mm_set1_epi8('&'));

	return (unsigned)_mm_movemask_epi8(
		_mm_or_si128(_mm_or_si128(scan_odd_bytes(v), end), _mm_or_si128(less, amp)));
}

static inline unsigned scan_either_mask(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	/* Again one bit, between '&' and the quote behind it. */
	__m128i single = _mm_cmpeq_epi8(_mm_or_si128(v, _mm_set1_epi8(1)), _mm_set1_epi8('\''));
	__m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));

	return scan_text_mask(p) | (unsigned)_mm_movemask_epi8(_mm_or_si128(single, quote));
}

/* Bytes that may stand in a name. */
static inline unsigned scan_name_mask(const char *p)
{
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
	/* Moved down to -128, a range of n bytes is what is below -128 + n. */
	__m128i letter = _mm_cmplt_epi8(_mm_sub_epi8(lower, _mm_set1_epi8((char)('a' + 128))), _mm_set1_epi8(-128 + 26));
	__m128i digit = _mm_cmplt_epi8(_mm_sub_epi8(v, _mm_set1_epi8((char)('-' + 128))), _mm_set1_epi8(-128 + 13));
	__m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('/'));
	__m128i underscore = _mm_cmpeq_epi8(v, _mm_set1_epi8('_'));

	return (unsigned)_mm_movemask_epi8(
		_mm_or_si128(_mm_or_si128(letter, underscore), _mm_andnot_si128(slash, digit)));
}
#endif

/* Do n bytes at a and b agree? `end` is where the bytes end that may be read at both. */
static inline bool scan_same(const char *a, const char *b, size_t n, const char *end)
{
#ifdef __SSE2__
	if (n <= 16 && end - a >= 16 && end - b >= 16) {
		__m128i x = _mm_loadu_si128((const __m128i *)(const void *)a);
		__m128i y = _mm_loadu_si128((const __m128i *)(const void *)b);
		unsigned differ = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, y)) ^ 0xffff;

		return !(differ & ((1u << n) - 1));
	}
#endif
	return memcmp(a, b, n) == 0;
}

/* The first byte that cannot stand in a name (the colon and bytes from 0x80 on among them); or end. */
static inline const char *scan_name(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		unsigned others = scan_name_mask(p) ^ 0xffff;

		if (others)
			return p + __builtin_ctz(others);
	}
#endif
	while (p < end && scan_is(*p, SCAN_NAME))
		p++;
	return p;
}

/* The first byte of < > &, a control character or a byte from 0x80 on; or end. */
static inline const char *scan_text(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		unsigned mask = scan_text_mask(p);

		if (mask)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && !scan_is(*p, SCAN_STOPS_TEXT))
		p++;
	return p;
}

/* The first byte of < &, the quote, a control character or a byte from 0x80 on; or end. */
static inline const char *scan_value(const char *p, const char *end, char quote)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		unsigned mask = scan_value_mask(p, quote);

		if (mask)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && (!scan_is(*p, SCAN_STOPS_VALUE) || ((*p == '"' || *p == '\'') && *p != quote)))
		p++;
	return p;
}

/* The first byte that stops text or a value with either quote; or end. */
static inline const char *scan_either(const char *p, const char *end)
{
#ifdef __SSE2__
	for (; end - p >= 16; p += 16) {
		unsigned mask = scan_either_mask(p);

		if (mask)
			return p + __builtin_ctz(mask);
	}
#endif
	while (p < end && !scan_is(*p, SCAN_STOPS_TEXT | SCAN_STOPS_VALUE))
		p++;
	return p;
}

/* The character at p, whose first byte is 0x80 or more. Returns its length (2 to 4) and sets *code_out; 0 when `end` cuts it off and
 * all is right so far; -n when its nth byte cannot be. Shortest form and no surrogates (RFC 3629). */
int scan_char(const char *p, const char *end, uint32_t *code_out);

/* Passes over characters that are allowed in XML, ASCII or not; p is one from 0x80 on, and the three bytes before it may be read. Stops
 * before the first of < > & and both quotes, a control character, or a character that is cut off by end or wrong. */
const char *scan_wide(const char *p, const char *end);

/* XML 1.0 §2.2 Char, for any code point. */
bool scan_is_char(uint32_t code);

/* Does it begin or continue a name, for code points from 0x80 on: XML 1.0 (fourth edition) §2.3. The fifth allows more, but a stanza with such
 * a name would break the stream of a receiver whose parser knows the fourth only, as libexpat does. */
bool scan_is_name_start(uint32_t code);
bool scan_is_name(uint32_t code);

#endif
