#include "net/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metric.h"
#include "conf/option.h"

static struct loop *loops[2];

static int make_loops(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		loops[i] = loop_new(i);
	/* A pause is told in the log, once. */
	log_set_level(LOG_NONE);
	return 0;
}

static int free_loops(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		loop_free(&loops[i]);
	return 0;
}

static struct config_listen plain_config(void)
{
	return (struct config_listen){
		.ip_address = STR("127.0.0.1"),
		.ip_version = 4,
		.backlog = 64,
		.num_acceptors = 100,
		.max_connections = OPTION_INFINITY,
	};
}

enum { ACCEPTED_MAX = 64 };

static struct {
	pthread_mutex_t lock;
	int fds[ACCEPTED_MAX];
	int count, per_loop[2];
	struct ip peer;
} accepted = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void on_accept(void *context, struct listener *l, struct loop *loop, int fd, struct ip peer)
{
	assert_ptr_equal(context, &accepted);
	assert_ptr_equal(loop, loop_current());
	assert_non_null(listener_config(l));
	pthread_mutex_lock(&accepted.lock);
	accepted.fds[accepted.count++] = fd;
	accepted.per_loop[loop->index]++;
	accepted.peer = peer;
	pthread_mutex_unlock(&accepted.lock);
}

static int accepted_count(void)
{
	int count;

	pthread_mutex_lock(&accepted.lock);
	count = accepted.count;
	pthread_mutex_unlock(&accepted.lock);
	return count;
}

static void forget_accepted(struct listener *l)
{
	for (int i = 0; i < accepted.count; i++) {
		close(accepted.fds[i]);
		if (l)
			listener_released(l);
	}
	accepted.count = accepted.per_loop[0] = accepted.per_loop[1] = 0;
}

static void turns(int count)
{
	for (int i = 0; i < count; i++) {
		loop_turn(loops[0], 0);
		loop_turn(loops[1], 0);
	}
}

static struct listener *open_listener(const struct config_listen *c)
{
	struct why why = {0};
	struct listener *l = listener_open(c, loops, 2, &why);

	assert_string_equal(why.text, "");
	assert_non_null(l);
	assert_true(listener_port(l) > 0);
	return l;
}

static void end_listener(struct listener *l)
{
	forget_accepted(l);
	listener_stop(l);
	listener_stop(l);
	listener_free(&l);
	assert_null(l);
	turns(1);
}

/* A socket that is connected to the listener, or -1 with errno. */
static int try_connect(const char *address, int port)
{
	struct sockaddr_storage to;
	struct ip ip;
	socklen_t len;
	int fd;

	assert_true(ip_parse(str_from(address), &ip));
	ip.port = (uint16_t)port;
	len = ip_to_sockaddr(ip, &to);
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (connect(fd, (struct sockaddr *)&to, len) == 0)
		return fd;
	close(fd);
	return -1;
}

static int connect_to(struct listener *l)
{
	int fd = try_connect("127.0.0.1", listener_port(l));

	assert_true(fd >= 0);
	return fd;
}

static void accepts_once_it_is_started(void **state)
{
	struct config_listen config = plain_config();
	int64_t before = metric_read(METRIC_connections_accepted), open = metric_read(METRIC_connections_open);
	struct listener *l = open_listener(&config);
	int client = connect_to(l);

	(void)state;
	turns(2);
	assert_int_equal(accepted.count, 0);
	listener_start(l, on_accept, &accepted);
	turns(2);
	assert_int_equal(accepted.count, 1);
	assert_int_equal(listener_connections(l), 1);
	assert_true(ip_is_loopback(accepted.peer));
	assert_true(accepted.peer.port > 0);
	assert_int_equal(metric_read(METRIC_connections_accepted), before + 1);
	assert_int_equal(metric_read(METRIC_connections_open), open + 1);
	close(client);
	end_listener(l);
	assert_int_equal(metric_read(METRIC_connections_open), open);
}

/* T-NET-06 */
static void refuses_once_it_is_stopped(void **state)
{
	struct config_listen config = plain_config();

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct listener *l;
		int port;

		config.reuse_port = i % 2;
		l = open_listener(&config);
		port = listener_port(l);
		if (i < 2) {
			listener_start(l, on_accept, &accepted);
			turns(1);
		}
		listener_stop(l);
		assert_int_equal(try_connect("127.0.0.1", port), -1);
		assert_int_equal(errno, ECONNREFUSED);
		end_listener(l);
	}
}

