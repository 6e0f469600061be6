/* The cases of the Autobahn list, by its numbers: what comes of frames, whole and cut into pieces of any size. */
#include "http/websocket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <zlib.h>

/* ---- frames of a client ---- */

enum { FIN = 0x80, RSV1 = 0x40, RSV2 = 0x20, RSV3 = 0x10, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

static void put_frame(struct buf *out, unsigned first, struct str payload)
{
	static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
	size_t size = payload.len > 65535 ? 8 : payload.len > 125 ? 2 : 0;

	buf_append_char(out, (char)first);
	buf_append_char(out, (char)(0x80 | (size == 8 ? 127 : size == 2 ? 126 : payload.len)));
	for (size_t i = 0; i < size; i++)
		buf_append_char(out, (char)((uint64_t)payload.len >> 8 * (size - 1 - i)));
	buf_append(out, mask, 4);
	for (size_t i = 0; i < payload.len; i++)
		buf_append_char(out, (char)(payload.data[i] ^ mask[i & 3]));
}

struct frame {
	unsigned first;
	const char *payload; /* NULL ends the list */
	size_t len;          /* 0: as long as the text */
};

/* What came of it, as a text: pieces of messages joined, | where one ends. */
static bool note(struct buf *out, const struct websocket *w, enum websocket_event e, struct str payload)
{
	if (e == WEBSOCKET_TEXT || e == WEBSOCKET_BINARY)
		buf_append_str(out, payload);
	else if (e == WEBSOCKET_END)
		buf_append_char(out, '|');
	else if (e == WEBSOCKET_PING || e == WEBSOCKET_PONG)
		buf_printf(out, "<%s %.*s>", e == WEBSOCKET_PING ? "ping" : "pong", STR_ARGS(payload));
	else if (e == WEBSOCKET_CLOSE)
		buf_printf(out, "<close %u %.*s>", w->status, STR_ARGS(payload));
	else if (e == WEBSOCKET_FAILED)
		buf_printf(out, "<failed %u>", w->status);
	return e != WEBSOCKET_CLOSE && e != WEBSOCKET_FAILED;
}

static void read_all(struct websocket *w, struct str bytes, size_t step, struct buf *out)
{
	char *room = malloc(WEBSOCKET_PIECE_BYTES);
	bool goes_on = true;

	for (size_t at = 0; at < bytes.len && goes_on; at += step) {
		struct str input = str_make(bytes.data + at, bytes.len - at < step ? bytes.len - at : step), payload;
		enum websocket_event e;

		do {
			e = websocket_read(w, &input, room, &payload);
			goes_on = note(out, w, e, payload);
		} while (goes_on && e != WEBSOCKET_MORE);
		if (goes_on)
			assert_int_equal(input.len, 0);
	}
	free(room);
}

static void check_bytes(struct str bytes, const char *expected, uint8_t window_bits)
{
	static const size_t steps[] = {SIZE_MAX / 2, 1, 2, 3, 7, 1000};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct websocket w;
		struct buf out;

		buf_init(&out);
		websocket_init(&w, window_bits);
		read_all(&w, bytes, steps[i], &out);
		buf_append_char(&out, '\0');
		assert_string_equal(out.data, expected);
		websocket_fini(&w);
		buf_fini(&out);
	}
}

static void check_frames(const struct frame *frames, const char *expected)
{
	struct buf bytes;

	buf_init(&bytes);
	for (const struct frame *f = frames; f->payload; f++)
		put_frame(&bytes, f->first, f->len ? str_make(f->payload, f->len) : str_from(f->payload));
	check_bytes(buf_str(&bytes), expected, 0);
	buf_fini(&bytes);
}

#define LONG123 "**************************************************************************************************" \
		"*************************"
#define LONG125 LONG123 "**"

struct frames_case {
	const char *number; /* of the list */
	struct frame frames[8];
	const char *expected;
};

