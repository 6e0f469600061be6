/* Connections that speak TLS. */
#include "net/conn.h"
#include "net/conn_side.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/metric.h"
#include "conf/option.h"
#include "net/tls_memory.h"
#include "support/conn_bed.h"
#include "support/tls_client.h"

static void client_turn(struct conn_bed_owner *o, struct tls_client *client)
{
	struct buf to_server;

	buf_init(&to_server);
	tls_client_step(client, conn_bed_peer_hears(o), &to_server);
	if (to_server.len)
		assert_int_equal(write(o->peer, to_server.data, to_server.len), (ssize_t)to_server.len);
	buf_fini(&to_server);
	conn_bed_turns(1);
}

static void client_says(struct conn_bed_owner *o, struct tls_client *client, struct str text)
{
	struct buf to_server;

	buf_init(&to_server);
	tls_client_send(client, text, &to_server);
	assert_int_equal(write(o->peer, to_server.data, to_server.len), (ssize_t)to_server.len);
	buf_fini(&to_server);
}

static void secure(struct conn_bed_owner *o, struct tls_client *client)
{
	for (int i = 0; i < 5; i++)
		client_turn(o, client);
	assert_true(tls_client_is_established(client));
	assert_int_equal(o->secured, 1);
}

static void start_tls(struct conn_bed_owner *o)
{
	o->takes = SIZE_MAX;
	conn_send(&o->conn, STR("proceed"));
	conn_start_tls(&o->conn, conn_bed_context, false);
	conn_send(&o->conn, STR("welcome"));
}

static void speaks_tls_after_starttls(void **state)
{
	struct tls_client client;
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	tls_client_init(&client);
	o.takes = 8;
	o.then = start_tls;
	conn_bed_peer_says(&o, "starttls injected in the clear");
	conn_bed_turns(2);
	assert_true(str_is(conn_bed_peer_hears(&o), "proceed"));
	assert_int_equal(o.secured, 0);
	secure(&o, &client);
	/* What was sent before the handshake was done has waited for it. */
	assert_true(str_is(buf_str(&client.got), "welcome"));
	client_says(&o, &client, STR("hello"));
	conn_bed_turns(1);
	assert_true(str_is(buf_str(&o.got), "starttlshello"));
	conn_send(&o.conn, STR(", bye"));
	conn_close(&o.conn, 1000);
	conn_bed_turns(2);
	client_turn(&o, &client);
	assert_true(str_is(buf_str(&client.got), "welcome, bye"));
	assert_true(client.is_closed);
	tls_client_fini(&client);
	conn_bed_owner_fini(&o);
}

static void pause_it(struct conn_bed_owner *o)
{
	conn_pause(&o->conn);
}

static void start_direct_tls(struct conn_bed_owner *o)
{
	o->takes = SIZE_MAX;
	conn_start_tls(&o->conn, conn_bed_context, true);
}

/* As behind a PROXY header: the first ciphertext comes in one piece with what is in the clear. */
static void takes_ciphertext_that_came_along(void **state)
{
	struct tls_client client;
	struct buf hello;
	struct conn_bed_owner o;

	(void)state;
	for (int later = 0; later < 2; later++) {
		conn_bed_owner_init(&o);
		tls_client_init(&client);
		buf_init(&hello);
		buf_append_text(&hello, "PROXY\r\n");
		tls_client_step(&client, STR_NONE, &hello);
		o.takes = 7;
		o.then = later ? pause_it : start_direct_tls;
		assert_int_equal(write(o.peer, hello.data, hello.len), (ssize_t)hello.len);
		conn_bed_turns(1);
		if (later) {
			start_direct_tls(&o);
			conn_resume(&o.conn);
			conn_bed_turns(1);
		}
		secure(&o, &client);
		client_says(&o, &client, STR("hello"));
		conn_bed_turns(1);
		assert_true(str_is(buf_str(&o.got), "PROXY\r\nhello"));
		buf_fini(&hello);
		tls_client_fini(&client);
		conn_bed_owner_fini(&o);
	}
}

static void carries_much_over_tls(void **state)
{
	enum { MUCH = 2000000 };
	char *much = conn_bed_pattern(MUCH);
	struct tls_client client;
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	tls_client_init(&client);
	conn_start_tls(&o.conn, conn_bed_context, false);
	secure(&o, &client);
	for (size_t at = 0; at < MUCH; at += 4000)
		conn_send(&o.conn, str_make(much + at, 4000));
	for (int i = 0; i < 10000 && client.got.len < MUCH; i++)
		client_turn(&o, &client);
	assert_int_equal(client.got.len, MUCH);
	assert_memory_equal(client.got.data, much, MUCH);
	assert_int_equal(o.conn.out_bytes, 0);

	for (size_t at = 0; at < 500000; at += 50000) {
		client_says(&o, &client, str_make(much + at, 50000));
		conn_bed_turns(2);
	}
	assert_int_equal(o.got.len, 500000);
	assert_memory_equal(o.got.data, much, 500000);
	tls_client_fini(&client);
	conn_bed_owner_fini(&o);
	free(much);
}

