#include "net/proxy_gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric.h"

#define HEADER "PROXY TCP4 203.0.113.7 192.0.2.1 4711 5222\r\n"

static struct loop *loop;
static struct proxy_gate gate;
static struct proxy_rules *all;

/* What came out of the gate. */
static struct {
	int count, fd;
	struct ip peer;
} done;

static void on_done(struct proxy_gate *g, int fd, struct ip peer)
{
	assert_ptr_equal(g, &gate);
	done.count++;
	done.fd = fd;
	done.peer = peer;
}

static int make(void **state)
{
	(void)state;
	log_set_level(LOG_NONE);
	loop = loop_new(0);
	proxy_gate_init(&gate, loop, on_done);
	all = proxy_gate_rules(&(struct option_list){0});
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	free(all);
	loop_free(&loop);
	return 0;
}

static struct ip address(const char *text)
{
	struct ip ip;

	assert_true(ip_parse(str_from(text), &ip));
	ip.port = 999;
	return ip;
}

/* Returns the client's end. */
static int enter(const struct proxy_rules *rules, const char *from)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	done.count = 0;
	proxy_gate_enter(&gate, rules, ends[0], address(from));
	return ends[1];
}

static void say(int client, const char *text)
{
	assert_int_equal(write(client, text, strlen(text)), (ssize_t)strlen(text));
	loop_turn(loop, 0);
}

static void assert_closed(int client)
{
	char c;

	assert_int_equal(done.count, 1);
	assert_int_equal(done.fd, -1);
	assert_true(read(client, &c, 1) <= 0);
	assert_true(list_is_empty(&gate.waiting));
	close(client);
}

static void takes_the_header_and_no_more(void **state)
{
	char text[IP_TEXT_MAX], rest[16];
	int client = enter(all, "127.0.0.1");

	(void)state;
	say(client, "PROXY TCP4 203.0.");
	assert_int_equal(done.count, 0);
	say(client, "113.7 192.0.2.1 4711 5222\r\n<stream");
	assert_int_equal(done.count, 1);
	assert_string_equal(ip_format(done.peer, true, text), "203.0.113.7:4711");
	assert_int_equal(read(done.fd, rest, sizeof(rest)), 7);
	assert_memory_equal(rest, "<stream", 7);
	close(done.fd);
	close(client);
}

static void keeps_the_address_of_a_health_check(void **state)
{
	char text[IP_TEXT_MAX];
	int client = enter(all, "192.0.2.9");

	(void)state;
	say(client, "PROXY UNKNOWN\r\n");
	assert_int_equal(done.count, 1);
	assert_string_equal(ip_format(done.peer, true, text), "192.0.2.9:999");
	close(done.fd);
	close(client);
}

static void closes_what_is_malformed(void **state)
{
	int64_t before = metric_read(METRIC_proxy_header_refused);
	int client = enter(all, "127.0.0.1");

	(void)state;
	say(client, "<?xml");
	assert_closed(client);
	client = enter(all, "127.0.0.1");
	say(client, "PROXY TCP4 nobody nowhere 1 2\r\n");
	assert_closed(client);
	assert_int_equal(metric_read(METRIC_proxy_header_refused), before + 2);
	/* Who connects to see whether somebody listens has done nothing wrong. */
	client = enter(all, "127.0.0.1");
	shutdown(client, SHUT_WR);
	loop_turn(loop, 0);
	assert_closed(client);
	assert_int_equal(metric_read(METRIC_proxy_header_refused), before + 2);
}

static void does_not_wait_for_ever(void **state)
{
	int64_t before = metric_read(METRIC_proxy_header_refused);
	int client = enter(all, "127.0.0.1");

	(void)state;
	say(client, "PROXY TCP4 203.0.");
	timer_wheel_advance(loop->timers, timer_now_ms(loop->timers) + 4900);
	assert_int_equal(done.count, 0);
	timer_wheel_advance(loop->timers, timer_now_ms(loop->timers) + 200);
	assert_closed(client);
	assert_int_equal(metric_read(METRIC_proxy_header_refused), before + 1);
}

static void believes_whom_it_trusts(void **state)
{
	static const struct str ranges[] = {{"10.0.0.0/8", 10}, {"2001:db8::1", 11}};
	struct proxy_rules *rules = proxy_gate_rules(&(struct option_list){ranges, 2});
	int64_t before = metric_read(METRIC_proxy_header_refused);
	int client = enter(rules, "11.0.0.1");

	(void)state;
	assert_closed(client);
	client = enter(rules, "2001:db8::2");
	assert_closed(client);
	assert_int_equal(metric_read(METRIC_proxy_header_refused), before + 2);
	for (int i = 0; i < 2; i++) {
		client = enter(rules, i ? "2001:db8::1" : "10.255.0.1");
		say(client, HEADER);
		assert_int_equal(done.count, 1);
		assert_true(done.fd >= 0);
		close(done.fd);
		close(client);
	}
	free(rules);
}

static void closes_all_that_wait(void **state)
{
	int clients[3];
	char c;

	(void)state;
	for (int i = 0; i < 3; i++)
		clients[i] = enter(all, "127.0.0.1");
	proxy_gate_close(&gate);
	assert_int_equal(done.count, 3);
	for (int i = 0; i < 3; i++) {
		assert_true(read(clients[i], &c, 1) <= 0);
		close(clients[i]);
	}
	assert_int_equal(timer_next_ms(loop->timers), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_header_and_no_more),
		cmocka_unit_test(keeps_the_address_of_a_health_check),
		cmocka_unit_test(closes_what_is_malformed),
		cmocka_unit_test(does_not_wait_for_ever),
		cmocka_unit_test(believes_whom_it_trusts),
		cmocka_unit_test(closes_all_that_wait),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
