#include "net/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/metric.h"
#include "conf/option.h"
#include "support/certificate.h"
#include "support/tls_client.h"

static struct loop *loop, *other_loop;
static struct certificate certificate;
static struct tls_context *context;

static int make_all(void **state)
{
	struct config_tls config = {.verify_mode = CONFIG_VERIFY_NONE};

	(void)state;
	certificate_init(&certificate, "localhost", 10);
	config.certfile = str_from(certificate.bothfile);
	context = tls_context_new(&config, NULL, NULL);
	loop = loop_new(0);
	other_loop = loop_new(1);
	return context == NULL;
}

static int free_all(void **state)
{
	(void)state;
	loop_free(&loop);
	loop_free(&other_loop);
	tls_context_unref(&context);
	certificate_fini(&certificate);
	return 0;
}

/* The owner of a connection, and the peer at the other end of its socket. */
struct owner {
	struct conn conn;
	int peer; /* the other end */
	struct buf got;
	/* What on_bytes does. */
	size_t takes;             /* at most so many bytes of a call */
	void (*then)(struct owner *o); /* afterwards; once */
	/* What happened. */
	int calls, secured, moved, closed;
	enum err reason;
	struct loop *moved_to;
	struct conn_bytes *shared;
};

static struct owner *owner_of(struct conn *c)
{
	return container_of(c, struct owner, conn);
}

static size_t on_bytes(struct conn *c, struct str bytes)
{
	struct owner *o = owner_of(c);
	void (*then)(struct owner *o) = o->then;
	size_t len = bytes.len < o->takes ? bytes.len : o->takes;

	assert_true(bytes.len > 0);
	assert_ptr_equal(loop_current(), c->loop);
	o->calls++;
	buf_append(&o->got, bytes.data, len);
	o->then = NULL;
	if (then)
		then(o);
	return len;
}

static void on_secure(struct conn *c)
{
	owner_of(c)->secured++;
}

static void on_moved(struct conn *c)
{
	owner_of(c)->moved++;
	owner_of(c)->moved_to = loop_current();
	assert_ptr_equal(c->loop, loop_current());
}

static void on_closed(struct conn *c, enum err reason)
{
	struct owner *o = owner_of(c);

	o->closed++;
	o->reason = reason;
	assert_null(c->tls);
	assert_null(c->kept);
}

static const struct conn_handler handler = {on_bytes, on_secure, on_moved, on_closed};

static void owner_init(struct owner *o)
{
	int ends[2];

	*o = (struct owner){.takes = SIZE_MAX};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	o->peer = ends[1];
	conn_init(&o->conn, loop, ends[0], (struct ip){0}, &handler);
}

static void turns(int count)
{
	for (int i = 0; i < count; i++) {
		loop_turn(loop, 0);
		loop_turn(other_loop, 0);
	}
}

static void owner_fini(struct owner *o)
{
	close(o->peer);
	if (!o->closed)
		conn_abort(&o->conn, ERR_CLOSED);
	turns(2);
	assert_int_equal(o->closed, 1);
	buf_fini(&o->got);
}

static void peer_says(struct owner *o, const char *text)
{
	assert_int_equal(write(o->peer, text, strlen(text)), (ssize_t)strlen(text));
}

/* All that has arrived at the peer; NULL if the connection has ended and nothing more will. */
static struct str peer_hears(struct owner *o)
{
	static char heard[1 << 20];
	size_t len = 0;

	for (;;) {
		ssize_t got = read(o->peer, heard + len, sizeof(heard) - len);

		if (got == 0 && len == 0)
			return STR_NONE;
		if (got <= 0)
			return str_make(heard, len);
		len += (size_t)got;
	}
}

static void carries_bytes(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o);
	peer_says(&o, "hello");
	turns(1);
	assert_true(str_is(buf_str(&o.got), "hello"));
	conn_send(&o.conn, STR("good "));
	conn_send(&o.conn, STR(""));
	conn_send(&o.conn, STR("morning"));
	assert_int_equal(peer_hears(&o).len, 0);
	turns(1);
	assert_true(str_is(peer_hears(&o), "good morning"));
	assert_int_equal(o.conn.out_bytes, 0);
	owner_fini(&o);
	assert_int_equal(o.reason, ERR_CLOSED);
}

