#include "net/proxy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define BYTES(literal) {literal, sizeof(literal) - 1}

/* Who a connection without header comes from. */
static struct ip connection(void)
{
	struct ip ip;

	check(ip_parse(STR("198.51.100.1"), &ip));
	ip.port = 999;
	return ip;
}

/* Feeds a copy that ends where its memory ends, in pieces. Returns how many bytes were the header's. */
static enum proxy_result feed(struct proxy *p, struct str bytes, size_t piece, size_t *header_out)
{
	enum proxy_result result = PROXY_MORE;
	char *copy = mem_new(bytes.len + 1);

	memcpy(copy, bytes.data, bytes.len);
	*header_out = 0;
	for (size_t at = 0; at < bytes.len && result == PROXY_MORE; at += piece) {
		size_t used, len = bytes.len - at < piece ? bytes.len - at : piece;

		result = proxy_feed(p, str_make(copy + at, len), &used);
		assert_true(used <= len);
		if (result == PROXY_MORE)
			assert_int_equal(used, len);
		*header_out += used;
	}
	free(copy);
	return result;
}

struct good {
	struct str header;
	const char *source; /* with port */
};

static const size_t pieces[] = {SIZE_MAX / 2, 1, 2, 7, 13};

/* However it is cut, and whatever follows it. */
static void assert_good(const struct good *g)
{
	char text[IP_TEXT_MAX];

	for (int rest = 0; rest < 2; rest++) {
		for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
			char *bytes = mem_new(g->header.len + 8);
			struct proxy p;
			size_t used;

			memcpy(bytes, g->header.data, g->header.len);
			memcpy(bytes + g->header.len, "<stream", 8);
			proxy_init(&p);
			assert_int_equal(feed(&p, str_make(bytes, g->header.len + (rest ? 7 : 0)), pieces[i], &used), PROXY_DONE);
			assert_int_equal(used, g->header.len);
			assert_string_equal(ip_format(proxy_source(&p, connection()), true, text), g->source);
			free(bytes);
		}
	}
}