static void move_with_output(struct conn_bed_owner *o)
{
	o->takes = SIZE_MAX;
	conn_send(&o->conn, STR("before the move"));
	conn_move(&o->conn, conn_bed_other_loop);
}

static void moves_with_tls(void **state)
{
	struct tls_client client;
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	tls_client_init(&client);
	conn_start_tls(&o.conn, conn_bed_context, false);
	secure(&o, &client);
	o.takes = 2;
	o.then = move_with_output;
	client_says(&o, &client, STR("abc"));
	client_says(&o, &client, STR("def"));
	conn_bed_turns(3);
	assert_ptr_equal(o.moved_to, conn_bed_other_loop);
	client_says(&o, &client, STR("ghi"));
	conn_bed_turns(1);
	assert_true(str_is(buf_str(&o.got), "abcdefghi"));
	client_turn(&o, &client);
	assert_true(str_is(buf_str(&client.got), "before the move"));
	tls_client_fini(&client);
	conn_bed_owner_fini(&o);
}

static void cuts_off_who_does_not_read_tls(void **state)
{
	char *much = conn_bed_pattern(100000);
	struct tls_client client;
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	tls_client_init(&client);
	conn_start_tls(&o.conn, conn_bed_context, false);
	secure(&o, &client);
	o.conn.output_limit_bytes = 300000;
	for (int i = 0; i < 20 && !conn_is_closing(&o.conn); i++) {
		conn_send(&o.conn, str_make(much, 100000));
		conn_bed_turns(1);
	}
	conn_bed_turns(1);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_LIMIT);
	tls_client_fini(&client);
	conn_bed_owner_fini(&o);
	free(much);
}

static void says_that_tls_failed(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	conn_start_tls(&o.conn, conn_bed_context, false);
	conn_send(&o.conn, STR("secret that must not go out in the clear"));
	conn_bed_peer_says(&o, "<stream:stream to='localhost'>");
	conn_bed_turns(2);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_INVALID);
	assert_int_equal(o.got.len, 0);
	/* At most an alert. */
	assert_in_range(conn_bed_peer_hears(&o).len, 0, 7);
	conn_bed_owner_fini(&o);

	/* Closing in the middle of a handshake gives nothing away either. */
	conn_bed_owner_init(&o);
	conn_start_tls(&o.conn, conn_bed_context, false);
	conn_send(&o.conn, STR("secret"));
	conn_close(&o.conn, 1000);
	conn_bed_turns(2);
	assert_int_equal(conn_bed_peer_hears(&o).len, 0);
	conn_bed_owner_fini(&o);
}

static void answers_a_polite_end(void **state)
{
	struct tls_client client;
	struct buf to_server;
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	tls_client_init(&client);
	conn_start_tls(&o.conn, conn_bed_context, false);
	secure(&o, &client);
	buf_init(&to_server);
	tls_client_close(&client, &to_server);
	assert_int_equal(write(o.peer, to_server.data, to_server.len), (ssize_t)to_server.len);
	conn_bed_turns(2);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_CLOSED);
	tls_client_step(&client, conn_bed_peer_hears(&o), &to_server);
	assert_true(client.is_closed);
	buf_fini(&to_server);
	tls_client_fini(&client);
	conn_bed_owner_fini(&o);
}

static void hibernates(void **state)
{
	static const int64_t after_ms[] = {0, 10, OPTION_INFINITY};
	int64_t before = metric_read(METRIC_hibernations), bytes = metric_read(METRIC_hibernated_bytes);

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct tls_client client;
		struct conn_bed_owner o;

		conn_bed_owner_init(&o);
		tls_client_init(&client);
		conn_set_hibernate(&o.conn, after_ms[i]);
		conn_start_tls(&o.conn, conn_bed_context, false);
		secure(&o, &client);
		conn_bed_sleep(15);
		conn_bed_turns(1);
		assert_int_equal(metric_read(METRIC_hibernations), before + (i > 0));
		assert_false(timer_is_running(&o.conn.side->timer));
		client_says(&o, &client, STR("awake"));
		conn_bed_turns(1);
		assert_true(str_is(buf_str(&o.got), "awake"));
		assert_int_equal(timer_is_running(&o.conn.side->timer), i == 1);
		tls_client_fini(&client);
		conn_bed_owner_fini(&o);
	}
	/* What the second one had kept: the larger of its two records at least. */
	assert_true(metric_read(METRIC_hibernated_bytes) - bytes >= 16 * 1024);
	assert_true(metric_read(METRIC_hibernated_bytes) - bytes < 64 * 1024);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(speaks_tls_after_starttls),
		cmocka_unit_test(takes_ciphertext_that_came_along),
		cmocka_unit_test(carries_much_over_tls),
		cmocka_unit_test(moves_with_tls),
		cmocka_unit_test(cuts_off_who_does_not_read_tls),
		cmocka_unit_test(says_that_tls_failed),
		cmocka_unit_test(answers_a_polite_end),
		cmocka_unit_test(hibernates),
	};

	tls_memory_watch();
	return cmocka_run_group_tests(tests, conn_bed_make, conn_bed_free);
}
