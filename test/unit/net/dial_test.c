/* Names come from a file here; what DNS servers do is in resolve_test.c. Ports are the system's choice. */
#include "net/dial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "conf/config.h"
#include "net/loop.h"
#include "support/await.h"

static struct loop *loop;
static char folder[AWAIT_FOLDER_MAX];

static int make(void **state)
{
	(void)state;
	loop = loop_new(0);
	await_folder_make(folder);
	return 0;
}

static int clear(void **state)
{
	(void)state;
	loop_free(&loop);
	await_folder_remove(folder);
	return 0;
}

/* A dial with the configuration and the names that it goes by. */
struct bed {
	struct config_s2s config;
	struct resolve *resolve;
	struct dial *dial;
	const char *domain;
	int calls;
	enum err error;
	enum dial_step step;
	char why[512], host[256];
	struct ip address;
	int fd;
	bool is_direct_tls, is_secure;
	size_t tlsa_count;
	bool frees; /* the dial, from its callback */
};

static const int64_t both_versions[] = {4, 6};

static void init(struct bed *b, const char *zone)
{
	struct config_resolver resolver = {.server = STR("none"), .port = 53};
	struct why why = {""};
	char path[AWAIT_FOLDER_MAX + 16];
	FILE *file;

	snprintf(path, sizeof(path), "%s/zone", folder);
	file = fopen(path, "w");
	fputs(zone, file);
	fclose(file);
	resolver.file = str_from(path);
	*b = (struct bed){.fd = -1};
	b->config.outgoing = (struct config_s2s_outgoing){
		.port = 5269,
		.ip_versions = {both_versions, 2},
		.connection_timeout_ms = 3000,
		.dns = {10, 2},
		.tls_policy = CONFIG_S2S_TLS_OPTIONAL,
	};
	b->resolve = resolve_new(&resolver, &why);
	if (!b->resolve)
		fail_msg("%s", why.text);
}

static void fini(struct bed *b)
{
	dial_free(&b->dial);
	resolve_free(&b->resolve);
	if (b->fd >= 0)
		close(b->fd);
	loop_turn(loop, 0);
}

static void on_done(void *context, const struct dial_result *r)
{
	struct bed *b = context;

	b->calls++;
	b->error = r->error;
	b->step = r->step;
	snprintf(b->why, sizeof(b->why), "%s", r->why.text);
	snprintf(b->host, sizeof(b->host), "%.*s", STR_ARGS(r->host));
	b->address = r->address;
	if (b->fd >= 0)
		close(b->fd);
	b->fd = r->fd;
	b->is_direct_tls = r->is_direct_tls;
	b->is_secure = r->is_secure;
	b->tlsa_count = r->tlsa_count;
	if (b->frees)
		dial_free(&b->dial);
}

static void start(void *context, struct timer *t)
{
	struct bed *b = context;

	(void)t;
	b->dial = dial_start(b->resolve, &b->config, str_from(b->domain), on_done, b);
	assert_int_equal(b->calls, 0);
}

/* Things begin on a loop: from a timer. */
struct starter {
	struct timer timer;
	struct bed *bed;
};

static void on_start(struct timer *t)
{
	struct starter *s = container_of(t, struct starter, timer);

	start(s->bed, t);
}

static void turn_until(const int *value, int wanted)
{
	for (int i = 0; i < 2000 && *value < wanted; i++)
		loop_turn(loop, 10);
	assert_int_equal(*value, wanted);
}

static void begin(struct bed *b, const char *domain)
{
	struct starter s = {.bed = b};

	b->domain = domain;
	timer_init(&s.timer, on_start);
	timer_start(loop->timers, &s.timer, 0);
	while (timer_is_running(&s.timer))
		loop_turn(loop, 10);
}

static void run(struct bed *b, const char *domain)
{
	begin(b, domain);
	turn_until(&b->calls, 1);
}

/* A socket that listens on the address; its port. */
static int open_listener(const char *address, int *port_out)
{
	struct sockaddr_storage a;
	struct ip ip;
	socklen_t len;
	int fd;

	assert_true(ip_parse(str_from(address), &ip));
	len = ip_to_sockaddr(ip, &a);
	fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	len = sizeof(a);
	getsockname(fd, (struct sockaddr *)&a, &len);
	*port_out = ip_from_sockaddr((struct sockaddr *)&a).port;
	return fd;
}