static void answer(struct owner *o)
{
	conn_send(&o->conn, STR("answer"));
}

static void writes_in_the_turn_it_reads(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o);
	o.then = answer;
	peer_says(&o, "question");
	loop_turn(loop, -1);
	assert_true(str_is(peer_hears(&o), "answer"));
	owner_fini(&o);
}

static void tells_that_the_peer_has_gone(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o);
	peer_says(&o, "last words");
	close(o.peer);
	turns(3);
	assert_true(str_is(buf_str(&o.got), "last words"));
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_CLOSED);
	buf_fini(&o.got);
}

static void pause_it(struct owner *o)
{
	conn_pause(&o->conn);
}

static void keeps_what_was_not_taken(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o);
	o.takes = 3;
	o.then = pause_it;
	peer_says(&o, "abcdef");
	turns(1);
	peer_says(&o, "ghi");
	turns(2);
	assert_true(str_is(buf_str(&o.got), "abc"));
	o.takes = SIZE_MAX;
	conn_resume(&o.conn);
	assert_int_equal(o.calls, 1);
	turns(2);
	assert_true(str_is(buf_str(&o.got), "abcdefghi"));
	assert_null(o.conn.kept);
	owner_fini(&o);
}

static void pause_and_resume(struct owner *o)
{
	conn_pause(&o->conn);
	conn_resume(&o->conn);
	o->takes = SIZE_MAX;
}

static void may_be_resumed_at_once(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o);
	o.takes = 1;
	o.then = pause_and_resume;
	peer_says(&o, "abc");
	turns(2);
	assert_true(str_is(buf_str(&o.got), "abc"));
	assert_int_equal(o.calls, 2);
	owner_fini(&o);
}

static void close_politely(struct owner *o)
{
	conn_send(&o->conn, STR("bye"));
	conn_close(&o->conn, 1000);
	conn_send(&o->conn, STR("ignored"));
	assert_true(conn_is_closing(&o->conn));
}

static void closes_politely(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o);
	o.takes = 4;
	o.then = close_politely;
	peer_says(&o, "quit and more");
	turns(2);
	assert_true(str_is(buf_str(&o.got), "quit"));
	assert_true(str_is(peer_hears(&o), "bye"));
	assert_null(peer_hears(&o).data);
	peer_says(&o, "ignored");
	turns(2);
	assert_int_equal(o.closed, 0);
	assert_int_equal(o.calls, 1);
	shutdown(o.peer, SHUT_WR);
	turns(2);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_CLOSED);
	owner_fini(&o);
}

static void sleep_ms(long ms)
{
	const struct timespec pause = {.tv_nsec = ms * 1000000};

	nanosleep(&pause, NULL);
}

static void waits_only_so_long_for_the_peer(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o);
	conn_close(&o.conn, 20);
	turns(2);
	assert_int_equal(o.closed, 0);
	sleep_ms(25);
	turns(2);
	assert_int_equal(o.closed, 1);
	owner_fini(&o);

	owner_init(&o);
	conn_send(&o.conn, STR("bye"));
	conn_close(&o.conn, 0);
	turns(2);
	assert_int_equal(o.closed, 1);
	assert_true(str_is(peer_hears(&o), "bye"));
	owner_fini(&o);
}

static void abort_it(struct owner *o)
{
	conn_send(&o->conn, STR("never sent"));
	conn_abort(&o->conn, ERR_TIMEOUT);
	conn_abort(&o->conn, ERR_LIMIT);
	assert_int_equal(o->closed, 0);
}

static void aborts(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o);
	o.then = abort_it;
	o.takes = 1;
	peer_says(&o, "abc");
	turns(1);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_TIMEOUT);
	assert_null(peer_hears(&o).data);
	owner_fini(&o);
}

