/* scan: the next byte that matters in a run of text, an attribute value, a name; and single characters of UTF-8.
 *
 * Internal to xmpp. 16 bytes at a time where the processor can, else one by one. Nothing reads at or past `end`.
 * Threads: any. Test: test/unit/xmpp/scan_test.c */
#ifndef MEERKAT_XMPP_SCAN_H
#define MEERKAT_XMPP_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
#endif

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

/* The character at p, whose first byte is 0x80 or more. Returns its length (2 to 4) and sets *code_out; 0 when `end` cuts it off and
 * all is right so far; -n when its nth byte cannot be. Shortest form and no surrogates (RFC 3629). */
int scan_char(const char *p, const char *end, uint32_t *code_out);

/* Passes over characters that are not ASCII as long as they are allowed in XML; stops before the first byte that is ASCII, cut off by
 * end, or wrong. */
const char *scan_wide_text(const char *p, const char *end);

/* XML 1.0 §2.2 Char, for any code point. */
bool scan_is_char(uint32_t code);

/* Does it begin or continue a name, for code points from 0x80 on: XML 1.0 (fourth edition) §2.3. The fifth allows more, but a stanza with such
 * a name would break the stream of a receiver whose parser knows the fourth only, as libexpat does. */
bool scan_is_name_start(uint32_t code);
bool scan_is_name(uint32_t code);

#endif
