#include "base/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct thing {
	struct probe probe;
	double value;
};

static void report(const struct probe *p, probe_take *take, void *context)
{
	take(context, &(struct probe_sample){"things", "gauge", "Things", "", container_of(p, struct thing, probe)->value});
}

static void add_up(void *context, const struct probe_sample *s)
{
	*(double *)context += s->value;
}

static double sum(void)
{
	double all = 0;

	probe_ask_all(add_up, &all);
	return all;
}

static void asks_those_that_are_there(void **state)
{
	struct thing one = {{.report = report}, 1}, two = {{.report = report}, 2}, never = {.value = 4};

	(void)state;
	probe_add(&one.probe);
	probe_add(&two.probe);
	assert_true(sum() == 3);
	probe_remove(&one.probe);
	probe_remove(&one.probe);
	probe_remove(&never.probe);
	assert_true(sum() == 2);
	probe_remove(&two.probe);
	assert_true(sum() == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(asks_those_that_are_there)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