/* A port on which nobody listens. */
static int closed_port(void)
{
	int port;

	close(open_listener("127.0.0.1", &port));
	return port;
}

#define ZONE(...) (snprintf(zone, sizeof(zone), __VA_ARGS__), zone)

static void test_T_S2S_24_srv(void **state)
{
	char zone[1024];
	struct bed b;
	int port, listener = open_listener("127.0.0.1", &port);

	(void)state;
	init(&b, ZONE("_xmpp-server._tcp.example.org SRV 20 0 %d late.example.org\n_xmpp-server._tcp.example.org SRV 10 0 %d early.example.org\n"
		      "late.example.org A 127.0.0.2\nearly.example.org A 127.0.0.1\n",
		      port, port));
	run(&b, "example.org");
	assert_int_equal(b.error, ERR_NONE);
	assert_string_equal(b.host, "early.example.org");
	assert_int_equal(b.address.port, port);
	assert_false(b.is_direct_tls);
	assert_true(b.is_secure);
	assert_int_equal(b.tlsa_count, 0);
	fini(&b);
	close(listener);
}

static void test_T_S2S_24_direct_tls(void **state)
{
	char zone[1024];
	struct bed b;
	int port, listener = open_listener("127.0.0.1", &port);

	(void)state;
	init(&b, ZONE("_xmpp-server._tcp.example.org SRV 20 0 %d a.example.org\n_xmpps-server._tcp.example.org SRV 10 0 %d a.example.org\n"
		      "a.example.org A 127.0.0.1\n_%d._tcp.a.example.org TLSA 3 1 1 00\n",
		      port, port, port));
	run(&b, "example.org");
	assert_true(b.is_direct_tls);
	assert_int_equal(b.tlsa_count, 1);
	fini(&b);
	/* Without TLS nobody asks for it. */
	init(&b, zone);
	b.config.outgoing.tls_policy = CONFIG_S2S_TLS_NONE;
	run(&b, "example.org");
	assert_false(b.is_direct_tls);
	fini(&b);
	close(listener);
}

static void test_T_S2S_25_no_srv(void **state)
{
	struct bed b;
	int port, listener = open_listener("127.0.0.1", &port);

	(void)state;
	init(&b, "127.0.0.1 example.org\n");
	b.config.outgoing.port = port;
	run(&b, "example.org");
	assert_int_equal(b.error, ERR_NONE);
	assert_string_equal(b.host, "example.org");
	fini(&b);
	close(listener);
}

static void test_T_S2S_26_no_such_name(void **state)
{
	struct bed b;

	(void)state;
	init(&b, "127.0.0.1 example.org\n");
	run(&b, "example.net");
	assert_int_equal(b.error, ERR_NOT_FOUND);
	assert_int_equal(b.step, DIAL_RESOLVE);
	assert_int_equal(b.fd, -1);
	assert_string_equal(b.why, "example.net is not in the local file, and no server is to be asked");
	fini(&b);
}

static void test_T_S2S_27_fixed_address(void **state)
{
	struct config_s2s_address address = {.host = STR("example.org"), .ip_address = STR("127.0.0.1"), .tls = true};
	struct bed b;
	int port, listener = open_listener("127.0.0.1", &port);

	(void)state;
	init(&b, "192.0.2.1 example.org\n");
	address.port = port;
	b.config.outgoing.addresses = (struct option_list){&address, 1};
	run(&b, "example.org");
	assert_int_equal(b.error, ERR_NONE);
	assert_int_equal(b.address.port, port);
	assert_true(b.is_direct_tls);
	assert_false(b.is_secure);
	assert_string_equal(b.host, "");
	fini(&b);
	close(listener);
}

static void test_T_S2S_29_international_domain(void **state)
{
	struct bed b;
	int port, listener = open_listener("127.0.0.1", &port);

	(void)state;
	init(&b, "127.0.0.1 xn--bcher-kva.example\n");
	b.config.outgoing.port = port;
	run(&b, "b\xc3\xbc" "cher.example");
	assert_int_equal(b.error, ERR_NONE);
	assert_string_equal(b.host, "xn--bcher-kva.example");
	fini(&b);
	close(listener);
}

