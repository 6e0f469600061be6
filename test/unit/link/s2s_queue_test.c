#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "link/s2s/s2s_queue.h"
#include "xmpp/ns.h"

static struct jid address(const char *text, struct arena *a)
{
	struct jid j;

	assert_true(jid_parse(&j, str_from(text), a));
	return j;
}

/* A message with this id, from one domain to another. */
static bool add(struct s2s_queue *q, int id, uint64_t now_ms)
{
	char text[64];
	struct stanza *s;
	struct arena a;
	bool is_added;

	snprintf(text, sizeof text, "<message id='%d'><body>hello</body></message>", id);
	arena_init(&a, 0);
	s = stanza_from_text(str_from(text), NS_CLIENT);
	is_added = s2s_queue_add(q, s, address("a@one.example/x", &a), address("b@two.example", &a), now_ms) != NULL;
	stanza_unref(&s);
	arena_fini(&a);
	return is_added;
}

static void assert_ids(const struct s2s_queue *q, const char *ids)
{
	char found[64] = "";
	size_t bytes = 0;

	list_each (link, &q->items) {
		const struct s2s_item *item = container_of(link, struct s2s_item, link);
		struct str id = stanza_id_raw(item->stanza);

		strncat(found, id.data, id.len);
		bytes += item->bytes;
		assert_true(str_is(jid_str(item->from), "a@one.example/x"));
		assert_true(str_is(jid_str(item->to), "b@two.example"));
	}
	assert_string_equal(found, ids);
	assert_int_equal(q->bytes, bytes);
	assert_int_equal(q->count, strlen(ids));
}

static void test_order_is_kept(void **state)
{
	struct s2s_queue waiting, sent;

	(void)state;
	s2s_queue_init(&waiting, SIZE_MAX);
	s2s_queue_init(&sent, SIZE_MAX);
	assert_null(s2s_queue_first(&waiting));
	for (int i = 1; i <= 5; i++)
		assert_true(add(&waiting, i, (uint64_t)i));
	assert_int_equal(s2s_queue_first(&waiting)->since_ms, 1);
	for (int i = 0; i < 3; i++)
		s2s_queue_pass(&waiting, &sent);
	assert_ids(&waiting, "45");
	assert_ids(&sent, "123");
	s2s_queue_drop_first(&sent);
	/* What was not confirmed goes before what was not sent. */
	while (sent.count)
		s2s_queue_return(&sent, &waiting);
	assert_ids(&waiting, "2345");
	assert_ids(&sent, "");
	s2s_queue_leave_all(&waiting);
	assert_ids(&waiting, "");
}

static void test_a_queue_takes_so_much(void **state)
{
	struct s2s_queue q;

	(void)state;
	s2s_queue_init(&q, 1);
	assert_true(add(&q, 1, 0)); /* a single one may always wait */
	assert_false(add(&q, 2, 0));
	assert_ids(&q, "1");
	s2s_queue_leave_all(&q);
	assert_true(add(&q, 3, 0));
	s2s_queue_leave_all(&q);
}

static void test_all_queues_together_take_so_much(void **state)
{
	struct s2s_queue one, two;

	(void)state;
	s2s_queue_init(&one, SIZE_MAX);
	s2s_queue_init(&two, SIZE_MAX);
	assert_true(add(&one, 1, 0));
	s2s_queue_set_budget((int64_t)one.bytes * 2);
	assert_true(add(&two, 2, 0));
	assert_false(add(&one, 3, 0));
	assert_false(add(&two, 4, 0));
	s2s_queue_leave_all(&one);
	assert_true(add(&two, 5, 0));
	assert_ids(&two, "25");
	s2s_queue_leave_all(&two);
	s2s_queue_set_budget(INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_is_kept),
		cmocka_unit_test(test_a_queue_takes_so_much),
		cmocka_unit_test(test_all_queues_together_take_so_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