/* T-CFG-48 */
static void says_why_it_cannot_listen(void **state)
{
	struct config_listen config = plain_config(), second;
	struct listener *l = open_listener(&config);
	struct why why = {0};
	char port[16];

	(void)state;
	second = config;
	second.port = listener_port(l);
	snprintf(port, sizeof(port), "port %d", listener_port(l));
	assert_null(listener_open(&second, loops, 2, &why));
	assert_non_null(strstr(why.text, port));
	assert_non_null(strstr(why.text, "127.0.0.1"));
	assert_non_null(strstr(why.text, "in use"));
	end_listener(l);

	second.ip_address = STR("192.0.2.1");
	assert_null(listener_open(&second, loops, 2, &why));
	assert_non_null(strstr(why.text, "192.0.2.1: no network interface"));
}

/* T-NET-02 */
static void keeps_to_max_connections(void **state)
{
	struct config_listen config = plain_config();
	int64_t before = metric_read(METRIC_max_connections_refused);
	int clients[4];
	struct listener *l;
	char c;

	(void)state;
	config.max_connections = 2;
	l = open_listener(&config);
	listener_start(l, on_accept, &accepted);
	for (int i = 0; i < 3; i++)
		clients[i] = connect_to(l);
	turns(2);
	assert_int_equal(accepted.count, 2);
	assert_int_equal(listener_connections(l), 2);
	assert_int_equal(metric_read(METRIC_max_connections_refused), before + 1);
	/* The one too many is closed at once. */
	assert_int_equal(read(clients[2], &c, 1), 0);

	close(accepted.fds[--accepted.count]);
	listener_released(l);
	clients[3] = connect_to(l);
	turns(2);
	assert_int_equal(accepted.count, 2);
	for (int i = 0; i < 4; i++)
		close(clients[i]);
	end_listener(l);
}

static void lives_until_its_connections_are_released(void **state)
{
	struct config_listen config = plain_config();
	struct listener *l = open_listener(&config), *kept = l;
	int client;

	(void)state;
	listener_start(l, on_accept, &accepted);
	client = connect_to(l);
	turns(2);
	assert_int_equal(accepted.count, 1);
	listener_stop(l);
	turns(1);
	listener_free(&l);
	assert_int_equal(listener_connections(kept), 1);
	assert_ptr_equal(listener_config(kept), &config);
	forget_accepted(kept);
	close(client);
}

static void sleep_ms(long ms)
{
	const struct timespec pause = {.tv_nsec = ms * 1000000};

	nanosleep(&pause, NULL);
}

/* Leaves no descriptor to be had; returns the limit that was. */
static rlim_t use_up_descriptors(void)
{
	struct rlimit r;
	rlim_t before;
	int next = dup(0);

	assert_true(next >= 0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	before = r.rlim_cur;
	r.rlim_cur = (rlim_t)next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &r), 0);
	return before;
}

static void pauses_without_descriptors(void **state)
{
	struct config_listen config = plain_config();
	int64_t before = metric_read(METRIC_accept_paused);
	struct listener *l;
	struct rlimit r;
	int client;

	(void)state;
	config.num_acceptors = 1;
	l = open_listener(&config);
	listener_start(l, on_accept, &accepted);
	turns(1);
	client = connect_to(l);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &r), 0);
	r.rlim_cur = use_up_descriptors();
	/* It does not spin: the pauses grow, 10 + 20 + 40 ms. */
	for (int i = 0; i < 70; i++) {
		turns(1);
		sleep_ms(1);
	}
	assert_int_equal(accepted.count, 0);
	assert_in_range(metric_read(METRIC_accept_paused) - before, 2, 4);
	setrlimit(RLIMIT_NOFILE, &r);
	for (int i = 0; i < 1000 && accepted.count == 0; i++) {
		turns(1);
		sleep_ms(1);
	}
	assert_int_equal(accepted.count, 1);
	close(client);
	end_listener(l);
}

/* T-NET-04 */
static void shares_a_port_on_request(void **state)
{
	struct config_listen config = plain_config(), again;
	struct listener *l, *other;
	struct why why;

	(void)state;
	config.reuse_port = true;
	l = open_listener(&config);
	again = config;
	again.port = listener_port(l);
	other = open_listener(&again);
	assert_int_equal(listener_port(other), listener_port(l));
	again.reuse_port = false;
	assert_null(listener_open(&again, loops, 2, &why));
	end_listener(l);
	end_listener(other);
}