static void test_T_S2S_15_no_name_at_all(void **state)
{
	static const char *const domains[] = {"a b", "-", "a..b", "\xc3\x28", "."};
	struct bed b;

	(void)state;
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		init(&b, "");
		run(&b, domains[i]);
		assert_int_equal(b.error, ERR_NOT_FOUND);
		assert_int_equal(b.step, DIAL_RESOLVE);
		fini(&b);
	}
}

static void takes_literal_addresses(void **state)
{
	struct bed b;
	int port, port_6, listener = open_listener("127.0.0.1", &port), listener_6 = open_listener("::1", &port_6);

	(void)state;
	init(&b, "");
	b.config.outgoing.port = port;
	run(&b, "127.0.0.1");
	assert_int_equal(b.error, ERR_NONE);
	fini(&b);
	init(&b, "");
	b.config.outgoing.port = port_6;
	run(&b, "[::1]");
	assert_int_equal(b.error, ERR_NONE);
	assert_int_equal(b.address.version, 6);
	fini(&b);
	close(listener);
	close(listener_6);
}

static void respects_that_there_is_no_service(void **state)
{
	struct bed b;

	(void)state;
	init(&b, "_xmpp-server._tcp.example.org SRV 0 0 0 .\n127.0.0.1 example.org\n");
	run(&b, "example.org");
	assert_int_equal(b.error, ERR_NOT_FOUND);
	assert_string_equal(b.why, "the domain says that it has no such service");
	fini(&b);
	init(&b, "_xmpp-server._tcp.example.org SRV 0 0 0 a.example.org\n127.0.0.1 example.org a.example.org\n");
	run(&b, "example.org");
	assert_string_equal(b.why, "no record of the service can be used");
	fini(&b);
}

static void goes_on_when_one_refuses(void **state)
{
	char zone[1024];
	struct bed b;
	int port, listener = open_listener("127.0.0.3", &port), bad = closed_port();

	(void)state;
	init(&b, ZONE("_xmpp-server._tcp.example.org SRV 1 0 %d a.example.org\n_xmpp-server._tcp.example.org SRV 2 0 %d nowhere.example.org\n"
		      "_xmpp-server._tcp.example.org SRV 3 0 %d b.example.org\na.example.org A 127.0.0.1\nb.example.org A 127.0.0.2\n"
		      "b.example.org A 127.0.0.3\n",
		      bad, bad, port));
	run(&b, "example.org");
	assert_int_equal(b.error, ERR_NONE);
	assert_string_equal(b.host, "b.example.org");
	assert_int_equal(b.address.bytes[3], 3);
	assert_non_null(strstr(dial_trace(b.dial).data, "connect: 127.0.0.1:"));
	/* It led nowhere: nothing is left. */
	dial_next(b.dial, "TLS: no");
	turn_until(&b.calls, 2);
	assert_int_equal(b.error, ERR_CLOSED);
	assert_string_equal(b.why, "TLS: no");
	fini(&b);
	close(listener);
}

static void says_why_nothing_connects(void **state)
{
	struct bed b;
	char expected[128];

	(void)state;
	init(&b, "127.0.0.1 example.org\n");
	b.config.outgoing.port = closed_port();
	run(&b, "example.org");
	assert_int_equal(b.step, DIAL_CONNECT);
	snprintf(expected, sizeof(expected), "127.0.0.1:%d: Connection refused", (int)b.config.outgoing.port);
	assert_string_equal(b.why, expected);
	fini(&b);
}

static void offers_what_is_left(void **state)
{
	char zone[1024];
	struct bed b;
	int port, listener = open_listener("127.0.0.1", &port);

	(void)state;
	init(&b, ZONE("_xmpps-server._tcp.example.org SRV 1 0 %d a.example.org\n_xmpp-server._tcp.example.org SRV 2 0 %d a.example.org\n"
		      "a.example.org A 127.0.0.1\n",
		      port, port));
	run(&b, "example.org");
	assert_true(b.is_direct_tls);
	for (int i = 0; i < 20; i++)
		loop_turn(loop, 1);
	assert_int_equal(b.calls, 1);
	dial_next(b.dial, "TLS: wrong version number");
	turn_until(&b.calls, 2);
	assert_int_equal(b.error, ERR_NONE);
	assert_false(b.is_direct_tls);
	fini(&b);
	close(listener);
}