static const struct frames_case cases[] = {
	{"1.1.1", {{FIN | TEXT, "", 0}}, "|"},
	{"1.1.2", {{FIN | TEXT, LONG125, 0}}, LONG125 "|"},
	{"1.2.1", {{FIN | BINARY, "", 0}}, "|"},
	{"2.1", {{FIN | PING, "", 0}}, "<ping >"},
	{"2.2", {{FIN | PING, "Hello, world!", 0}}, "<ping Hello, world!>"},
	{"2.4", {{FIN | PING, LONG125, 0}}, "<ping " LONG125 ">"},
	{"2.5", {{FIN | PING, LONG125 "***", 0}}, "<failed 1002>"},
	{"2.7", {{FIN | PONG, "", 0}}, "<pong >"},
	{"2.8", {{FIN | PONG, "unsolicited", 0}}, "<pong unsolicited>"},
	{"2.9", {{FIN | PONG, "pong", 0}, {FIN | PING, "ping", 0}}, "<pong pong><ping ping>"},
	{"2.10", {{FIN | PING, "0", 0}, {FIN | PING, "1", 0}, {FIN | PING, "2", 0}}, "<ping 0><ping 1><ping 2>"},
	{"3.1", {{FIN | RSV3 | TEXT, "x", 0}}, "<failed 1002>"},
	{"3.2", {{FIN | TEXT, "first", 0}, {FIN | RSV2 | TEXT, "x", 0}, {FIN | PING, "", 0}}, "first|<failed 1002>"},
	{"3.3", {{FIN | TEXT, "first", 0}, {FIN | RSV2 | RSV3 | TEXT, "x", 0}}, "first|<failed 1002>"},
	{"3.4", {{FIN | TEXT, "first", 0}, {FIN | RSV1 | TEXT, "x", 0}}, "first|<failed 1002>"},
	{"3.5", {{FIN | RSV1 | RSV3 | BINARY, "x", 0}}, "<failed 1002>"},
	{"3.6", {{FIN | RSV1 | RSV2 | PING, "x", 0}}, "<failed 1002>"},
	{"3.7", {{FIN | RSV1 | RSV2 | RSV3 | CLOSE, "", 0}}, "<failed 1002>"},
	{"4.1.1", {{FIN | 3, "", 0}}, "<failed 1002>"},
	{"4.1.2", {{FIN | 4, "reserved", 0}}, "<failed 1002>"},
	{"4.1.3", {{FIN | TEXT, "first", 0}, {FIN | 5, "", 0}, {FIN | PING, "", 0}}, "first|<failed 1002>"},
	{"4.1.4", {{FIN | TEXT, "first", 0}, {FIN | 6, "x", 0}}, "first|<failed 1002>"},
	{"4.1.5", {{FIN | TEXT, "first", 0}, {FIN | 7, "x", 0}}, "first|<failed 1002>"},
	{"4.2.1", {{FIN | 11, "", 0}}, "<failed 1002>"},
	{"4.2.2", {{FIN | 12, "x", 0}}, "<failed 1002>"},
	{"4.2.3", {{FIN | TEXT, "first", 0}, {FIN | 13, "", 0}}, "first|<failed 1002>"},
	{"4.2.4", {{FIN | TEXT, "first", 0}, {FIN | 14, "x", 0}}, "first|<failed 1002>"},
	{"4.2.5", {{FIN | TEXT, "first", 0}, {FIN | 15, "x", 0}}, "first|<failed 1002>"},
	{"5.1", {{PING, "frag", 0}, {FIN, "ment", 0}}, "<failed 1002>"},
	{"5.2", {{PONG, "frag", 0}, {FIN, "ment", 0}}, "<failed 1002>"},
	{"5.3", {{TEXT, "frag", 0}, {FIN, "ment", 0}}, "fragment|"},
	{"5.6", {{TEXT, "frag", 0}, {FIN | PING, "between", 0}, {FIN, "ment", 0}}, NULL},
	{"5.9", {{FIN, "nothing to go on with", 0}, {FIN | TEXT, "x", 0}}, "<failed 1002>"},
	{"5.12", {{0, "nothing to go on with", 0}, {FIN | TEXT, "x", 0}}, "<failed 1002>"},
	{"5.15", {{TEXT, "frag", 0}, {FIN, "ment", 0}, {0, "again", 0}}, "fragment|<failed 1002>"},
	{"5.18", {{TEXT, "one", 0}, {FIN | TEXT, "two", 0}}, NULL},
	{"5.20", {{TEXT, "1", 0}, {0, "2", 0}, {FIN | PING, "p", 0}, {0, "3", 0}, {0, "4", 0}, {FIN | PING, "q", 0}, {FIN, "5", 0}}, NULL},
	{"6.1.3", {{TEXT, "", 0}, {0, "middle", 0}, {FIN, "", 0}}, "middle|"},
	{"7.1.1", {{FIN | TEXT, "Hello", 0}, {FIN | CLOSE, "", 0}}, "Hello|<close 0 >"},
	{"7.1.2", {{FIN | CLOSE, "", 0}, {FIN | CLOSE, "", 0}}, "<close 0 >"},
	{"7.1.3", {{FIN | CLOSE, "", 0}, {FIN | PING, "late", 0}}, "<close 0 >"},
	{"7.1.4", {{FIN | CLOSE, "", 0}, {FIN | TEXT, "late", 0}}, "<close 0 >"},
	{"7.1.5", {{TEXT, "frag", 0}, {FIN | CLOSE, "", 0}, {FIN, "ment", 0}}, NULL},
	{"7.3.2", {{FIN | CLOSE, "a", 0}}, "<failed 1002>"},
	{"7.3.3", {{FIN | CLOSE, "\x03\xe8", 0}}, "<close 1000 >"},
	{"7.3.4", {{FIN | CLOSE, "\x03\xe8" "bye", 0}}, "<close 1000 bye>"},
	{"7.3.5", {{FIN | CLOSE, "\x03\xe8" LONG123, 0}}, "<close 1000 " LONG123 ">"},
	{"7.3.6", {{FIN | CLOSE, "\x03\xe8" LONG123 "*", 0}}, "<failed 1002>"},
	{"7.5.1", {{FIN | CLOSE, "\x03\xe8\xce\xba\xe1\xbd\xb9\xed\xa0\x80", 0}}, "<failed 1007>"},
	{"7.7.4", {{FIN | CLOSE, "\x03\xeb", 0}}, "<close 1003 >"},
	{"7.7.9", {{FIN | CLOSE, "\x03\xf3", 0}}, "<close 1011 >"},
	{"7.7.10", {{FIN | CLOSE, "\x0b\xb8", 0}}, "<close 3000 >"},
	{"7.7.13", {{FIN | CLOSE, "\x13\x87", 0}}, "<close 4999 >"},
	{"7.9.1", {{FIN | CLOSE, "\0\0", 2}}, "<failed 1002>"},
	{"7.9.2", {{FIN | CLOSE, "\x03\xe7", 0}}, "<failed 1002>"},
	{"7.9.3", {{FIN | CLOSE, "\x03\xec", 0}}, "<failed 1002>"},
	{"7.9.4", {{FIN | CLOSE, "\x03\xed", 0}}, "<failed 1002>"},
	{"7.9.5", {{FIN | CLOSE, "\x03\xee", 0}}, "<failed 1002>"},
	{"7.9.9", {{FIN | CLOSE, "\x07\xcf", 0}}, "<failed 1002>"},
	{"7.13.1", {{FIN | CLOSE, "\x13\x88", 0}}, "<failed 1002>"},
	{"7.13.2", {{FIN | CLOSE, "\xff\xff", 0}}, "<failed 1002>"},
};

