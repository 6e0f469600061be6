#include "net/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/metric.h"
#include "support/conn_bed.h"
#include "support/tls_client.h"

enum { RATE = 2000 };

static void peer_writes(struct conn_bed_owner *o, const char *bytes, size_t len)
{
	assert_int_equal(write(o->peer, bytes, len), (ssize_t)len);
}

/* Turns the loops until so much has come, and checks on the way that it does not come too fast. */
static void await_at_rate(struct conn_bed_owner *o, size_t len, int64_t since_ms, size_t burst)
{
	while (o->got.len < len) {
		int64_t passed_ms;

		conn_bed_turns(1);
		passed_ms = clock_monotonic_ms() - since_ms;
		assert_true(o->got.len <= burst + (size_t)(passed_ms + 1) * RATE / 1000 + 1);
		assert_true(passed_ms < 20000);
		conn_bed_sleep(1);
	}
	assert_int_equal(o->got.len, len);
}

static void delays_and_loses_nothing(void **state)
{
	enum { LEN = RATE * 2 + RATE / 2 };
	char *bytes = conn_bed_pattern(LEN);
	int64_t since_ms, paused = metric_read(METRIC_shaper_paused);
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	since_ms = clock_monotonic_ms();
	conn_set_rate(&o.conn, RATE);
	peer_writes(&o, bytes, LEN);
	conn_bed_turns(1);
	assert_true(o.got.len >= RATE);
	await_at_rate(&o, LEN, since_ms, RATE);
	assert_memory_equal(o.got.data, bytes, LEN);
	assert_true(clock_monotonic_ms() - since_ms >= 1390);
	/* Steadily: in pieces, not in one leap at the end. */
	assert_true(metric_read(METRIC_shaper_paused) - paused >= 5);
	assert_true(o.calls >= 5);
	conn_bed_owner_fini(&o);
	free(bytes);
}

static void slow_rates_go_on(void **state)
{
	struct conn_bed_owner o;
	int64_t since_ms = clock_monotonic_ms();

	(void)state;
	conn_bed_owner_init(&o);
	conn_set_rate(&o.conn, 3);
	conn_bed_peer_says(&o, "abcde");
	conn_bed_turns(1);
	assert_true(str_is(buf_str(&o.got), "abc"));
	while (o.got.len < 5) {
		conn_bed_turns(1);
		conn_bed_sleep(1);
		assert_true(clock_monotonic_ms() - since_ms < 10000);
	}
	assert_true(clock_monotonic_ms() - since_ms >= 660);
	conn_bed_owner_fini(&o);
}

/* One that has used up its rate. */
static void slow_down(struct conn_bed_owner *o)
{
	conn_bed_owner_init(o);
	conn_set_rate(&o->conn, 4);
	conn_bed_peer_says(o, "abcdefgh");
	conn_bed_turns(3);
	assert_true(o->got.len >= 4 && o->got.len < 8);
}

static void is_free_again(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	slow_down(&o);
	conn_set_rate(&o.conn, 0);
	conn_bed_turns(2);
	assert_true(str_is(buf_str(&o.got), "abcdefgh"));
	conn_bed_owner_fini(&o);
}

static void a_pause_is_another_matter(void **state)
{
	struct conn_bed_owner o;
	size_t len;

	(void)state;
	slow_down(&o);
	len = o.got.len;
	conn_pause(&o.conn);
	conn_resume(&o.conn);
	conn_bed_turns(2);
	assert_true(o.got.len <= len + 1);
	conn_pause(&o.conn);
	conn_bed_sleep(600);
	conn_bed_turns(2);
	assert_true(o.got.len <= len + 1);
	conn_resume(&o.conn);
	conn_bed_turns(2);
	assert_true(o.got.len >= len + 1);
	conn_bed_owner_fini(&o);
}