static char *pattern(size_t len)
{
	char *p = mem_new(len);

	for (size_t i = 0; i < len; i++)
		p[i] = (char)(i * 31 + i / 251);
	return p;
}

/* Reads at the peer while the loop turns, until this much has come. */
static void assert_peer_hears(struct owner *o, const char *expected, size_t len)
{
	size_t at = 0;

	for (int i = 0; i < 10000 && at < len; i++) {
		struct str heard = peer_hears(o);

		if (heard.len)
			assert_memory_equal(heard.data, expected + at, heard.len);
		at += heard.len;
		turns(1);
	}
	assert_int_equal(at, len);
}

static void writes_on_when_there_is_room(void **state)
{
	enum { MUCH = 3000000 };
	char *much = pattern(MUCH);
	struct owner o;

	(void)state;
	owner_init(&o);
	for (size_t at = 0; at < MUCH;) {
		size_t len = at % 7000 + 1 < MUCH - at ? at % 7000 + 1 : MUCH - at;

		conn_send(&o.conn, str_make(much + at, len));
		at += len;
	}
	turns(3);
	assert_in_range(o.conn.out_bytes, 1, MUCH - 1);
	assert_peer_hears(&o, much, MUCH);
	assert_int_equal(o.conn.out_bytes, 0);
	assert_null(o.conn.wire.first);
	owner_fini(&o);
	free(much);
}

static void finishes_writing_before_it_closes(void **state)
{
	enum { MUCH = 1000000 };
	char *much = pattern(MUCH);
	struct owner o;

	(void)state;
	owner_init(&o);
	conn_send(&o.conn, str_make(much, MUCH));
	conn_close(&o.conn, 5000);
	assert_peer_hears(&o, much, MUCH);
	assert_null(peer_hears(&o).data);
	owner_fini(&o);
	free(much);
}

static void shares_bytes(void **state)
{
	char *text = pattern(2000);
	struct conn_bytes *large = conn_bytes_new(str_make(text, 2000)), *small = conn_bytes_new(STR("small"));
	struct owner owners[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		owner_init(&owners[i]);
		conn_send(&owners[i].conn, STR("<"));
		conn_send_shared(&owners[i].conn, large);
		conn_send(&owners[i].conn, STR("|"));
		conn_send_shared(&owners[i].conn, small);
		conn_send(&owners[i].conn, STR(">"));
	}
	assert_int_equal(large->refs, 4);
	conn_abort(&owners[2].conn, ERR_CLOSED);
	turns(2);
	assert_int_equal(large->refs, 1);
	for (int i = 0; i < 3; i++) {
		struct str heard = peer_hears(&owners[i]);

		if (i < 2) {
			assert_int_equal(heard.len, 2008);
			assert_memory_equal(heard.data + 1, text, 2000);
			assert_memory_equal(heard.data + 2001, "|small>", 7);
		} else {
			assert_int_equal(heard.len, 0);
		}
		owner_fini(&owners[i]);
	}
	conn_bytes_unref(&large);
	conn_bytes_unref(&small);
	assert_null(small);
	free(text);
}

static void cuts_off_who_does_not_read(void **state)
{
	int64_t before = metric_read(METRIC_output_limit_exceeded);
	char *much = pattern(100000);
	struct owner o;

	(void)state;
	owner_init(&o);
	o.conn.output_limit_bytes = 300000;
	for (int i = 0; i < 20 && !conn_is_closing(&o.conn); i++) {
		conn_send(&o.conn, str_make(much, 100000));
		assert_true(o.conn.out_bytes <= 300000);
		turns(1);
	}
	turns(1);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_LIMIT);
	assert_int_equal(metric_read(METRIC_output_limit_exceeded), before + 1);
	owner_fini(&o);
	free(much);
}

