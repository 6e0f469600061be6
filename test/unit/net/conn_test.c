#include "net/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limited.h"
#include "base/metric.h"
#include "support/conn_bed.h"

static void carries_bytes(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	conn_bed_peer_says(&o, "hello");
	conn_bed_turns(1);
	assert_true(str_is(buf_str(&o.got), "hello"));
	conn_send(&o.conn, STR("good "));
	conn_send(&o.conn, STR(""));
	conn_send(&o.conn, STR("morning"));
	assert_int_equal(conn_bed_peer_hears(&o).len, 0);
	conn_bed_turns(1);
	assert_true(str_is(conn_bed_peer_hears(&o), "good morning"));
	assert_int_equal(o.conn.out_bytes, 0);
	conn_bed_owner_fini(&o);
	assert_int_equal(o.reason, ERR_CLOSED);
}

static void answer(struct conn_bed_owner *o)
{
	conn_send(&o->conn, STR("answer"));
}

static void writes_in_the_turn_it_reads(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	o.then = answer;
	conn_bed_peer_says(&o, "question");
	loop_turn(conn_bed_loop, -1);
	assert_true(str_is(conn_bed_peer_hears(&o), "answer"));
	conn_bed_owner_fini(&o);
}

static void tells_that_the_peer_has_gone(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	conn_bed_peer_says(&o, "last words");
	close(o.peer);
	conn_bed_turns(3);
	assert_true(str_is(buf_str(&o.got), "last words"));
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_CLOSED);
	buf_fini(&o.got);
}

static void pause_it(struct conn_bed_owner *o)
{
	conn_pause(&o->conn);
}

static void keeps_what_was_not_taken(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	o.takes = 3;
	o.then = pause_it;
	conn_bed_peer_says(&o, "abcdef");
	conn_bed_turns(1);
	conn_bed_peer_says(&o, "ghi");
	conn_bed_turns(2);
	assert_true(str_is(buf_str(&o.got), "abc"));
	o.takes = SIZE_MAX;
	conn_resume(&o.conn);
	assert_int_equal(o.calls, 1);
	conn_bed_turns(2);
	assert_true(str_is(buf_str(&o.got), "abcdefghi"));
	assert_null(o.conn.side);
	conn_bed_owner_fini(&o);
}

static void pause_and_resume(struct conn_bed_owner *o)
{
	conn_pause(&o->conn);
	conn_resume(&o->conn);
	o->takes = SIZE_MAX;
}

static void may_be_resumed_at_once(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	o.takes = 1;
	o.then = pause_and_resume;
	conn_bed_peer_says(&o, "abc");
	conn_bed_turns(2);
	assert_true(str_is(buf_str(&o.got), "abc"));
	assert_int_equal(o.calls, 2);
	conn_bed_owner_fini(&o);
}

static void close_politely(struct conn_bed_owner *o)
{
	conn_send(&o->conn, STR("bye"));
	conn_close(&o->conn, 1000);
	conn_send(&o->conn, STR("ignored"));
	assert_true(conn_is_closing(&o->conn));
}

static void closes_politely(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	o.takes = 4;
	o.then = close_politely;
	conn_bed_peer_says(&o, "quit and more");
	conn_bed_turns(2);
	assert_true(str_is(buf_str(&o.got), "quit"));
	assert_true(str_is(conn_bed_peer_hears(&o), "bye"));
	assert_null(conn_bed_peer_hears(&o).data);
	conn_bed_peer_says(&o, "ignored");
	conn_bed_turns(2);
	assert_int_equal(o.closed, 0);
	assert_int_equal(o.calls, 1);
	shutdown(o.peer, SHUT_WR);
	conn_bed_turns(2);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_CLOSED);
	conn_bed_owner_fini(&o);
}

static void waits_only_so_long_for_the_peer(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	conn_close(&o.conn, 20);
	conn_bed_turns(2);
	assert_int_equal(o.closed, 0);
	conn_bed_sleep(25);
	conn_bed_turns(2);
	assert_int_equal(o.closed, 1);
	conn_bed_owner_fini(&o);

	conn_bed_owner_init(&o);
	conn_send(&o.conn, STR("bye"));
	conn_close(&o.conn, 0);
	conn_bed_turns(2);
	assert_int_equal(o.closed, 1);
	assert_true(str_is(conn_bed_peer_hears(&o), "bye"));
	conn_bed_owner_fini(&o);
}

