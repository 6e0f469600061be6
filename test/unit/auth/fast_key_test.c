#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "auth/fast_key.h"
#include "support/await.h"

static void test_key(void **state)
{
	char folder[AWAIT_FOLDER_MAX], path[AWAIT_FOLDER_MAX + 16];
	uint8_t key[FAST_TOKEN_KEY_BYTES], again[FAST_TOKEN_KEY_BYTES];
	struct stat about;
	struct why why = {""};
	FILE *file;

	(void)state;
	await_folder_make(folder);
	snprintf(path, sizeof(path), "%s/token.key", folder);
	assert_int_equal(fast_key_load(folder, key, &why), ERR_NONE);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_int_equal(about.st_size, FAST_TOKEN_KEY_BYTES);
	assert_int_equal(fast_key_load(folder, again, &why), ERR_NONE);
	assert_memory_equal(key, again, sizeof(key));

	/* Another one where there is none; and what is no key is not taken for one. */
	assert_int_equal(remove(path), 0);
	assert_int_equal(fast_key_load(folder, again, &why), ERR_NONE);
	assert_memory_not_equal(key, again, sizeof(key));
	file = fopen(path, "a");
	assert_true(file && fputc('x', file) == 'x' && fclose(file) == 0);
	assert_int_equal(fast_key_load(folder, again, &why), ERR_INVALID);
	assert_non_null(strstr(why.text, "token.key"));
	await_folder_remove(folder);
}

static void test_no_folder(void **state)
{
	uint8_t key[FAST_TOKEN_KEY_BYTES];
	struct why why = {""};

	(void)state;
	assert_int_not_equal(fast_key_load("/nonexistent/folder", key, &why), ERR_NONE);
	assert_non_null(strstr(why.text, "/nonexistent/folder/token.key"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_key), cmocka_unit_test(test_no_folder)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
