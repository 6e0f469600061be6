#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

static void gives_zeroed_aligned_memory(void **state)
{
	struct arena a;
	char zeros[300] = {0};

	(void)state;
	arena_init(&a, 64);
	for (int round = 0; round < 2; round++) {
		for (size_t size = 0; size < sizeof(zeros); size++) {
			char *p = arena_alloc(&a, size);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
			assert_memory_equal(p, zeros, size);
			memset(p, 'x', size);
		}
		arena_reset(&a);
	}
	arena_fini(&a);
}

static void takes_nothing_before_it_is_used(void **state)
{
	struct arena a;

	(void)state;
	arena_init(&a, 0);
	assert_int_equal(arena_bytes(&a), 0);
	arena_alloc(&a, 1);
	assert_in_range(arena_bytes(&a), 1024, 1100);
	arena_fini(&a);
	assert_int_equal(arena_bytes(&a), 0);
	assert_non_null(arena_alloc(&a, 10));
	arena_fini(&a);
}

static void gives_a_large_request_its_own_block(void **state)
{
	struct arena a;
	char *first, *large, *second;

	(void)state;
	arena_init(&a, 1024);
	first = arena_alloc(&a, 16);
	large = arena_alloc(&a, 100000);
	second = arena_alloc(&a, 16);
	memset(large, 1, 100000);
	assert_ptr_equal(second, first + 16);
	assert_in_range(arena_bytes(&a), 101024, 101200);
	arena_fini(&a);
}

static void keeps_one_block_at_reset(void **state)
{
	struct arena a;
	size_t kept;

	(void)state;
	arena_init(&a, 64);
	for (int i = 0; i < 100; i++)
		arena_alloc(&a, 50);
	kept = arena_bytes(&a);
	arena_reset(&a);
	assert_in_range(arena_bytes(&a), 2000, kept - 1);
	kept = arena_bytes(&a);
	for (int i = 0; i < 30; i++)
		arena_alloc(&a, 50);
	assert_int_equal(arena_bytes(&a), kept);

	arena_fini(&a);
	arena_alloc(&a, 10000000);
	arena_reset(&a);
	assert_int_equal(arena_bytes(&a), 0);
	arena_reset(&a);
}

static void copies_text(void **state)
{
	struct arena a;
	struct str s;

	(void)state;
	arena_init(&a, 0);
	s = arena_str(&a, str_make("abcd", 3));
	assert_int_equal(s.len, 3);
	assert_string_equal(s.data, "abc");
	assert_string_equal(arena_str(&a, STR_NONE).data, "");
	assert_string_equal(arena_strdup(&a, "abc"), "abc");
	assert_null(arena_strdup(&a, NULL));
	assert_string_equal(arena_printf(&a, "%s-%d", "abc", 7), "abc-7");
	assert_int_equal(strlen(arena_printf(&a, "%05000d", 1)), 5000);
	assert_non_null(arena_alloc_array(&a, 3, 7));
	arena_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_zeroed_aligned_memory),         cmocka_unit_test(takes_nothing_before_it_is_used),
		cmocka_unit_test(gives_a_large_request_its_own_block), cmocka_unit_test(keeps_one_block_at_reset),
		cmocka_unit_test(copies_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
