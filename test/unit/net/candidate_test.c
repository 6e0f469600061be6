#include "net/candidate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SRV(p, w, o, t) \
	{ \
		.srv = {.priority = (p), .weight = (w), .port = (o), .target = STR(t)} \
	}

static void add(struct candidate_list *l, const union resolve_record *records, size_t count, bool is_direct)
{
	const struct resolve_answer answer = {.records = records, .count = count, .is_secure = is_direct};

	candidate_add(l, &answer, is_direct);
}

static void sorts_by_priority_over_both_services(void **state)
{
	static const union resolve_record direct[] = {SRV(20, 0, 5270, "a"), SRV(5, 0, 5270, "b")};
	static const union resolve_record starttls[] = {SRV(10, 0, 5269, "c"), SRV(1, 0, 5269, "d"), SRV(1, 0, 5269, "d")};
	struct candidate_list l = {0};

	(void)state;
	add(&l, direct, 2, true);
	add(&l, starttls, 3, false);
	candidate_sort(&l);
	assert_int_equal(l.count, 4);
	assert_string_equal(l.items[0].host.data, "d");
	assert_string_equal(l.items[1].host.data, "b");
	assert_true(l.items[1].is_direct_tls);
	assert_true(l.items[1].is_secure);
	assert_string_equal(l.items[2].host.data, "c");
	assert_false(l.items[2].is_secure);
	assert_string_equal(l.items[3].host.data, "a");
}

static void leaves_out_what_is_of_no_use(void **state)
{
	static const union resolve_record none[] = {SRV(0, 0, 0, ".")}, zero[] = {SRV(0, 0, 0, "a"), SRV(1, 0, 5269, "b")};
	struct candidate_list l = {0};

	(void)state;
	add(&l, none, 1, true);
	assert_int_equal(l.count, 0);
	assert_false(l.denies);
	add(&l, none, 1, false);
	assert_true(l.denies);
	add(&l, zero, 2, false);
	assert_true(l.has_bad);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.items[0].host.data, "b");
}

static void keeps_the_best_of_many(void **state)
{
	union resolve_record records[RESOLVE_RECORDS_MAX];
	struct candidate_list l = {0};

	(void)state;
	for (size_t i = 0; i < RESOLVE_RECORDS_MAX; i++)
		records[i] = (union resolve_record)SRV((uint16_t)(RESOLVE_RECORDS_MAX - i), 0, (uint16_t)(i + 1), "a");
	add(&l, records, RESOLVE_RECORDS_MAX, false);
	candidate_sort(&l);
	assert_int_equal(l.count, DIAL_CANDIDATES_MAX);
	for (size_t i = 0; i < l.count; i++)
		assert_int_equal(l.items[i].priority, i + 1);
}

static void draws_by_weight(void **state)
{
	static const union resolve_record records[] = {SRV(0, 0, 1, "none"), SRV(0, 10, 2, "light"), SRV(0, 90, 3, "heavy")};
	int heavy = 0, light = 0, none = 0;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		struct candidate_list l = {0};

		add(&l, records, 3, false);
		candidate_sort(&l);
		heavy += l.items[0].port == 3;
		light += l.items[0].port == 2;
		none += l.items[0].port == 1;
	}
	assert_in_range(heavy, 8700, 9300);
	assert_in_range(light, 700, 1300);
	assert_in_range(none, 0, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts_by_priority_over_both_services),
		cmocka_unit_test(leaves_out_what_is_of_no_use),
		cmocka_unit_test(keeps_the_best_of_many),
		cmocka_unit_test(draws_by_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