static void accepts_on_every_loop_with_a_socket(void **state)
{
	struct config_listen config = plain_config();
	int clients[32];
	struct listener *l;

	(void)state;
	config.reuse_port = true;
	l = open_listener(&config);
	listener_start(l, on_accept, &accepted);
	for (int i = 0; i < 32; i++)
		clients[i] = connect_to(l);
	turns(2);
	assert_int_equal(accepted.count, 32);
	assert_int_equal(accepted.per_loop[0] + accepted.per_loop[1], 32);
	assert_true(accepted.per_loop[0] > 0 && accepted.per_loop[1] > 0);
	for (int i = 0; i < 32; i++)
		close(clients[i]);
	end_listener(l);

	/* With one acceptor, one loop does it. */
	config.num_acceptors = 1;
	config.index = 1;
	l = open_listener(&config);
	listener_start(l, on_accept, &accepted);
	for (int i = 0; i < 5; i++)
		clients[i] = connect_to(l);
	turns(2);
	assert_int_equal(accepted.per_loop[1], 5);
	for (int i = 0; i < 5; i++)
		close(clients[i]);
	end_listener(l);
}

static void listens_on_both_versions(void **state)
{
	struct config_listen four = plain_config(), six = plain_config();
	struct listener *l4, *l6;
	int client, probe = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_storage loopback;
	struct ip ip;

	(void)state;
	/* A machine without IPv6 cannot show this. */
	assert_true(ip_parse(STR("::1"), &ip));
	if (probe < 0 || bind(probe, (struct sockaddr *)&loopback, ip_to_sockaddr(ip, &loopback)) != 0) {
		close(probe);
		return;
	}
	close(probe);
	six.ip_address = STR("::");
	six.ip_version = 6;
	l6 = open_listener(&six);
	four.ip_address = STR("0.0.0.0");
	four.port = listener_port(l6);
	l4 = open_listener(&four);
	listener_start(l6, on_accept, &accepted);
	client = try_connect("::1", listener_port(l6));
	assert_true(client >= 0);
	turns(2);
	assert_int_equal(accepted.count, 1);
	assert_int_equal(accepted.peer.version, 6);
	close(client);
	end_listener(l6);
	end_listener(l4);
}

static void *run_loop(void *data)
{
	loop_run(data);
	return NULL;
}

/* The loops run; the listener is started, stopped and freed from outside while clients connect. */
static void is_stopped_under_load(void **state)
{
	struct config_listen config = plain_config();
	pthread_t threads[2];

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_loop, loops[i]), 0);
	for (int round = 0; round < 10; round++) {
		struct listener *l;
		int clients[4], port, count;

		config.reuse_port = round % 2;
		l = open_listener(&config);
		port = listener_port(l);
		listener_start(l, on_accept, &accepted);
		for (int i = 0; i < 4; i++)
			clients[i] = connect_to(l);
		for (int i = 0; i < 2000 && round < 5 && accepted_count() < 4; i++)
			sleep_ms(1);
		listener_stop(l);
		/* Nothing is accepted any more when it has returned. */
		count = accepted_count();
		assert_int_equal(try_connect("127.0.0.1", port), -1);
		assert_true(round >= 5 || count == 4);
		assert_int_equal(accepted_count(), count);
		assert_int_equal(listener_connections(l), count);
		forget_accepted(l);
		listener_free(&l);
		for (int i = 0; i < 4; i++)
			close(clients[i]);
	}
	for (int i = 0; i < 2; i++)
		loop_stop_post(loops[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_once_it_is_started),
		cmocka_unit_test(refuses_once_it_is_stopped),
		cmocka_unit_test(says_why_it_cannot_listen),
		cmocka_unit_test(keeps_to_max_connections),
		cmocka_unit_test(lives_until_its_connections_are_released),
		cmocka_unit_test(pauses_without_descriptors),
		cmocka_unit_test(shares_a_port_on_request),
		cmocka_unit_test(accepts_on_every_loop_with_a_socket),
		cmocka_unit_test(listens_on_both_versions),
		cmocka_unit_test(is_stopped_under_load),
	};

	return cmocka_run_group_tests(tests, make_loops, free_loops);
}