/* Those in which a control frame stands in the middle of a message: a message of one byte at a time is told with them in between. */
static const struct {
	const char *number, *expected;
} interleaved[] = {
	{"5.6", "frag<ping between>ment|"},
	{"5.18", "one<failed 1002>"},
	{"5.20", "12<ping p>34<ping q>5|"},
	{"7.1.5", "frag<close 0 >"},
};

static const char *expected_of(const struct frames_case *c)
{
	for (size_t i = 0; !c->expected && i < sizeof(interleaved) / sizeof(interleaved[0]); i++)
		if (strcmp(interleaved[i].number, c->number) == 0)
			return interleaved[i].expected;
	return c->expected;
}

static void test_autobahn_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_frames(cases[i].frames, expected_of(&cases[i]));
}

/* 1.1.3 to 1.1.8, 1.2.3 to 1.2.8 and 9: lengths around the borders of their encodings, whole and fragmented. */
static void test_lengths(void **state)
{
	static const size_t lengths[] = {125, 126, 127, 128, 65535, 65536, 1 << 20};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *text = malloc(lengths[i] + 2);
		struct buf bytes;

		buf_init(&bytes);
		memset(text, '*', lengths[i]);
		strcpy(text + lengths[i], "|");
		put_frame(&bytes, FIN | TEXT, str_make(text, lengths[i]));
		check_bytes(buf_str(&bytes), text, 0);
		buf_clear(&bytes);
		put_frame(&bytes, BINARY, str_make(text, lengths[i] / 2));
		put_frame(&bytes, FIN, str_make(text, lengths[i] - lengths[i] / 2));
		check_bytes(buf_str(&bytes), text, 0);
		buf_fini(&bytes);
		free(text);
	}
}

