/* Connections that move from loop to loop. */
#include "net/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/conn_bed.h"

static void move_it(struct conn_bed_owner *o)
{
	o->takes = SIZE_MAX;
	conn_move(&o->conn, conn_bed_other_loop);
}

static void move_with_output(struct conn_bed_owner *o)
{
	conn_send(&o->conn, STR("before the move"));
	move_it(o);
}

static void moves_with_all_it_has(void **state)
{
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	o.takes = 5;
	o.then = move_with_output;
	conn_bed_peer_says(&o, "first second");
	loop_turn(conn_bed_loop, 0);
	assert_int_equal(o.moved, 0);
	conn_bed_peer_says(&o, " third");
	conn_bed_turns(2);
	assert_int_equal(o.moved, 1);
	assert_ptr_equal(o.moved_to, conn_bed_other_loop);
	assert_true(str_is(buf_str(&o.got), "first second third"));
	assert_true(str_is(conn_bed_peer_hears(&o), "before the move"));
	conn_move(&o.conn, conn_bed_loop);
	conn_bed_turns(2);
	assert_ptr_equal(o.moved_to, conn_bed_loop);
	conn_bed_peer_says(&o, " fourth");
	conn_bed_turns(1);
	assert_true(str_is(buf_str(&o.got), "first second third fourth"));
	conn_bed_owner_fini(&o);
}

static void on_moved_moves_back(struct conn *c)
{
	conn_bed_handler.on_moved(c);
	if (loop_current() == conn_bed_other_loop)
		conn_move(c, conn_bed_loop);
}

static void may_move_on_at_once(void **state)
{
	struct conn_handler restless = conn_bed_handler;
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	restless.on_moved = on_moved_moves_back;
	o.conn.handler = &restless;
	o.takes = 1;
	o.then = move_it;
	conn_bed_peer_says(&o, "abc");
	conn_bed_turns(4);
	assert_int_equal(o.moved, 2);
	assert_ptr_equal(o.moved_to, conn_bed_loop);
	assert_true(str_is(buf_str(&o.got), "abc"));
	conn_bed_owner_fini(&o);
}

static void on_moved_closes(struct conn *c)
{
	conn_bed_handler.on_moved(c);
	conn_send(c, STR("no"));
	conn_close(c, 0);
}

static void may_be_closed_where_it_arrives(void **state)
{
	struct conn_handler unwelcome = conn_bed_handler;
	struct conn_bed_owner o;

	(void)state;
	conn_bed_owner_init(&o);
	unwelcome.on_moved = on_moved_closes;
	o.conn.handler = &unwelcome;
	o.takes = 1;
	o.then = move_it;
	conn_bed_peer_says(&o, "abc");
	conn_bed_turns(3);
	assert_true(str_is(buf_str(&o.got), "a"));
	assert_true(str_is(conn_bed_peer_hears(&o), "no"));
	assert_int_equal(o.closed, 1);
	conn_bed_owner_fini(&o);
}

enum { TRAVELLERS = 8, TRIPS = 20 };

static struct loop *loops[2];
static _Atomic int travellers_done;

struct traveller {
	struct conn conn;
	int peer;
	size_t next; /* number of the next byte */
};

/* Moves every few bytes; the bytes must come in order wherever it is. */
static size_t travel(struct conn *c, struct str bytes)
{
	struct traveller *t = container_of(c, struct traveller, conn);
	size_t len = bytes.len < 10 ? bytes.len : 10;

	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes.data[i], (char)t->next++);
	conn_send(c, str_make(bytes.data, len));
	conn_move(c, loops[loop_current()->index == 0]);
	return len;
}

static void arrive(struct conn *c)
{
	assert_ptr_equal(c->loop, loop_current());
}

static void end_travel(struct conn *c, enum err reason)
{
	assert_int_equal(reason, ERR_CLOSED);
	free(container_of(c, struct traveller, conn));
	travellers_done++;
}

static void *run_loop(void *data)
{
	loop_run(data);
	return NULL;
}

/* Everything goes through the socket byte by byte, and comes back. */
static void exchange(int fd)
{
	char out[TRIPS * 10], in[TRIPS * 10];
	size_t sent = 0, received = 0;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = (char)i;
	while (received < sizeof(in)) {
		size_t len = sizeof(out) - sent < 17 ? sizeof(out) - sent : 17;
		ssize_t got;

		if (len)
			assert_int_equal(write(fd, out + sent, len), (ssize_t)len);
		sent += len;
		got = read(fd, in + received, sizeof(in) - received);
		assert_true(got > 0);
		received += (size_t)got;
	}
	assert_memory_equal(in, out, sizeof(in));
}

static void moves_between_threads(void **state)
{
	static const struct conn_handler traveller = {.on_bytes = travel, .on_moved = arrive, .on_closed = end_travel};
	pthread_t threads[2];
	int peers[TRAVELLERS];

	(void)state;
	for (int i = 0; i < 2; i++)
		loops[i] = loop_new(i);
	for (int i = 0; i < TRAVELLERS; i++) {
		struct traveller *t = mem_new(sizeof(*t));
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
		peers[i] = ends[1];
		conn_init(&t->conn, loops[i % 2], ends[0], (struct ip){0}, &traveller);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_loop, loops[i]), 0);
	for (int i = 0; i < TRAVELLERS; i++) {
		exchange(peers[i]);
		close(peers[i]);
	}
	while (travellers_done < TRAVELLERS)
		conn_bed_sleep(1);
	for (int i = 0; i < 2; i++)
		loop_stop_post(loops[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < 2; i++)
		loop_free(&loops[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_with_all_it_has),
		cmocka_unit_test(may_move_on_at_once),
		cmocka_unit_test(may_be_closed_where_it_arrives),
		cmocka_unit_test(moves_between_threads),
	};

	return cmocka_run_group_tests(tests, conn_bed_make, conn_bed_free);
}