static void spares_who_reads(void **state)
{
	char *much = pattern(100000);
	struct owner o;

	(void)state;
	/* More than the limit in one turn is no reason: it is written in between. */
	owner_init(&o);
	o.conn.output_limit_bytes = 5000;
	for (int i = 0; i < 20; i++)
		conn_send(&o.conn, str_make(much, 1000));
	assert_false(conn_is_closing(&o.conn));
	turns(1);
	assert_int_equal(peer_hears(&o).len, 20000);
	/* And a single stanza may be larger than the limit. */
	conn_send(&o.conn, str_make(much, 100000));
	assert_peer_hears(&o, much, 100000);
	assert_int_equal(o.closed, 0);
	owner_fini(&o);
	free(much);
}

static void move_it(struct owner *o)
{
	o->takes = SIZE_MAX;
	conn_move(&o->conn, other_loop);
}

static void move_with_output(struct owner *o)
{
	conn_send(&o->conn, STR("before the move"));
	move_it(o);
}

static void moves_with_all_it_has(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o);
	o.takes = 5;
	o.then = move_with_output;
	peer_says(&o, "first second");
	loop_turn(loop, 0);
	assert_int_equal(o.moved, 0);
	peer_says(&o, " third");
	turns(2);
	assert_int_equal(o.moved, 1);
	assert_ptr_equal(o.moved_to, other_loop);
	assert_true(str_is(buf_str(&o.got), "first second third"));
	assert_true(str_is(peer_hears(&o), "before the move"));
	conn_move(&o.conn, loop);
	turns(2);
	assert_ptr_equal(o.moved_to, loop);
	peer_says(&o, " fourth");
	turns(1);
	assert_true(str_is(buf_str(&o.got), "first second third fourth"));
	owner_fini(&o);
}

static void on_moved_moves_back(struct conn *c)
{
	on_moved(c);
	if (loop_current() == other_loop)
		conn_move(c, loop);
}

static void may_move_on_at_once(void **state)
{
	static const struct conn_handler restless = {on_bytes, NULL, on_moved_moves_back, on_closed};
	struct owner o;

	(void)state;
	owner_init(&o);
	o.conn.handler = &restless;
	o.takes = 1;
	o.then = move_it;
	peer_says(&o, "abc");
	turns(4);
	assert_int_equal(o.moved, 2);
	assert_ptr_equal(o.moved_to, loop);
	assert_true(str_is(buf_str(&o.got), "abc"));
	owner_fini(&o);
}

static void on_moved_closes(struct conn *c)
{
	on_moved(c);
	conn_send(c, STR("no"));
	conn_close(c, 0);
}

static void may_be_closed_where_it_arrives(void **state)
{
	static const struct conn_handler unwelcome = {on_bytes, NULL, on_moved_closes, on_closed};
	struct owner o;

	(void)state;
	owner_init(&o);
	o.conn.handler = &unwelcome;
	o.takes = 1;
	o.then = move_it;
	peer_says(&o, "abc");
	turns(3);
	assert_true(str_is(buf_str(&o.got), "a"));
	assert_true(str_is(peer_hears(&o), "no"));
	assert_int_equal(o.closed, 1);
	owner_fini(&o);
}

/* ---- TLS ---- */

static void client_turn(struct owner *o, struct tls_client *client)
{
	struct buf to_server;

	buf_init(&to_server);
	tls_client_step(client, peer_hears(o), &to_server);
	if (to_server.len)
		assert_int_equal(write(o->peer, to_server.data, to_server.len), (ssize_t)to_server.len);
	buf_fini(&to_server);
	turns(1);
}

static void client_says(struct owner *o, struct tls_client *client, struct str text)
{
	struct buf to_server;

	buf_init(&to_server);
	tls_client_send(client, text, &to_server);
	assert_int_equal(write(o->peer, to_server.data, to_server.len), (ssize_t)to_server.len);
	buf_fini(&to_server);
}

static void secure(struct owner *o, struct tls_client *client)
{
	for (int i = 0; i < 5; i++)
		client_turn(o, client);
	assert_true(tls_client_is_established(client));
	assert_int_equal(o->secured, 1);
}

