/* Known answers come from Python's hashlib and hmac. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth/digest.h"
#include "base/codec.h"
#include "store/worker.h"

static void assert_hex(const uint8_t *bytes, enum config_hash h, const char *expected)
{
	char hex[2 * DIGEST_BYTES_MAX + 1];

	codec_hex(hex, bytes, digest_bytes(h));
	assert_string_equal(hex, expected);
}

static const struct {
	enum config_hash hash;
	size_t bytes;
	const char *of_abc, *hmac_long_key, *hmac_of_nothing, *pbkdf2_once, *pbkdf2_long;
} answers[] = {
	{CONFIG_HASH_SHA1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d", "fde1b0c7d366c2f0805eb688ed89d55764187122",
	 "f42bb0eeb018ebbd4597ae7213711ec60760843f", "0c60c80f961f0e71f3a9b524af6012062fe037a6",
	 "1e60d31bba6efff99013513b6ae199659199299f"},
	{CONFIG_HASH_SHA224, 28, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
	 "c53f04eb2f063d6a4db9608efca4bd7ca6884c3bb41aa127d97d6ad9",
	 "5aa677c13ce1128eeb3a5c01cef7f16557cd0b76d18fd557d6ac3962",
	 "3c198cbdb9464b7857966bd05b7bc92bc1cc4e6e63155d4e490557fd",
	 "f70ad260ccb55497d2b795c480075a9cf63a6732d3396c43ba36add0"},
	{CONFIG_HASH_SHA256, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	 "a8baf0c755d72426109845a5e075c5c04d438a87f035b8f920c5be18350657d9",
	 "5d5d139563c95b5967b9bd9a8c9b233a9dedb45072794cd232dc1b74832607d0",
	 "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b",
	 "694975e27a703e5dbb41b0e039e3820139f5086952b5516b97ad428aa2d0fd52"},
	{CONFIG_HASH_SHA384, 48, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
	 "de544360e83ab2e3fa27efe7d238ae51f39f56cb6614c674ac6b23ca30517478bfd2280dc5cee347d90ae62a1359e90c",
	 "99f44bb4e73c9d0ef26533596c8d8a32a5f8c10a9b997d30d89a7e35ba1ccf200b985f72431202b891fe350da410e43f",
	 "c0e14f06e49e32d73f9f52ddf1d0c5c7191609233631dadd76a567db42b78676b38fc800cc53ddb642f5c74442e62be4",
	 "c16c8e80c970374ac3fe2a11cc8bb60b3ca891fb1f2aedae327e02ebfeba6f90902029b30ff91a01ae9976152ee4d2d4"},
	{CONFIG_HASH_SHA512, 64,
	 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	 "640100b7eaa0f9c2d57536e8ef71c1a8ed315aaf0251f759ea8f4bed4739b4866beaef956a967e45a2bc28ecd6b715a7ae16aa728c8d62407013ebdbb43480c3",
	 "84fa5aa0279bbc473267d05a53ea03310a987cecc4c1535ff29b6d76b8f1444a728df3aadb89d4a9a6709e1998f373566e8f824a8ca93b1821f0b69bc2a2f65e",
	 "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce",
	 "6e73c20e87eb100f07017fa667f808ad030c415158b5e58beffff64b14951effb9ea9a72f5c8e8c356fe86d3cdb8fbde8db5b3d7fe3ba35b1db68bc336d1fb0f"},
};

enum { ANSWERS = sizeof answers / sizeof answers[0] };

static void check_answers(void)
{
	char long_key[200], long_password[300];
	uint8_t out[DIGEST_BYTES_MAX];

	memset(long_key, 'k', sizeof long_key);
	memset(long_password, 'p', sizeof long_password);
	for (size_t i = 0; i < ANSWERS; i++) {
		enum config_hash h = answers[i].hash;

		assert_int_equal(digest_bytes(h), answers[i].bytes);
		digest_make(h, STR("abc"), out);
		assert_hex(out, h, answers[i].of_abc);
		digest_hmac(h, str_make(long_key, sizeof long_key), STR("data of some kind"), out);
		assert_hex(out, h, answers[i].hmac_long_key);
		digest_hmac(h, STR("key"), STR_NONE, out);
		assert_hex(out, h, answers[i].hmac_of_nothing);
		digest_pbkdf2(h, STR("password"), STR("salt"), 1, out);
		assert_hex(out, h, answers[i].pbkdf2_once);
		digest_pbkdf2(h, str_make(long_password, sizeof long_password), STR("salt and more"), 7, out);
		assert_hex(out, h, answers[i].pbkdf2_long);
	}
}

static void test_answers(void **state)
{
	(void)state;
	check_answers();
}

static void *check_in_thread(void *argument)
{
	(void)argument;
	check_answers();
	return NULL;
}

static void test_in_threads(void **state)
{
	pthread_t threads[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		worker_start(&threads[i], "digest", check_in_thread, NULL);
	for (int i = 0; i < 3; i++)
		worker_stop(threads[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_threads),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
