#include "conf/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void measures_distances(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
	    {"", "", 0},
	    {"", "abc", 3},
	    {"abc", "", 3},
	    {"port", "port", 0},
	    {"prot", "port", 1},
	    {"prt", "port", 1},
	    {"ports", "port", 1},
	    {"pOrt", "port", 0},
	    {"scram-SHA_1", "scram_sha1", 1},
	    {"backlog", "blacklog", 1},
	    {"abcd", "badc", 2},
	    {"kitten", "sitting", 3},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(nearest_distance(str_from(cases[i].a), str_from(cases[i].b)), cases[i].distance);
		assert_int_equal(nearest_distance(str_from(cases[i].b), str_from(cases[i].a)), cases[i].distance);
	}
}

static void does_not_measure_long_texts(void **state)
{
	char text[NEAREST_MAX_LEN + 1];
	(void)state;
	memset(text, 'a', sizeof(text));
	assert_true(nearest_distance(str_make(text, sizeof(text)), STR("a")) == SIZE_MAX);
	assert_int_equal(nearest_distance(str_make(text, NEAREST_MAX_LEN), str_make(text, NEAREST_MAX_LEN)), 0);
}

static void finds_what_was_meant(void **state)
{
	static const char *const words[] = {"port", "proto", "backlog", "warning", "tls"};
	static const struct {
		const char *text, *best;
	} cases[] = {
	    {"prot", "port"},    {"TLS", "tls"}, {"prtoo", "proto"}, {"backlogs", "backlog"},
	    {"warn", "warning"}, {"foo", NULL},  {"t", NULL},        {"", NULL},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct nearest n;
		nearest_start(&n, str_from(cases[i].text));
		for (size_t j = 0; j < sizeof(words) / sizeof(*words); j++)
			nearest_offer(&n, str_from(words[j]));
		assert_int_equal(n.best.data != NULL, cases[i].best != NULL);
		assert_true(str_is(n.best, cases[i].best));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(measures_distances),
		cmocka_unit_test(does_not_measure_long_texts),
		cmocka_unit_test(finds_what_was_meant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
