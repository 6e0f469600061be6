#include "http/folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

/* What it answers with is test/clients/chat_page_test.py's; here is that any folder can be opened and closed. */
static void opens_and_closes(void **state)
{
	char path[] = "/tmp/meerkat-folder-XXXXXX";
	struct folder *f;

	(void)state;
	assert_non_null(mkdtemp(path));
	f = folder_open(path);
	assert_non_null(f);
	folder_close(&f);
	assert_null(f);
	folder_close(&f);
	rmdir(path);
	assert_null(folder_open(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(opens_and_closes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