/* An address that swallows what is sent to it: a listener whose queue is full. */
static int open_silent(const char *address, int *port_out, int *fillers, int count)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	int fd = open_listener(address, port_out);

	listen(fd, 0);
	getsockname(fd, (struct sockaddr *)&a, &len);
	for (int i = 0; i < count; i++) {
		fillers[i] = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(fillers[i], (struct sockaddr *)&a, len);
	}
	return fd;
}

static void races_families(void **state)
{
	struct bed b;
	int fillers[4], port, silent = open_silent("127.0.0.1", &port, fillers, 4), other;
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	uint64_t began;

	(void)state;
	other = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(other, (struct sockaddr *)&a, sizeof(a)), 0);
	listen(other, 8);
	init(&b, "127.0.0.1 example.org\n::1 example.org\n");
	b.config.outgoing.port = port;
	began = timer_now_ms(loop->timers);
	run(&b, "example.org");
	assert_int_equal(b.error, ERR_NONE);
	assert_int_equal(b.address.version, 6);
	assert_in_range(timer_now_ms(loop->timers) - began, 240, 1500);
	fini(&b);
	/* One family only, and nobody there. */
	init(&b, "127.0.0.1 example.org\n::1 example.org\n");
	b.config.outgoing.port = port;
	b.config.outgoing.ip_versions.count = 1;
	b.config.outgoing.connection_timeout_ms = 300;
	run(&b, "example.org");
	assert_int_equal(b.error, ERR_TIMEOUT);
	assert_non_null(strstr(b.why, "no answer within 300 ms"));
	fini(&b);
	for (int i = 0; i < 4; i++)
		close(fillers[i]);
	close(silent);
	close(other);
}

static void can_be_freed_at_any_time(void **state)
{
	char zone[1024];
	struct bed b;
	int port, listener = open_listener("127.0.0.1", &port);

	(void)state;
	ZONE("_xmpps-server._tcp.example.org SRV 1 0 %d a.example.org\n127.0.0.1 a.example.org\n::1 a.example.org\n", port);
	for (int turns = 0; turns < 12; turns++) {
		init(&b, zone);
		begin(&b, "example.org");
		for (int i = 0; i < turns; i++)
			loop_turn(loop, 1);
		fini(&b);
	}
	init(&b, zone);
	b.frees = true;
	run(&b, "example.org");
	assert_null(b.dial);
	fini(&b);
	close(listener);
}

static void is_not_drowned_by_records(void **state)
{
	struct buf text;
	struct bed b;

	(void)state;
	buf_init(&text);
	for (int i = 0; i < 70000; i++)
		buf_printf(&text, "_xmpp-server._tcp.example.org SRV 1 0 %d h%d.example.org\n", 1 + i % 65535, i);
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "127.0.0.%d h0.example.org h1.example.org h2.example.org\n", 1 + i);
	buf_append_char(&text, '\0');
	init(&b, text.data);
	run(&b, "example.org");
	assert_int_not_equal(b.error, ERR_NONE);
	assert_true(dial_trace(b.dial).len <= 8192);
	fini(&b);
	buf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_T_S2S_24_srv),
		cmocka_unit_test(test_T_S2S_24_direct_tls),
		cmocka_unit_test(test_T_S2S_25_no_srv),
		cmocka_unit_test(test_T_S2S_26_no_such_name),
		cmocka_unit_test(test_T_S2S_27_fixed_address),
		cmocka_unit_test(test_T_S2S_29_international_domain),
		cmocka_unit_test(test_T_S2S_15_no_name_at_all),
		cmocka_unit_test(takes_literal_addresses),
		cmocka_unit_test(respects_that_there_is_no_service),
		cmocka_unit_test(goes_on_when_one_refuses),
		cmocka_unit_test(says_why_nothing_connects),
		cmocka_unit_test(offers_what_is_left),
		cmocka_unit_test(races_families),
		cmocka_unit_test(can_be_freed_at_any_time),
		cmocka_unit_test(is_not_drowned_by_records),
	};

	return cmocka_run_group_tests(tests, make, clear);
}
