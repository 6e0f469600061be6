#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "auth/record.h"

static const uint8_t salt[SCRAM_SALT_BYTES] = "salt of 16 bytes";

static void make(struct record *r, bool has_password)
{
	*r = (struct record){0};
	scram_derive(&r->keys.hash[CONFIG_HASH_SHA1], CONFIG_HASH_SHA1, STR("pencil"), salt, 3);
	scram_derive(&r->keys.hash[CONFIG_HASH_SHA512], CONFIG_HASH_SHA512, STR("pencil"), salt, 3);
	r->keys.hash[CONFIG_HASH_SHA512].iterations = 70000;
	if (has_password)
		r->password = STR("pencil");
}

static void test_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct record r, again;
		struct buf b;

		buf_init(&b);
		make(&r, i == 1);
		record_encode(&r, &b);
		assert_true(record_decode(buf_str(&b), &again));
		assert_memory_equal(&r.keys, &again.keys, sizeof r.keys);
		assert_int_equal(again.password.data != NULL, i == 1);
		assert_true(i == 0 || str_is(again.password, "pencil"));
		buf_fini(&b);
	}
}

static void test_empty(void **state)
{
	struct record r = {0}, again;
	struct buf b;

	(void)state;
	buf_init(&b);
	record_encode(&r, &b);
	assert_int_equal(b.len, 1);
	assert_true(record_decode(buf_str(&b), &again));
	assert_false(again.keys.hash[0].present);
	buf_fini(&b);
}

/* As written today; records of today must be read for ever. */
static void test_bytes(void **state)
{
	static const char bytes[] = "\x01"
				    "\x03\x00\x54" "\x00\x00\x10\x00" "0123456789abcdef"
				    "SSSSSSSSSSSSSSSSSSSSSSSSSSSSSSSS" "KKKKKKKKKKKKKKKKKKKKKKKKKKKKKKKK"
				    "\x40\x00\x03" "abc";
	struct record r;
	struct buf b;

	(void)state;
	assert_true(record_decode(str_make(bytes, sizeof bytes - 1), &r));
	assert_true(r.keys.hash[CONFIG_HASH_SHA256].present);
	assert_int_equal(r.keys.hash[CONFIG_HASH_SHA256].iterations, 4096);
	assert_memory_equal(r.keys.hash[CONFIG_HASH_SHA256].salt, "0123456789abcdef", 16);
	assert_int_equal(r.keys.hash[CONFIG_HASH_SHA256].stored_key[31], 'S');
	assert_int_equal(r.keys.hash[CONFIG_HASH_SHA256].server_key[0], 'K');
	assert_true(str_is(r.password, "abc"));
	buf_init(&b);
	record_encode(&r, &b);
	assert_int_equal(b.len, sizeof bytes - 1);
	assert_memory_equal(b.data, bytes, b.len);
	buf_fini(&b);
}

#define BYTES(text) {text, sizeof(text) - 1}

static void test_damaged(void **state)
{
	static const struct str bad[] = {
		BYTES(""),
		BYTES("\x00"),
		BYTES("\x02"),                     /* a newer version */
		BYTES("\x01\x40"),
		BYTES("\x01\x40\x00"),
		BYTES("\x01\x40\x00\x00"),         /* an empty password */
		BYTES("\x01\x40\x00\x05" "abcd"),  /* one that is not all there */
		BYTES("\x01\x40\x00\x01" "a" "\x40\x00\x01" "a"),
		BYTES("\x01\x00\x00\x00"),
		BYTES("\x01\x06\x00\x01" "x"),     /* an unknown hash */
		BYTES("\x01\x01\x00\x01" "x"),     /* keys of the wrong length */
		BYTES("\x01\xff\xff\xff"),
	};
	struct record r;
	struct buf b;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(record_decode(bad[i], &r));
	/* Every beginning of a good one. */
	buf_init(&b);
	make(&r, true);
	record_encode(&r, &b);
	for (size_t len = 0; len < b.len; len++) {
		char *part = malloc(len + 1);
		bool is_whole_fields = len == 1 || len == 1 + 3 + 60 || len == 1 + 3 + 60 + 3 + 148;

		memcpy(part, b.data, len);
		assert_int_equal(record_decode(str_make(part, len), &r), is_whole_fields);
		free(part);
	}
	buf_fini(&b);
}

static void test_no_iterations(void **state)
{
	struct record r, again;
	struct buf b;

	(void)state;
	buf_init(&b);
	make(&r, false);
	r.keys.hash[CONFIG_HASH_SHA1].iterations = 0;
	record_encode(&r, &b);
	assert_false(record_decode(buf_str(&b), &again));
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_no_iterations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