static void abort_it(struct conn_bed_owner *o)
{
	conn_send(&o->conn, STR("never sent"));
	conn_abort(&o->conn, ERR_TIMEOUT);
	conn_abort(&o->conn, ERR_LIMIT);
	assert_int_equal(o->closed, 0);
}

static void aborts(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	o.then = abort_it;
	o.takes = 1;
	conn_bed_peer_says(&o, "abc");
	conn_bed_turns(1);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_TIMEOUT);
	assert_null(conn_bed_peer_hears(&o).data);
	conn_bed_owner_fini(&o);
}

static void writes_on_when_there_is_room(void **state)
{
	enum { MUCH = 3000000 };
	char *much = conn_bed_pattern(MUCH);
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	for (size_t at = 0; at < MUCH;) {
		size_t len = at % 7000 + 1 < MUCH - at ? at % 7000 + 1 : MUCH - at;

		conn_send(&o.conn, str_make(much + at, len));
		at += len;
	}
	conn_bed_turns(3);
	assert_in_range(o.conn.out_bytes, 1, MUCH - 1);
	conn_bed_assert_hears(&o, much, MUCH);
	assert_int_equal(o.conn.out_bytes, 0);
	assert_null(o.conn.wire.first);
	conn_bed_owner_fini(&o);
	free(much);
}

static void finishes_writing_before_it_closes(void **state)
{
	enum { MUCH = 1000000 };
	char *much = conn_bed_pattern(MUCH);
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	conn_send(&o.conn, str_make(much, MUCH));
	conn_close(&o.conn, 5000);
	conn_bed_assert_hears(&o, much, MUCH);
	assert_null(conn_bed_peer_hears(&o).data);
	conn_bed_owner_fini(&o);
	free(much);
}

static void shares_bytes(void **state)
{
	char *text = conn_bed_pattern(2000);
	struct conn_bytes *large = conn_bytes_new(str_make(text, 2000)), *small = conn_bytes_new(STR("small"));
	struct conn_bed_owner owners[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		conn_bed_owner_init(&owners[i]);
		conn_send(&owners[i].conn, STR("<"));
		conn_send_shared(&owners[i].conn, large);
		conn_send(&owners[i].conn, STR("|"));
		conn_send_shared(&owners[i].conn, small);
		conn_send(&owners[i].conn, STR(">"));
	}
	assert_int_equal(large->refs, 4);
	conn_abort(&owners[2].conn, ERR_CLOSED);
	conn_bed_turns(2);
	assert_int_equal(large->refs, 1);
	for (int i = 0; i < 3; i++) {
		struct str heard = conn_bed_peer_hears(&owners[i]);

		if (i < 2) {
			assert_int_equal(heard.len, 2008);
			assert_memory_equal(heard.data + 1, text, 2000);
			assert_memory_equal(heard.data + 2001, "|small>", 7);
		} else {
			assert_int_equal(heard.len, 0);
		}
		conn_bed_owner_fini(&owners[i]);
	}
	conn_bytes_unref(&large);
	conn_bytes_unref(&small);
	assert_null(small);
	free(text);
}

static void cuts_off_who_does_not_read(void **state)
{
	int64_t before = metric_read(METRIC_output_limit_exceeded);
	char *much = conn_bed_pattern(100000);
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	o.conn.output_limit_bytes = 300000;
	for (int i = 0; i < 20 && !conn_is_closing(&o.conn); i++) {
		conn_send(&o.conn, str_make(much, 100000));
		assert_true(o.conn.out_bytes <= 300000);
		conn_bed_turns(1);
	}
	conn_bed_turns(1);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_LIMIT);
	assert_int_equal(metric_read(METRIC_output_limit_exceeded), before + 1);
	conn_bed_owner_fini(&o);
	free(much);
}

static bool is_noted_as_slow(struct ip peer)
{
	struct limited kept[LIMITED_MAX];
	size_t count = limited_read(kept);

	for (size_t i = 0; i < count; i++)
		if (kept[i].limit == METRIC_output_waiting_bytes && ip_equal(kept[i].peer, peer))
			return true;
	return false;
}

static void notes_who_reads_slowly(void **state)
{
	struct ip slow = {.version = 4, .bytes = {198, 51, 100, 77}};
	char *much = conn_bed_pattern(100000);
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	o.conn.peer = slow;
	conn_send(&o.conn, str_make(much, 100000));
	assert_false(is_noted_as_slow(slow));
	for (int i = 0; i < 20; i++) {
		conn_send(&o.conn, str_make(much, 100000));
		conn_bed_turns(1);
	}
	assert_true(is_noted_as_slow(slow));
	conn_bed_owner_fini(&o);
	free(much);
}

