#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

static void *add_more(void *argument)
{
	(void)argument;
	histogram_add(HISTOGRAM_stanza_in_bytes, 1000);
	return NULL;
}

static void counts_by_size(void **state)
{
	struct histogram_state s;
	pthread_t other;

	(void)state;
	for (uint64_t v = 0; v <= 5; v++)
		histogram_add(HISTOGRAM_stanza_in_bytes, v);
	histogram_add(HISTOGRAM_stanza_in_bytes, 1ull << 30);
	histogram_add(HISTOGRAM_stanza_in_bytes, (1ull << 30) + 1);
	assert_int_equal(pthread_create(&other, NULL, add_more, NULL), 0);
	pthread_join(other, NULL);
	histogram_read(HISTOGRAM_stanza_in_bytes, &s);
	assert_int_equal(s.buckets[0], 2); /* 0 and 1 */
	assert_int_equal(s.buckets[1], 1); /* 2 */
	assert_int_equal(s.buckets[2], 2); /* 3 and 4 */
	assert_int_equal(s.buckets[3], 1); /* 5 */
	assert_int_equal(s.buckets[10], 1);
	assert_int_equal(s.buckets[30], 1);
	assert_int_equal(s.buckets[31], 1);
	assert_int_equal(s.count, 9);
	assert_int_equal(s.sum, 15 + 1000 + (2ull << 30) + 1);
}

static void has_names(void **state)
{
	(void)state;
	assert_string_equal(histogram_name(HISTOGRAM_store_seconds), "store_seconds");
	assert_true(histogram_scale(HISTOGRAM_store_seconds) == 1e6);
	assert_non_null(histogram_help(HISTOGRAM_store_seconds));
	assert_true(histogram_now_us() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(counts_by_size), cmocka_unit_test(has_names)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
