#include "main/giving_back.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void gives_back_once_when_many_have_gone(void **state)
{
	static const struct {
		int64_t connections;
		bool is_done;
	} looks[] = {
		{0, false}, {1000, false}, {1000, false}, {600, false}, {600, false}, /* not half of them */
		{400, false}, {300, false}, {300, true},  {300, false}, {301, false}, {100, false}, {100, false},
		{400, false}, {100, false}, {100, true},  {0, false},   {249, false}, {0, false},   {0, false},
		{250, false}, {0, false},   {0, true},    {0, false},
	};
	struct giving_back g = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (giving_back_look(&g, looks[i].connections) != looks[i].is_done)
			fail_msg("look %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_back_once_when_many_have_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