static void ends_while_it_waits(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	slow_down(&o);
	conn_send(&o.conn, STR("bye"));
	conn_close(&o.conn, 1000);
	conn_bed_turns(2);
	assert_true(str_is(conn_bed_peer_hears(&o), "bye"));
	/* What else it says is not waited for. */
	shutdown(o.peer, SHUT_WR);
	conn_bed_turns(3);
	assert_int_equal(o.closed, 1);
	conn_bed_owner_fini(&o);

	slow_down(&o);
	conn_abort(&o.conn, ERR_LIMIT);
	conn_bed_turns(2);
	assert_int_equal(o.closed, 1);
	conn_bed_owner_fini(&o);
}

static void sees_the_peer_go_when_it_reads_on(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	slow_down(&o);
	close(o.peer);
	for (int i = 0; i < 5000 && !o.closed; i++) {
		conn_bed_turns(1);
		conn_bed_sleep(1);
	}
	assert_true(str_is(buf_str(&o.got), "abcdefgh"));
	assert_int_equal(o.closed, 1);
	buf_fini(&o.got);
}

static void takes_its_rate_along(void **state)
{
	struct conn_bed_owner o;
	size_t len;

	(void)state;
	slow_down(&o);
	len = o.got.len;
	conn_move(&o.conn, conn_bed_other_loop);
	conn_bed_turns(3);
	assert_ptr_equal(o.moved_to, conn_bed_other_loop);
	assert_true(o.got.len <= len + 1);
	for (int i = 0; i < 5000 && o.got.len < 8; i++) {
		conn_bed_turns(1);
		conn_bed_sleep(1);
	}
	assert_true(str_is(buf_str(&o.got), "abcdefgh"));
	conn_bed_owner_fini(&o);
}

static void client_turn(struct conn_bed_owner *o, struct tls_client *client)
{
	struct buf to_server;

	buf_init(&to_server);
	tls_client_step(client, conn_bed_peer_hears(o), &to_server);
	if (to_server.len)
		peer_writes(o, to_server.data, to_server.len);
	buf_fini(&to_server);
	conn_bed_turns(2);
}

/* The handshake is larger than what one second allows. */
static void counts_ciphertext_after_the_handshake(void **state)
{
	struct tls_client client;
	struct conn_bed_owner o;
	struct buf to_server;
	int64_t since_ms;

	(void)state;
	conn_bed_owner_init(&o);
	conn_set_rate(&o.conn, 100);
	conn_start_tls(&o.conn, conn_bed_context, true);
	tls_client_init(&client);
	for (int i = 0; i < 6; i++)
		client_turn(&o, &client);
	assert_int_equal(o.secured, 1);
	since_ms = clock_monotonic_ms();
	buf_init(&to_server);
	tls_client_send(&client, STR("123456789012345678901234567890123456789012345678901234567890"), &to_server);
	tls_client_send(&client, STR("123456789012345678901234567890123456789012345678901234567890"), &to_server);
	assert_true(to_server.len > 150);
	peer_writes(&o, to_server.data, to_server.len);
	buf_fini(&to_server);
	while (o.got.len < 120) {
		assert_true(clock_monotonic_ms() - since_ms < 10000);
		conn_bed_turns(1);
		conn_bed_sleep(1);
	}
	assert_true(clock_monotonic_ms() - since_ms >= 500);
	tls_client_fini(&client);
	conn_bed_owner_fini(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_and_loses_nothing),
		cmocka_unit_test(slow_rates_go_on),
		cmocka_unit_test(is_free_again),
		cmocka_unit_test(a_pause_is_another_matter),
		cmocka_unit_test(ends_while_it_waits),
		cmocka_unit_test(sees_the_peer_go_when_it_reads_on),
		cmocka_unit_test(takes_its_rate_along),
		cmocka_unit_test(counts_ciphertext_after_the_handshake),
	};

	return cmocka_run_group_tests(tests, conn_bed_make, conn_bed_free);
}