static void start_tls(struct owner *o)
{
	o->takes = SIZE_MAX;
	conn_send(&o->conn, STR("proceed"));
	conn_start_tls(&o->conn, context, false);
	conn_send(&o->conn, STR("welcome"));
}

static void speaks_tls_after_starttls(void **state)
{
	struct tls_client client;
	struct owner o;

	(void)state;
	owner_init(&o);
	tls_client_init(&client);
	o.takes = 8;
	o.then = start_tls;
	peer_says(&o, "starttls injected in the clear");
	turns(2);
	assert_true(str_is(peer_hears(&o), "proceed"));
	assert_int_equal(o.secured, 0);
	secure(&o, &client);
	/* What was sent before the handshake was done has waited for it. */
	assert_true(str_is(buf_str(&client.got), "welcome"));
	client_says(&o, &client, STR("hello"));
	turns(1);
	assert_true(str_is(buf_str(&o.got), "starttlshello"));
	conn_send(&o.conn, STR(", bye"));
	conn_close(&o.conn, 1000);
	turns(2);
	client_turn(&o, &client);
	assert_true(str_is(buf_str(&client.got), "welcome, bye"));
	assert_true(client.is_closed);
	tls_client_fini(&client);
	owner_fini(&o);
}

static void start_direct_tls(struct owner *o)
{
	o->takes = SIZE_MAX;
	conn_start_tls(&o->conn, context, true);
}

/* As behind a PROXY header: the first ciphertext comes in one piece with what is in the clear. */
static void takes_ciphertext_that_came_along(void **state)
{
	struct tls_client client;
	struct buf hello;
	struct owner o;

	(void)state;
	for (int later = 0; later < 2; later++) {
		owner_init(&o);
		tls_client_init(&client);
		buf_init(&hello);
		buf_append_text(&hello, "PROXY\r\n");
		tls_client_step(&client, STR_NONE, &hello);
		o.takes = 7;
		o.then = later ? pause_it : start_direct_tls;
		assert_int_equal(write(o.peer, hello.data, hello.len), (ssize_t)hello.len);
		turns(1);
		if (later) {
			start_direct_tls(&o);
			conn_resume(&o.conn);
			turns(1);
		}
		secure(&o, &client);
		client_says(&o, &client, STR("hello"));
		turns(1);
		assert_true(str_is(buf_str(&o.got), "PROXY\r\nhello"));
		buf_fini(&hello);
		tls_client_fini(&client);
		owner_fini(&o);
	}
}

static void carries_much_over_tls(void **state)
{
	enum { MUCH = 2000000 };
	char *much = pattern(MUCH);
	struct tls_client client;
	struct owner o;

	(void)state;
	owner_init(&o);
	tls_client_init(&client);
	conn_start_tls(&o.conn, context, false);
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
		turns(2);
	}
	assert_int_equal(o.got.len, 500000);
	assert_memory_equal(o.got.data, much, 500000);
	tls_client_fini(&client);
	owner_fini(&o);
	free(much);
}

static void moves_with_tls(void **state)
{
	struct tls_client client;
	struct owner o;

	(void)state;
	owner_init(&o);
	tls_client_init(&client);
	conn_start_tls(&o.conn, context, false);
	secure(&o, &client);
	o.takes = 2;
	o.then = move_with_output;
	client_says(&o, &client, STR("abc"));
	client_says(&o, &client, STR("def"));
	turns(3);
	assert_ptr_equal(o.moved_to, other_loop);
	client_says(&o, &client, STR("ghi"));
	turns(1);
	assert_true(str_is(buf_str(&o.got), "abcdefghi"));
	client_turn(&o, &client);
	assert_true(str_is(buf_str(&client.got), "before the move"));
	tls_client_fini(&client);
	owner_fini(&o);
}

