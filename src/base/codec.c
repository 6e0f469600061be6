#include "base/codec.h"

#include <errno.h>
#include <sys/random.h>

#include "base/check.h"

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct str codec_base64(struct arena *a, const void *data, size_t len)
{
	const unsigned char *in = data;

	check(len <= SIZE_MAX / 2);

	size_t out_len = (len + 2) / 3 * 4;
	char *out = arena_alloc(a, out_len + 1), *p = out;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		uint32_t group = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);

		*p++ = base64_digits[group >> 18];
		*p++ = base64_digits[group >> 12 & 63];
		*p++ = left > 1 ? base64_digits[group >> 6 & 63] : '=';
		*p++ = left > 2 ? base64_digits[group & 63] : '=';
	}
	return str_make(out, out_len);
}

/* 64 and more: not a digit. */
static unsigned base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (unsigned)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (unsigned)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0' + 52);
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

/* Reads `digits` digits into the top of 24 bits; false if one is not a digit or bits that stand for nothing are set. */
static bool read_group(const char *text, size_t digits, uint32_t *group_out)
{
	uint32_t group = 0;

	for (size_t i = 0; i < digits; i++) {
		unsigned value = base64_value(text[i]);

		if (value > 63)
			return false;
		group |= value << (18 - 6 * i);
	}
	*group_out = group;
	return digits == 4 || (group & (digits == 3 ? 0xffu : 0xffffu)) == 0;
}

bool codec_base64_decode(struct arena *a, struct str text, struct str *out)
{
	size_t padding = 0, out_len, at = 0;
	char *decoded;

	if (text.len % 4 != 0)
		return false;
	if (text.len && text.data[text.len - 1] == '=')
		padding = text.data[text.len - 2] == '=' ? 2 : 1;
	out_len = text.len / 4 * 3 - padding;
	decoded = arena_alloc(a, out_len + 1);
	for (size_t i = 0; i < text.len; i += 4) {
		size_t digits = i + 4 == text.len ? 4 - padding : 4;
		uint32_t group;

		if (!read_group(text.data + i, digits, &group))
			return false;
		for (size_t byte = 0; byte + 1 < digits; byte++)
			decoded[at++] = (char)(group >> (16 - 8 * byte));
	}
	check(at == out_len);
	*out = str_make(decoded, out_len);
	return true;
}

void codec_hex(char *out, const void *data, size_t len)
{
	const unsigned char *in = data;

	for (size_t i = 0; i < len; i++) {
		*out++ = "0123456789abcdef"[in[i] >> 4];
		*out++ = "0123456789abcdef"[in[i] & 15];
	}
	*out = '\0';
}

/* The length of the character at p, RFC 3629 §4, or 0 if it is none; left is how many bytes there are. */
static size_t utf8_char_len(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (left < len)
		return 0;
	/* The second byte is what tells overlong forms, surrogates and the end of the code space. */
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool codec_utf8_is_valid(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.data;
	size_t at = 0;

	while (at < s.len) {
		uint64_t word;
		size_t len;

		if (s.len - at >= 8) {
			memcpy(&word, p + at, 8);
			if ((word & 0x8080808080808080) == 0) {
				at += 8;
				continue;
			}
		}
		len = utf8_char_len(p + at, s.len - at);
		if (len == 0)
			return false;
		at += len;
	}
	return true;
}

char *codec_utf8_put(char *out, uint32_t code)
{
	int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const uint8_t first[] = {0, 0xc0, 0xe0, 0xf0};

	*out++ = (char)(first[more] | code >> (6 * more));
	while (more--)
		*out++ = (char)(0x80 | (code >> (6 * more) & 0x3f));
	return out;
}

void codec_random(void *out, size_t len)
{
	char *p = out;

	while (len > 0) {
		ssize_t got = getrandom(p, len, 0);

		check(got > 0 || errno == EINTR);
		if (got > 0) {
			p += got;
			len -= (size_t)got;
		}
	}
}

void codec_wipe(void *data, size_t len)
{
	if (len)
		explicit_bzero(data, len);
}

/* Texts are short: one system call serves many. What was given out is wiped. */
static void take_random(char *out, size_t len)
{
	static _Thread_local char drawn[256];
	static _Thread_local size_t left;

	if (len > sizeof(drawn)) {
		codec_random(out, len);
		return;
	}
	if (left < len) {
		codec_random(drawn, sizeof(drawn));
		left = sizeof(drawn);
	}
	left -= len;
	memcpy(out, drawn + left, len);
	codec_wipe(drawn + left, len);
}

void codec_random_text(char *out, size_t len)
{
	take_random(out, len);
	for (size_t i = 0; i < len; i++)
		out[i] = "abcdefghijklmnopqrstuvwxyz234567"[out[i] & 31];
	out[len] = '\0';
}

bool codec_equal_in_constant_time(const void *a, const void *b, size_t len)
{
	/* volatile: the compiler must not find out that it may stop early. */
	const volatile unsigned char *x = a, *y = b;
	unsigned char difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= x[i] ^ y[i];
	return difference == 0;
}
