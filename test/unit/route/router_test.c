#include "route/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bed.h"
#include "support/bed_accounts.h"

static const struct module_def *const no_modules[] = {NULL};

static void delivers_to_a_full_address(void **state)
{
	struct bed b;

	(void)state;
	for (int loops = 1; loops <= 7; loops += 3) {
		bed_open(&b, loops, no_modules, NULL);

		struct bed_peer *alice = bed_login(&b, "alice@localhost/a"), *bob = bed_login(&b, "bob@localhost/b");

		bed_send(alice, "<message to='bob@localhost/b' id='1'><body>hi</body></message>");
		bed_settle(&b);
		assert_string_equal(bed_take(bob),
				    "<message from='alice@localhost/a' to='bob@localhost/b' id='1'><body>hi</body></message>\n");
		assert_string_equal(bed_take(alice), "");
		assert_int_equal(alice->session->unsettled, 0);
		bed_logout(alice);
		bed_logout(bob);
		bed_close(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivers_to_a_full_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
