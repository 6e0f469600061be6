#include "base/gauge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int64_t read_number(void *context)
{
	return *(int64_t *)context;
}

static void note(const struct gauge *g, int64_t value, void *context)
{
	size_t len = strlen(context);

	snprintf((char *)context + len, 200 - len, "%s{%s=%s} %d\n", g->name, g->label, g->of, (int)value);
}

static void shows_what_is_there(void **state)
{
	int64_t one = 1, two = 2;
	struct gauge first = {.name = "x", .label = "of", .of = "a", .read = read_number, .context = &one};
	struct gauge second = {.name = "x", .label = "of", .of = "b", .read = read_number, .context = &two};
	char text[200] = "";

	(void)state;
	gauge_show(&first);
	gauge_show(&second);
	two = 3;
	gauge_visit(note, text);
	assert_string_equal(text, "x{of=a} 1\nx{of=b} 3\n");
	gauge_hide(&first);
	gauge_hide(&first);
	text[0] = 0;
	gauge_visit(note, text);
	assert_string_equal(text, "x{of=b} 3\n");
	gauge_hide(&second);
	text[0] = 0;
	gauge_visit(note, text);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