static void test_malformed_headers(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{"\x81\x05Hello", 7},                           /* not masked */
		{"\x81\xfe\0\x05\0\0\0\0", 8},                  /* a length in more bytes than it takes */
		{"\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0", 14},
		{"\x81\xff\x80\0\0\0\0\0\0\0\0\0\0\0", 14},     /* 64 bits */
		{"\x89\xfe\0\x7e\0\0\0\0", 8},                  /* a long ping */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_bytes(str_make(bad[i].bytes, bad[i].len), "<failed 1002>", 15);
}

static void test_nothing_is_held_between_messages(void **state)
{
	struct websocket w;
	struct buf bytes, out;

	(void)state;
	buf_init(&bytes);
	buf_init(&out);
	websocket_init(&w, 15);
	put_frame(&bytes, TEXT, STR("one"));
	read_all(&w, buf_str(&bytes), 100, &out);
	assert_true(websocket_held_bytes(&w) > 0);
	buf_clear(&bytes);
	put_frame(&bytes, FIN, STR("two"));
	put_frame(&bytes, FIN | PING, STR(""));
	read_all(&w, buf_str(&bytes), 100, &out);
	assert_int_equal(websocket_held_bytes(&w), 0);
	assert_null(w.part);
	buf_fini(&bytes);
	buf_fini(&out);
}

/* ---- compression ---- */

static void pack(struct buf *out, struct str text, bool is_last_block)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)text.data, .avail_in = (uInt)text.len};
	size_t room = text.len + 1000;

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = (Bytef *)buf_reserve(out, room);
	z.avail_out = (uInt)room;
	deflate(&z, is_last_block ? Z_FINISH : Z_SYNC_FLUSH);
	buf_claim(out, room - z.avail_out - (is_last_block ? 0 : 4));
	if (is_last_block)
		buf_append_char(out, '\0');
	deflateEnd(&z);
}

/* 12 and 13: messages of many lengths, in one frame and in several, in which only the first says that it is compressed. */
static void test_compressed_messages(void **state)
{
	static const size_t lengths[] = {0, 1, 16, 64, 255, 1024, 4096, 16384, 16385, 32768, 131072};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *text = malloc(lengths[i] + 2);
		struct buf bytes, packed;

		buf_init(&bytes);
		buf_init(&packed);
		for (size_t k = 0; k < lengths[i]; k++)
			text[k] = (char)('a' + (k * k / 7 + k % 13) % 26);
		strcpy(text + lengths[i], "|");
		pack(&packed, str_make(text, lengths[i]), i % 2);
		put_frame(&bytes, FIN | RSV1 | TEXT, buf_str(&packed));
		check_bytes(buf_str(&bytes), text, 15);
		check_bytes(buf_str(&bytes), "<failed 1002>", 0);
		buf_clear(&bytes);
		put_frame(&bytes, RSV1 | TEXT, str_make(packed.data, packed.len / 2));
		put_frame(&bytes, 0, STR(""));
		put_frame(&bytes, FIN, str_make(packed.data + packed.len / 2, packed.len - packed.len / 2));
		check_bytes(buf_str(&bytes), text, 15);
		buf_fini(&bytes);
		buf_fini(&packed);
		free(text);
	}
}