static void spares_who_reads(void **state)
{
	char *much = conn_bed_pattern(100000);
	struct conn_bed_owner o;

	(void)state;
	/* More than the limit in one turn is no reason: it is written in between. */
	conn_bed_owner_init(&o);
	o.conn.output_limit_bytes = 5000;
	for (int i = 0; i < 20; i++)
		conn_send(&o.conn, str_make(much, 1000));
	assert_false(conn_is_closing(&o.conn));
	conn_bed_turns(1);
	assert_int_equal(conn_bed_peer_hears(&o).len, 20000);
	/* And a single stanza may be larger than the limit. */
	conn_send(&o.conn, str_make(much, 100000));
	conn_bed_assert_hears(&o, much, 100000);
	assert_int_equal(o.closed, 0);
	conn_bed_owner_fini(&o);
	free(much);
}

/* Those that wait already have used it up: who wants much more is dropped, who wants little does not notice. */
static void all_share_a_budget(void **state)
{
	enum { BYTES = 2000000 };
	char *pattern = conn_bed_pattern(BYTES);
	struct conn_bed_owner first, second, third;

	(void)state;
	conn_bed_owner_init(&first);
	conn_bed_owner_init(&second);
	conn_bed_owner_init(&third);
	conn_set_budget(3000000);
	conn_send(&first.conn, str_make(pattern, BYTES));
	conn_send(&second.conn, str_make(pattern, BYTES));
	conn_send(&third.conn, str_make(pattern, 1000));
	conn_bed_turns(2);
	assert_int_equal(first.closed, 0);
	assert_int_equal(second.closed, 1);
	assert_int_equal(second.reason, ERR_LIMIT);
	conn_bed_assert_hears(&third, pattern, 1000);
	/* What is written counts no more. */
	conn_bed_assert_hears(&first, pattern, BYTES);
	conn_send(&third.conn, str_make(pattern, BYTES));
	conn_bed_assert_hears(&third, pattern, BYTES);
	conn_bed_owner_fini(&first);
	conn_bed_owner_fini(&second);
	conn_bed_owner_fini(&third);
	conn_set_budget(INT64_MAX);
	free(pattern);
}

static void says_when_all_is_written(void **state)
{
	enum { BYTES = 3000000 };
	char *pattern = conn_bed_pattern(BYTES);
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	conn_await_written(&o.conn);
	assert_int_equal(o.written, 0);
	conn_bed_turns(1);
	assert_int_equal(o.written, 1);
	conn_send(&o.conn, str_make(pattern, BYTES));
	conn_await_written(&o.conn);
	conn_bed_turns(3);
	assert_true(o.conn.out_bytes > 0);
	assert_int_equal(o.written, 1);
	conn_bed_assert_hears(&o, pattern, BYTES);
	conn_bed_turns(2);
	assert_int_equal(o.written, 2);
	conn_bed_turns(2);
	assert_int_equal(o.written, 2);
	/* Not of a connection that closes. */
	conn_send(&o.conn, str_make(pattern, BYTES));
	conn_await_written(&o.conn);
	conn_close(&o.conn, 1000);
	conn_bed_assert_hears(&o, pattern, BYTES);
	conn_bed_owner_fini(&o);
	assert_int_equal(o.written, 2);
	free(pattern);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carries_bytes),
		cmocka_unit_test(says_when_all_is_written),
		cmocka_unit_test(all_share_a_budget),
		cmocka_unit_test(writes_in_the_turn_it_reads),
		cmocka_unit_test(tells_that_the_peer_has_gone),
		cmocka_unit_test(keeps_what_was_not_taken),
		cmocka_unit_test(may_be_resumed_at_once),
		cmocka_unit_test(closes_politely),
		cmocka_unit_test(waits_only_so_long_for_the_peer),
		cmocka_unit_test(aborts),
		cmocka_unit_test(writes_on_when_there_is_room),
		cmocka_unit_test(finishes_writing_before_it_closes),
		cmocka_unit_test(shares_bytes),
		cmocka_unit_test(cuts_off_who_does_not_read),
		cmocka_unit_test(notes_who_reads_slowly),
		cmocka_unit_test(spares_who_reads),
	};

	return cmocka_run_group_tests(tests, conn_bed_make, conn_bed_free);
}
