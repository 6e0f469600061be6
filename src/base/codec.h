/* codec: base64, hexadecimal, UTF-8, random bytes, comparing secrets.
 *
 * Base64 is RFC 4648 §4 and strict: padding is needed, nothing else is skipped, unused bits must be zero (RFC 6120 §6.4.2).
 * Threads: any. Test: test/unit/base/codec_test.c */
#ifndef MEERKAT_BASE_CODEC_H
#define MEERKAT_BASE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* The encoded text, zero-terminated, in the arena. */
struct str codec_base64(struct arena *a, const void *data, size_t len);

/* False if text is not base64; the decoded bytes are in the arena. */
bool codec_base64_decode(struct arena *a, struct str text, struct str *out);

/* Lower case. out has room for 2 * len + 1. */
void codec_hex(char *out, const void *data, size_t len);

/* True if s is UTF-8 as RFC 3629 defines it: no overlong forms, no surrogates, nothing past U+10FFFF. */
bool codec_utf8_is_valid(struct str s);

/* Writes the one to four bytes of a character; returns what is behind them. */
char *codec_utf8_put(char *out, uint32_t code);

/* Fills with random bytes of the kernel; a failure is a failed check. */
void codec_random(void *out, size_t len);

/* len characters of [a-z2-7] from the kernel's random bytes (5 bits each), and a terminating zero: ids and resources. */
void codec_random_text(char *out, size_t len);

/* In time that depends on len only. */
bool codec_equal_in_constant_time(const void *a, const void *b, size_t len);

/* Wipes a secret; not optimised away. */
void codec_wipe(void *data, size_t len);

#endif
