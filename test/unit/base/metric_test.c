#include "base/metric.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <string.h>

static void *count_on_a_thread(void *data)
{
	(void)data;
	for (int i = 0; i < 1000; i++)
		metric_add(METRIC_stanzas_in, 1);
	metric_add(METRIC_sessions, -3);
	return NULL;
}

static void sums_over_threads_that_ended(void **state)
{
	pthread_t threads[3];

	(void)state;
	metric_add(METRIC_stanzas_in, 7);
	metric_add(METRIC_sessions, 10);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_on_a_thread, NULL), 0);
	assert_in_range(metric_read(METRIC_stanzas_in), 7, 3007);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metric_read(METRIC_stanzas_in), 3007);
	assert_int_equal(metric_read(METRIC_sessions), 1);
	assert_int_equal(metric_read(METRIC_stanzas_out), 0);
}

static void names_each(void **state)
{
	(void)state;
	for (int m = 0; m < METRIC_COUNT; m++) {
		const char *kind = metric_kind((enum metric)m);

		assert_true(strlen(metric_name((enum metric)m)) > 0);
		assert_true(strlen(metric_help((enum metric)m)) > 0);
		assert_true(strcmp(kind, "counter") == 0 || strcmp(kind, "gauge") == 0);
	}
	assert_string_equal(metric_name(METRIC_stanzas_in), "stanzas_in");
	assert_string_equal(metric_kind(METRIC_sessions), "gauge");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_over_threads_that_ended),
		cmocka_unit_test(names_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
