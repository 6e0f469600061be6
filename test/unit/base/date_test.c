#include "base/date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
	const char *text;
	int64_t time_ms;
	const char *written;
} good[] = {
	{"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"},
	{"1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59Z"},
	{"2026-11-22T17:55:01Z", INT64_C(1795370101000), "2026-11-22T17:55:01Z"},
	{"2026-11-22T17:55:01.25Z", INT64_C(1795370101250), "2026-11-22T17:55:01Z"},
	{"2026-11-22T17:55:01.123456Z", INT64_C(1795370101123), "2026-11-22T17:55:01Z"},
	{"2026-11-22T19:55:01+02:00", INT64_C(1795370101000), "2026-11-22T17:55:01Z"},
	{"2026-11-22T12:25:01-05:30", INT64_C(1795370101000), "2026-11-22T17:55:01Z"},
	{"2024-02-29T00:00:00Z", INT64_C(1709164800000), "2024-02-29T00:00:00Z"},
	{"9999-12-30T23:59:59Z", INT64_C(253402214399000), "9999-12-30T23:59:59Z"},
};

static const char *const bad[] = {
	"", "2026", "2026-11-22", "2026-11-22T17:55:01", "2026-11-22 17:55:01Z", "2026-11-22T17:55Z", "2026-13-22T17:55:01Z", "2026-00-22T17:55:01Z",
	"2026-11-31T17:55:01Z", "2025-02-29T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T17:60:01Z", "2026-11-22T17:55:60Z",
	"2026-11-22T17:55:01.Z", "2026-11-22T17:55:01ZZ", "2026-11-22T17:55:01+2:00", "2026-11-22T17:55:01+24:00", "2026-11-22T17:55:01z",
	"-026-11-22T17:55:01Z", "0000-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
};

static void test_dates_are_read_and_written(void **state)
{
	char text[DATE_TEXT_BYTES];
	int64_t time_ms;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(date_read(str_from(good[i].text), &time_ms));
		assert_int_equal(time_ms, good[i].time_ms);
		assert_string_equal(date_write(time_ms, text), good[i].written);
	}
}

static void test_what_is_no_date_is_refused(void **state)
{
	int64_t time_ms;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(date_read(str_from(bad[i]), &time_ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates_are_read_and_written),
		cmocka_unit_test(test_what_is_no_date_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
