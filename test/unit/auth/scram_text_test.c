#include "auth/scram_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define SHA1_KEYS "===SHA1===QClQsw/sfPEnwj4AEp6E1w==|ys1104hRhqMoRputBY5sLHKXoSw=|EJvxXWM42tO7BgW21lNZyBc1dD0="
#define SHA256_KEYS                                                                                                  \
	"==SHA256==M7BYKSo04XbzBr4C7b056g==|A779MC05nSGQln5no0hKTGHFSaQ7oguKBZgORW3s+es=|" \
	"XhtGFf6NDWsnVSCO4xkzPD3qc046fPL0pATZi7RmaWo="

/* The keys of the password "padthai", as MongooseIM wrote them. */
static void reads_several_hashes(void **state)
{
	struct scram_record r;

	(void)state;
	assert_true(scram_text_is_keys(STR("==MULTI_SCRAM==,4096," SHA1_KEYS)));
	assert_true(scram_text_read(STR("==MULTI_SCRAM==,4096," SHA1_KEYS "," SHA256_KEYS), &r));
	assert_true(r.hash[CONFIG_HASH_SHA1].present && r.hash[CONFIG_HASH_SHA256].present);
	assert_false(r.hash[CONFIG_HASH_SHA512].present);
	assert_int_equal(r.hash[CONFIG_HASH_SHA1].iterations, 4096);
	assert_true(scram_verify_password(&r.hash[CONFIG_HASH_SHA1], CONFIG_HASH_SHA1, STR("padthai")));
	assert_true(scram_verify_password(&r.hash[CONFIG_HASH_SHA256], CONFIG_HASH_SHA256, STR("padthai")));
	assert_false(scram_verify_password(&r.hash[CONFIG_HASH_SHA256], CONFIG_HASH_SHA256, STR("padthaj")));
}

static void reads_the_old_form(void **state)
{
	struct scram_record r;

	(void)state;
	assert_true(scram_text_read(STR("==SCRAM==,tmi5IE+9pceRV/jkPLFHEaVY33c=,MiWNa8T3dniVDwmh77ufJ41fpAQ=,inKXODlSY5y5SCsLxibi0w==,4096"), &r));
	assert_true(scram_verify_password(&r.hash[CONFIG_HASH_SHA1], CONFIG_HASH_SHA1, STR("misio")));
}

static void writes_what_it_reads(void **state)
{
	static const uint8_t salt[SCRAM_SALT_BYTES] = {1, 2, 3};
	struct scram_record r = {0}, again;
	struct buf text;

	(void)state;
	buf_init(&text);
	for (int h = 0; h < CONFIG_HASH_COUNT; h++)
		scram_derive(&r.hash[h], (enum config_hash)h, STR("secret"), salt, 7);
	scram_text_write(&r, &text);
	assert_true(scram_text_read(buf_str(&text), &again));
	for (int h = 0; h < CONFIG_HASH_COUNT; h++)
		assert_true(scram_verify_password(&again.hash[h], (enum config_hash)h, STR("secret")));
	buf_fini(&text);
}

static void refuses_nonsense(void **state)
{
	static const char *const bad[] = {
		"", "secret", "==SCRAM==", "==SCRAM==,", "==SCRAM==,a,b,c,4096", "==MULTI_SCRAM==,", "==MULTI_SCRAM==,4096",
		"==MULTI_SCRAM==,0," SHA1_KEYS, "==MULTI_SCRAM==,-1," SHA1_KEYS, "==MULTI_SCRAM==,99999999," SHA1_KEYS,
		"==MULTI_SCRAM==,4096," SHA1_KEYS "," SHA1_KEYS, "==MULTI_SCRAM==,4096,==MD5==a|b|c", "==MULTI_SCRAM==,4096," SHA1_KEYS ",",
		"==MULTI_SCRAM==,4096,===SHA1===QClQ|ys1104hRhqMoRputBY5sLHKXoSw=|EJvxXWM42tO7BgW21lNZyBc1dD0=",
		"==MULTI_SCRAM==,4096,===SHA1===QClQsw/sfPEnwj4AEp6E1w==|ys1104hRhqMoRputBY5sLHKXoSw=",
	};
	struct scram_record r;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(scram_text_read(str_from(bad[i]), &r));
	assert_false(scram_text_is_keys(STR("secret")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_several_hashes),
		cmocka_unit_test(reads_the_old_form),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(refuses_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
