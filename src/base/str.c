#include "base/str.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/check.h"
#include "base/mem.h"

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool str_equal_ignoring_case(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower((unsigned char)a.data[i]) != lower((unsigned char)b.data[i]))
			return false;
	return true;
}

bool str_starts_with(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_equal(str_make(s.data, prefix.len), prefix);
}

bool str_ends_with(struct str s, struct str suffix)
{
	if (suffix.len == 0)
		return true;
	return s.len >= suffix.len && memcmp(s.data + (s.len - suffix.len), suffix.data, suffix.len) == 0;
}

int str_compare(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.data, b.data, shorter) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

ptrdiff_t str_find_char(struct str s, char c)
{
	const char *found = s.len ? memchr(s.data, c, s.len) : NULL;

	return found ? found - s.data : -1;
}

struct str str_split(struct str s, char c, struct str *rest_out)
{
	ptrdiff_t at = str_find_char(s, c);

	if (at < 0) {
		*rest_out = STR_NONE;
		return s;
	}
	*rest_out = str_make(s.data + at + 1, s.len - (size_t)at - 1);
	return str_make(s.data, (size_t)at);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.len && is_space(s.data[0])) {
		s.data++;
		s.len--;
	}
	while (s.len && is_space(s.data[s.len - 1]))
		s.len--;
	return s;
}

bool str_to_int(struct str s, int64_t min, int64_t max, int64_t *out)
{
	bool is_negative = s.len && s.data[0] == '-';
	int64_t value = 0;

	if (s.len == is_negative)
		return false;
	for (size_t i = is_negative; i < s.len; i++) {
		int digit = s.data[i] - '0';

		if (digit < 0 || digit > 9)
			return false;
		/* Built downwards for a negative number, as the least has no positive counterpart. */
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, is_negative ? -digit : digit, &value))
			return false;
	}
	if (value < min || value > max)
		return false;
	*out = value;
	return true;
}

char *str_dup(struct str s)
{
	check(s.len < SIZE_MAX);

	char *copy = mem_new(s.len + 1);

	if (s.len)
		memcpy(copy, s.data, s.len);
	return copy;
}

/* SipHash-1-3: Aumasson and Bernstein, "SipHash: a fast short-input PRF", with one round per word and three at the end. */

static uint64_t hash_key[2];

/* Before main, so that no hash is ever made with another key and none has to ask whether it is there. */
__attribute__((constructor)) static void draw_hash_key(void)
{
	check(getrandom(hash_key, sizeof(hash_key), 0) == (ssize_t)sizeof(hash_key));
}

static inline uint64_t rotate_left(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate_left(v[1], 13) ^ v[0];
	v[3] = rotate_left(v[3], 16) ^ v[2];
	v[0] = rotate_left(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate_left(v[1], 17) ^ v[2];
	v[3] = rotate_left(v[3], 21) ^ v[0];
	v[2] = rotate_left(v[2], 32);
}

static inline void sip_word(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	sip_round(v);
	v[0] ^= word;
}

uint64_t str_hash(struct str s)
{
	uint64_t v[4] = {
		hash_key[0] ^ 0x736f6d6570736575,
		hash_key[1] ^ 0x646f72616e646f6d,
		hash_key[0] ^ 0x6c7967656e657261,
		hash_key[1] ^ 0x7465646279746573,
	};
	uint64_t word;
	size_t at = 0;

	for (; s.len - at >= 8; at += 8) {
		memcpy(&word, s.data + at, 8);
		sip_word(v, word);
	}
	word = 0;
	if (s.len > at)
		memcpy(&word, s.data + at, s.len - at);
	sip_word(v, word | (uint64_t)s.len << 56);
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