static void cuts_off_who_does_not_read_tls(void **state)
{
	char *much = pattern(100000);
	struct tls_client client;
	struct owner o;

	(void)state;
	owner_init(&o);
	tls_client_init(&client);
	conn_start_tls(&o.conn, context, false);
	secure(&o, &client);
	o.conn.output_limit_bytes = 300000;
	for (int i = 0; i < 20 && !conn_is_closing(&o.conn); i++) {
		conn_send(&o.conn, str_make(much, 100000));
		turns(1);
	}
	turns(1);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_LIMIT);
	tls_client_fini(&client);
	owner_fini(&o);
	free(much);
}

static void says_that_tls_failed(void **state)
{
	struct owner o;

	(void)state;
	owner_init(&o);
	conn_start_tls(&o.conn, context, false);
	conn_send(&o.conn, STR("secret that must not go out in the clear"));
	peer_says(&o, "<stream:stream to='localhost'>");
	turns(2);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_INVALID);
	assert_int_equal(o.got.len, 0);
	/* At most an alert. */
	assert_in_range(peer_hears(&o).len, 0, 7);
	owner_fini(&o);

	/* Closing in the middle of a handshake gives nothing away either. */
	owner_init(&o);
	conn_start_tls(&o.conn, context, false);
	conn_send(&o.conn, STR("secret"));
	conn_close(&o.conn, 1000);
	turns(2);
	assert_int_equal(peer_hears(&o).len, 0);
	owner_fini(&o);
}

static void answers_a_polite_end(void **state)
{
	struct tls_client client;
	struct buf to_server;
	struct owner o;

	(void)state;
	owner_init(&o);
	tls_client_init(&client);
	conn_start_tls(&o.conn, context, false);
	secure(&o, &client);
	buf_init(&to_server);
	tls_client_close(&client, &to_server);
	assert_int_equal(write(o.peer, to_server.data, to_server.len), (ssize_t)to_server.len);
	turns(2);
	assert_int_equal(o.closed, 1);
	assert_int_equal(o.reason, ERR_CLOSED);
	tls_client_step(&client, peer_hears(&o), &to_server);
	assert_true(client.is_closed);
	buf_fini(&to_server);
	tls_client_fini(&client);
	owner_fini(&o);
}

static void hibernates(void **state)
{
	static const int64_t after_ms[] = {0, 10, OPTION_INFINITY};
	int64_t before = metric_read(METRIC_hibernations);

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct tls_client client;
		struct owner o;

		owner_init(&o);
		tls_client_init(&client);
		conn_set_hibernate(&o.conn, after_ms[i]);
		conn_start_tls(&o.conn, context, false);
		secure(&o, &client);
		sleep_ms(15);
		turns(1);
		assert_int_equal(metric_read(METRIC_hibernations), before + (i > 0));
		assert_false(timer_is_running(&o.conn.timer));
		client_says(&o, &client, STR("awake"));
		turns(1);
		assert_true(str_is(buf_str(&o.got), "awake"));
		assert_int_equal(timer_is_running(&o.conn.timer), i == 1);
		tls_client_fini(&client);
		owner_fini(&o);
	}
}

/* ---- threads ---- */

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
	static const struct conn_handler traveller = {travel, NULL, arrive, end_travel};
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
		sleep_ms(1);
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
		cmocka_unit_test(carries_bytes),
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
		cmocka_unit_test(spares_who_reads),
		cmocka_unit_test(moves_with_all_it_has),
		cmocka_unit_test(may_move_on_at_once),
		cmocka_unit_test(may_be_closed_where_it_arrives),
		cmocka_unit_test(speaks_tls_after_starttls),
		cmocka_unit_test(takes_ciphertext_that_came_along),
		cmocka_unit_test(carries_much_over_tls),
		cmocka_unit_test(moves_with_tls),
		cmocka_unit_test(cuts_off_who_does_not_read_tls),
		cmocka_unit_test(says_that_tls_failed),
		cmocka_unit_test(answers_a_polite_end),
		cmocka_unit_test(hibernates),
		cmocka_unit_test(moves_between_threads),
	};

	return cmocka_run_group_tests(tests, make_all, free_all);
}