/* T-NET-09, T-NET-10, T-NET-12, T-NET-13 */
static void reads_lines(void **state)
{
	static const struct good lines[] = {
		{BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 4711 5222\r\n"), "203.0.113.7:4711"},
		{BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), "255.255.255.255:65535"},
		{BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 0 0\r\n"), "1.2.3.4:0"},
		{BYTES("PROXY TCP6 2001:db8::7 2001:db8::1 4711 5222\r\n"), "[2001:db8::7]:4711"},
		{BYTES("PROXY TCP6 ::ffff:203.0.113.7 ::1 4711 5222\r\n"), "203.0.113.7:4711"},
		{BYTES("PROXY UNKNOWN\r\n"), "198.51.100.1:999"},
		{BYTES("PROXY UNKNOWN ffff::1 whatever that may be\r\n"), "198.51.100.1:999"},
		{BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
		 "198.51.100.1:999"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_good(&lines[i]);
	assert_int_equal(lines[7].header.len, PROXY_KEPT_BYTES);
}

/* T-NET-11, T-NET-12 */
static void reads_binary(void **state)
{
	static const struct good headers[] = {
		{BYTES(SIGNATURE "\x21\x11\x00\x0c" "\xcb\x00\x71\x07" "\xc0\x00\x02\x01" "\x12\x67" "\x14\x66"), "203.0.113.7:4711"},
		/* Extensions, whatever is in them: a checksum, padding, one that is longer than what is left. */
		{BYTES(SIGNATURE "\x21\x11\x00\x18" "\xcb\x00\x71\x07" "\xc0\x00\x02\x01" "\x12\x67" "\x14\x66"
				 "\x03\x00\x04" "abcd" "\x04\xff\xff\x00\x00"),
		 "203.0.113.7:4711"},
		{BYTES(SIGNATURE "\x21\x21\x00\x24" "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07" "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
				 "\x12\x67" "\x14\x66"),
		 "[2001:db8::7]:4711"},
		{BYTES(SIGNATURE "\x21\x21\x00\x24" "\0\0\0\0\0\0\0\0\0\0\xff\xff\xcb\x00\x71\x07" "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"
				 "\x12\x67" "\x14\x66"),
		 "203.0.113.7:4711"},
		/* A health check of the proxy's own: family and addresses do not count. */
		{BYTES(SIGNATURE "\x20\x00\x00\x00"), "198.51.100.1:999"},
		{BYTES(SIGNATURE "\x20\x11\x00\x0c" "\xcb\x00\x71\x07" "\xc0\x00\x02\x01" "\x12\x67" "\x14\x66"), "198.51.100.1:999"},
		{BYTES(SIGNATURE "\x20\xff\x00\x02" "xx"), "198.51.100.1:999"},
		/* Not of the internet, or not a stream of it. */
		{BYTES(SIGNATURE "\x21\x00\x00\x00"), "198.51.100.1:999"},
		{BYTES(SIGNATURE "\x21\x00\x00\x03" "abc"), "198.51.100.1:999"},
		{BYTES(SIGNATURE "\x21\x12\x00\x0c" "\xcb\x00\x71\x07" "\xc0\x00\x02\x01" "\x12\x67" "\x14\x66"), "198.51.100.1:999"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		assert_good(&headers[i]);
}

/* A header of version 2 for which nothing but the head is given, and zeros follow. */
static void assert_long(uint8_t command, uint8_t family, uint16_t body, const char *source)
{
	size_t len = 16 + (size_t)body;
	char *bytes = mem_new(len);

	memcpy(bytes, SIGNATURE, 12);
	bytes[12] = (char)command;
	bytes[13] = (char)family;
	bytes[14] = (char)(body >> 8);
	bytes[15] = (char)(body & 0xff);
	assert_good(&(struct good){str_make(bytes, len), source});
	free(bytes);
}

static void passes_over_much(void **state)
{
	(void)state;
	assert_long(0x21, 0x11, UINT16_MAX, "0.0.0.0:0");
	assert_long(0x21, 0x21, UINT16_MAX, "[::]:0");
	assert_long(0x20, 0x11, UINT16_MAX, "198.51.100.1:999");
	assert_long(0x21, 0x31, 216, "198.51.100.1:999");
	assert_long(0x21, 0x32, 300, "198.51.100.1:999");
}

/* T-NET-08 and the rest of what is no header. */
static const struct str malformed[] = {
	BYTES("<?xml version='1.0'?>"),
	BYTES("\x16\x03\x01\x02\x00\x01"),
	BYTES("GET / HTTP/1.1\r\n"),
	BYTES("\n"),
	BYTES("\0"),
	BYTES("proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n"),
	BYTES("PROXY  TCP4 1.2.3.4 5.6.7.8 1 2\r\n"),
	BYTES("PROXY\r\n"),
	BYTES("PROXY \r\n"),
	BYTES("PROXY TCP4\r\n"),
	BYTES("PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n"),
	BYTES("PROXY UNKNOWN2\r\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\r\n"),
	BYTES("PROXY TCP4 1.2.3.4\r 5.6.7.8 1 2\r\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 \r\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8\r\n"),
	BYTES("PROXY TCP4 1.2.3 5.6.7.8 1 2\r\n"),
	BYTES("PROXY TCP4 01.2.3.4 5.6.7.8 1 2\r\n"),
	BYTES("PROXY TCP4 1.2.3.256 5.6.7.8 1 2\r\n"),
	BYTES("PROXY TCP4 1.2.3.4\0 5.6.7.8 1 2\r\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 65536 2\r\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 -0 2\r\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n"),
	BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 99999999999999999999\r\n"),
	BYTES("PROXY TCP4 ::1 ::1 1 2\r\n"),
	BYTES("PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n"),
	BYTES("PROXY TCP6 ::1%lo ::1 1 2\r\n"),
	BYTES("PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n"),
	/* One byte longer than any line can be. */
	BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 655350\r\n"),
	BYTES("\r\n\r\n\r\n"),
	BYTES("\r\n\r\n\0\r\nQUIT\r"),
	/* Version 1 and 3 in binary; commands and families that are not. */
	BYTES(SIGNATURE "\x11\x11\x00\x0c" "abcdefghijkl"),
	BYTES(SIGNATURE "\x31\x11\x00\x0c" "abcdefghijkl"),
	BYTES(SIGNATURE "\x22\x11\x00\x0c" "abcdefghijkl"),
	BYTES(SIGNATURE "\x21\x10\x00\x0c" "abcdefghijkl"),
	BYTES(SIGNATURE "\x21\x13\x00\x0c" "abcdefghijkl"),
	BYTES(SIGNATURE "\x21\x41\x00\x0c" "abcdefghijkl"),
	/* No room for the addresses. */
	BYTES(SIGNATURE "\x21\x11\x00\x0b" "abcdefghijkl"),
	BYTES(SIGNATURE "\x21\x11\x00\x00"),
	BYTES(SIGNATURE "\x21\x21\x00\x23" "abcdefghijklmnopqrstuvwxyz0123456789"),
	BYTES(SIGNATURE "\x21\x31\x00\xd7"),
};

static void refuses_what_is_malformed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
			struct proxy p;
			size_t used;

			proxy_init(&p);
			assert_int_equal(feed(&p, malformed[i], pieces[j], &used), PROXY_MALFORMED);
		}
	}
}

static void waits_for_all_of_it(void **state)
{
	static const struct str headers[] = {
		BYTES("PROXY TCP4 203.0.113.7 192.0.2.1 4711 5222\r\n"),
		BYTES(SIGNATURE "\x21\x11\x00\x0e" "\xcb\x00\x71\x07" "\xc0\x00\x02\x01" "\x12\x67" "\x14\x66" "xx"),
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		for (size_t len = 0; len < headers[i].len; len++) {
			struct proxy p;
			size_t used;

			proxy_init(&p);
			assert_int_equal(feed(&p, str_make(headers[i].data, len), SIZE_MAX / 2, &used), PROXY_MORE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_lines),
		cmocka_unit_test(reads_binary),
		cmocka_unit_test(passes_over_much),
		cmocka_unit_test(refuses_what_is_malformed),
		cmocka_unit_test(waits_for_all_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