static void test_what_is_no_compressed_data(void **state)
{
	struct buf bytes;

	(void)state;
	buf_init(&bytes);
	put_frame(&bytes, FIN | RSV1 | TEXT, STR("\xff\xff\xff\xff\xff"));
	check_bytes(buf_str(&bytes), "<failed 1007>", 15);
	buf_clear(&bytes);
	put_frame(&bytes, RSV1 | TEXT, STR(""));
	put_frame(&bytes, FIN | RSV1, STR(""));
	check_bytes(buf_str(&bytes), "<failed 1002>", 15);
	buf_fini(&bytes);
}

/* A thousand to one: found while it is inflated, not after. */
static void test_bomb(void **state)
{
	enum { BYTES = 64 << 20, LIMIT = 100000 };
	char *zeros = calloc(1, BYTES), *room = malloc(WEBSOCKET_PIECE_BYTES);
	struct websocket w;
	struct buf bytes, packed;
	struct str input, payload;
	enum websocket_event e;
	size_t told = 0;

	(void)state;
	buf_init(&bytes);
	buf_init(&packed);
	pack(&packed, str_make(zeros, BYTES), false);
	put_frame(&bytes, FIN | RSV1 | TEXT, buf_str(&packed));
	websocket_init(&w, 15);
	w.limit_bytes = LIMIT;
	input = buf_str(&bytes);
	while ((e = websocket_read(&w, &input, room, &payload)) == WEBSOCKET_TEXT)
		told += payload.len;
	assert_int_equal(e, WEBSOCKET_FAILED);
	assert_int_equal(w.status, WEBSOCKET_TOO_LARGE);
	assert_true(told <= LIMIT);
	assert_true(input.len > bytes.len / 2);
	websocket_fini(&w);
	buf_fini(&bytes);
	buf_fini(&packed);
	free(zeros);
	free(room);
}

/* ---- out ---- */

static void test_written_frames(void **state)
{
	struct websocket w;
	struct buf out;
	char text[70000];

	(void)state;
	websocket_init(&w, 0);
	memset(text, 'x', sizeof(text));
	buf_init(&out);
	websocket_write_text(&w, &out, STR("Hello"));
	websocket_write_ping(&out);
	websocket_write_pong(&out, STR("p"));
	websocket_write_close(&out, WEBSOCKET_NORMAL);
	websocket_write_close(&out, WEBSOCKET_NO_STATUS);
	assert_true(str_equal(buf_str(&out), STR("\x81\x05Hello\x89\0\x8a\x01p\x88\x02\x03\xe8\x88\0")));
	buf_clear(&out);
	websocket_write_text(&w, &out, str_make(text, 126));
	assert_memory_equal(out.data, "\x81\x7e\0\x7exx", 6);
	buf_clear(&out);
	websocket_write_text(&w, &out, str_make(text, sizeof(text)));
	assert_memory_equal(out.data, "\x81\x7f\0\0\0\0\0\x01\x11\x70xx", 12);
	assert_int_equal(out.len, sizeof(text) + 10);
	buf_fini(&out);
}

static void test_written_compressed(void **state)
{
	struct websocket w;
	struct buf out, bytes, seen;
	char text[5000];

	(void)state;
	websocket_init(&w, 9);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 20);
	buf_init(&out);
	buf_init(&bytes);
	buf_init(&seen);
	websocket_write_text(&w, &out, str_make(text, 1000));
	assert_int_equal((unsigned char)out.data[0], FIN | TEXT);
	buf_clear(&out);
	websocket_write_text(&w, &out, str_make(text, sizeof(text)));
	assert_int_equal((unsigned char)out.data[0], FIN | RSV1 | TEXT);
	assert_true(out.len < 500);
	put_frame(&bytes, FIN | RSV1 | TEXT, str_make(out.data + (out.data[1] == 126 ? 4 : 2), out.len - (out.data[1] == 126 ? 4u : 2u)));
	read_all(&w, buf_str(&bytes), 100, &seen);
	assert_int_equal(seen.len, sizeof(text) + 1);
	assert_memory_equal(seen.data, text, sizeof(text));
	websocket_fini(&w);
	buf_fini(&out);
	buf_fini(&bytes);
	buf_fini(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_autobahn_cases),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_malformed_headers),
		cmocka_unit_test(test_nothing_is_held_between_messages),
		cmocka_unit_test(test_compressed_messages),
		cmocka_unit_test(test_what_is_no_compressed_data),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_written_frames),
		cmocka_unit_test(test_written_compressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
