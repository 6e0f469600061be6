#include "route/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/bed.h"
#include "support/bed_accounts.h"
#include "xmpp/ns.h"

static const struct module_def *const waiter[] = {&bed_waiter, NULL};

static int resumed;

static void on_resume(struct source *s)
{
	(void)s;
	resumed++;
}

static void source_says(struct source *s, const char *xml)
{
	struct stanza *stanza = stanza_from_text(str_from(xml), NS_COMPONENT);

	source_send(s, stanza, stanza->from, stanza->to);
}

/* While the receiver's storage lags behind, it is to stop; when half is done, it goes on. */
static void is_backed_up_by_a_slow_receiver(void **state)
{
	struct bed b;
	struct source s;

	(void)state;
	for (int loops = 1; loops <= 3; loops++) {
		bed_open(&b, loops, waiter, NULL);
		bed_wait_at(SIDE_RECEIVER, STAGE_ACCEPT);
		resumed = 0;
		source_open(&s, b.registries[loops - 1], on_resume);

		struct bed_peer *bob = bed_login(&b, "bob@localhost/b");

		for (int i = 0; i < SOURCE_BACKED_UP; i++)
			source_says(&s, "<message from='x.example' to='bob@localhost/b' id='wait'/>");
		bed_settle(&b);
		assert_int_equal(s.unsettled, SOURCE_BACKED_UP);
		assert_false(source_is_backed_up(&s));
		source_says(&s, "<message from='x.example' to='bob@localhost/b' id='wait'/>");
		assert_true(source_is_backed_up(&s));
		for (int i = 0; i < SOURCE_BACKED_UP / 2; i++) {
			assert_int_equal(resumed, 0);
			bed_settle(&b);
			bed_resume(ANSWER_PASS);
		}
		bed_settle(&b);
		bed_resume(ANSWER_PASS);
		bed_settle(&b);
		assert_int_equal(resumed, 1);
		assert_false(source_is_backed_up(&s));
		while (bed_waiting()) {
			bed_resume(ANSWER_PASS);
			bed_settle(&b);
		}
		assert_int_equal(s.unsettled, 0);
		assert_int_equal(bob->got_count, SOURCE_BACKED_UP + 1);
		source_close(&s);
		bed_logout(bob);
		bed_close(&b);
	}
}

/* It is gone, and what it sent goes on. */
static void ends_before_its_stanzas(void **state)
{
	struct bed b;
	struct source s, other;

	(void)state;
	bed_open(&b, 3, waiter, NULL);
	bed_wait_at(SIDE_RECEIVER, STAGE_ACCEPT);

	struct bed_peer *bob = bed_login(&b, "bob@localhost/b");

	source_open(&s, b.registries[1], on_resume);
	source_open(&other, b.registries[1], on_resume);
	source_says(&s, "<message from='x.example' to='bob@localhost/b' id='wait'/>");
	source_close(&s);
	source_close(&s);
	bed_settle(&b);
	bed_resume(ANSWER_PASS);
	bed_settle(&b);
	assert_string_equal(bed_take(bob), "<message from='x.example' to='bob@localhost/b' id='wait'/>\n");
	assert_int_equal(other.unsettled, 0);
	source_close(&other);
	bed_logout(bob);
	bed_close(&b);
}

/* An IQ without id and a large stanza. */
static void weighs_and_examines(void **state)
{
	struct bed b;
	struct source s;
	struct buf large;

	(void)state;
	bed_open(&b, 1, waiter, NULL);
	bed_wait_at(SIDE_RECEIVER, STAGE_ACCEPT);

	struct bed_peer *bob = bed_login(&b, "bob@localhost/b");

	source_open(&s, b.registries[0], on_resume);
	source_says(&s, "<iq type='get' from='x.example' to='bob@localhost/b'><a xmlns='b'/></iq>");
	bed_settle(&b);
	assert_string_equal(bed_take(bob), "");
	buf_init(&large);
	buf_append_text(&large, "<message from='x.example' to='bob@localhost/b' id='wait'><body>");
	while (large.len < (SOURCE_LOAD + 1) * 1024)
		buf_append_text(&large, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
	buf_append_text(&large, "</body></message>");
	buf_append_char(&large, '\0');
	source_says(&s, large.data);
	buf_fini(&large);
	bed_settle(&b);
	assert_true(source_is_backed_up(&s));
	bed_resume(ANSWER_PASS);
	bed_settle(&b);
	assert_false(source_is_backed_up(&s));
	source_close(&s);
	bed_logout(bob);
	bed_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_backed_up_by_a_slow_receiver),
		cmocka_unit_test(ends_before_its_stanzas),
		cmocka_unit_test(weighs_and_examines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
