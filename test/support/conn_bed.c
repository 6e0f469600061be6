#include "support/conn_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "support/certificate.h"

struct loop *conn_bed_loop, *conn_bed_other_loop;
struct tls_context *conn_bed_context;

static struct certificate certificate;

int conn_bed_make(void **state)
{
	struct config_tls config = {.verify_mode = CONFIG_VERIFY_NONE};

	(void)state;
	certificate_init(&certificate, "localhost", 10);
	config.certfile = str_from(certificate.bothfile);
	conn_bed_context = tls_context_new(&config, NULL, NULL);
	conn_bed_loop = loop_new(0);
	conn_bed_other_loop = loop_new(1);
	return conn_bed_context == NULL;
}

int conn_bed_free(void **state)
{
	(void)state;
	loop_free(&conn_bed_loop);
	loop_free(&conn_bed_other_loop);
	tls_context_unref(&conn_bed_context);
	certificate_fini(&certificate);
	return 0;
}

static struct conn_bed_owner *owner_of(struct conn *c)
{
	return container_of(c, struct conn_bed_owner, conn);
}

static size_t on_bytes(struct conn *c, struct str bytes)
{
	struct conn_bed_owner *o = owner_of(c);
	void (*then)(struct conn_bed_owner *o) = o->then;
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

static void on_written(struct conn *c)
{
	struct conn_bed_owner *o = owner_of(c);

	assert_int_equal(c->out_bytes, 0);
	o->written++;
}

static void on_closed(struct conn *c, enum err reason)
{
	struct conn_bed_owner *o = owner_of(c);

	o->closed++;
	o->reason = reason;
	assert_null(c->side);
}

const struct conn_handler conn_bed_handler = {
	.on_bytes = on_bytes, .on_secure = on_secure, .on_moved = on_moved, .on_written = on_written, .on_closed = on_closed,
};

void conn_bed_owner_init(struct conn_bed_owner *o)
{
	int ends[2];

	*o = (struct conn_bed_owner){.takes = SIZE_MAX};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
	o->peer = ends[1];
	conn_init(&o->conn, conn_bed_loop, ends[0], (struct ip){0}, &conn_bed_handler);
}

void conn_bed_turns(int count)
{
	for (int i = 0; i < count; i++) {
		loop_turn(conn_bed_loop, 0);
		loop_turn(conn_bed_other_loop, 0);
	}
}

void conn_bed_owner_fini(struct conn_bed_owner *o)
{
	close(o->peer);
	if (!o->closed)
		conn_abort(&o->conn, ERR_CLOSED);
	conn_bed_turns(2);
	assert_int_equal(o->closed, 1);
	buf_fini(&o->got);
}

void conn_bed_peer_says(struct conn_bed_owner *o, const char *text)
{
	assert_int_equal(write(o->peer, text, strlen(text)), (ssize_t)strlen(text));
}

struct str conn_bed_peer_hears(struct conn_bed_owner *o)
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

void conn_bed_sleep(int ms)
{
	const struct timespec pause = {.tv_nsec = ms * 1000000L};

	nanosleep(&pause, NULL);
}

char *conn_bed_pattern(size_t len)
{
	char *p = mem_new(len);

	for (size_t i = 0; i < len; i++)
		p[i] = (char)(i * 31 + i / 251);
	return p;
}

void conn_bed_assert_hears(struct conn_bed_owner *o, const char *expected, size_t len)
{
	size_t at = 0;

	for (int i = 0; i < 10000 && at < len; i++) {
		struct str heard = conn_bed_peer_hears(o);

		if (heard.len)
			assert_memory_equal(heard.data, expected + at, heard.len);
		at += heard.len;
		conn_bed_turns(1);
	}
	assert_int_equal(at, len);
}
