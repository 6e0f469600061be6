#include "route/handed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bed.h"
#include "support/bed_accounts.h"
#include "xmpp/ns.h"

static const struct module_def *const no_modules[] = {NULL};

static struct parcel *new_parcel(struct bed *b)
{
	struct stanza *s = stanza_from_text(STR("<message id='1'/>"), NS_CLIENT);
	struct parcel *p = parcel_new(b->registries[0], s, bed_jid("alice@localhost/a"), bed_jid("bob@localhost/b"));

	stanza_unref(&s);
	return p;
}

static void add(struct bed *b, struct handed *h, int count)
{
	for (int i = 0; i < count; i++) {
		struct parcel *p = new_parcel(b);

		handed_add(h, p);
		parcel_unref(&p);
	}
}

static void what_is_acknowledged_is_taken(void **state)
{
	struct handed h = {0};
	struct bed b;

	(void)state;
	bed_open(&b, 1, no_modules, NULL);

	struct parcel *first = new_parcel(&b), *second = new_parcel(&b);

	handed_add(&h, first);
	handed_add(&h, second);
	assert_int_equal(first->holders, 1);
	assert_int_equal(h.bytes, first->bytes + second->bytes);
	assert_ptr_equal(handed_get(&h, 2), second);
	assert_true(handed_acknowledge(&h, 1));
	assert_true(first->is_taken);
	assert_false(second->is_taken);
	assert_int_equal(first->holders, 0);
	assert_int_equal(h.bytes, second->bytes);
	/* Less than before, and the same again, say nothing; more than was sent is wrong, and changes nothing. */
	assert_true(handed_acknowledge(&h, 0));
	assert_true(handed_acknowledge(&h, 1));
	assert_false(handed_acknowledge(&h, 3));
	assert_int_equal(handed_count(&h), 1);
	handed_fini(&h);
	assert_false(second->is_taken);
	assert_int_equal(second->refs, 1);
	parcel_unref(&first);
	parcel_unref(&second);
	bed_close(&b);
}

static void many_and_past_the_largest_number(void **state)
{
	struct handed h = {.sent = UINT32_MAX - 10, .acknowledged = UINT32_MAX - 10};
	struct bed b;

	(void)state;
	bed_open(&b, 1, no_modules, NULL);
	add(&b, &h, 100);
	assert_int_equal(handed_count(&h), 100);
	assert_false(handed_acknowledge(&h, 90));
	assert_true(handed_acknowledge(&h, UINT32_MAX));
	assert_int_equal(handed_count(&h), 90);
	add(&b, &h, 100);
	assert_true(handed_acknowledge(&h, 189));
	assert_int_equal(handed_count(&h), 0);
	assert_int_equal(h.bytes, 0);
	assert_null(h.places);
	handed_fini(&h);
	bed_close(&b);
}

static void what_is_only_counted(void **state)
{
	struct handed h = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		handed_count_only(&h);
	assert_false(handed_acknowledge(&h, 101));
	assert_true(handed_acknowledge(&h, 60));
	assert_int_equal(handed_count(&h), 40);
	handed_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_acknowledged_is_taken),
		cmocka_unit_test(many_and_past_the_largest_number),
		cmocka_unit_test(what_is_only_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
