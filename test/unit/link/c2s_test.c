/* Connections of a service from accept to the end, on two loops that the test turns by hand. What is said on streams: test/unit/stream. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/revocation.h"
#include "base/log.h"
#include "base/metric.h"
#include "link/c2s/c2s.h"
#include "support/bed.h"
#include "support/bed_accounts.h"
#include "unit/stream/fake_sasl.h"

#define HEADER "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>"
#define AUTH(text) "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" text "</auth>"
#define BIND(resource) \
	"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>" resource "</resource></bind></iq>"
#define LOGIN(resource) HEADER AUTH(GOOD) HEADER BIND(resource)
#define TO_SELF(id, resource) "<message type='headline' id='" id "' to='alice@localhost/" resource "'/>"

enum { LOOPS = 2, TURNS_MAX = 2000 };

static const char toml[] = "[general]\nhosts = [\"localhost\"]\ndefault_server_domain = \"localhost\"\n"
			   "[meerkat]\nmax_unauthenticated_per_address = 3\n"
			   "[[listen.c2s]]\nport = 0\nip_address = \"127.0.0.1\"\nmax_stanza_size = 1000\n";

/* All there is of a server but its threads. */
static struct {
	struct realm realm;
	struct loop *loops[LOOPS];
	struct registry *registries[LOOPS];
	const struct config *config;
	const struct host_set *hosts;
	struct service_home home;
	struct service *service;
} server;

struct client {
	int fd;
	struct buf got;
	bool is_closed;
};

static void end_turn(struct loop *l, void *registry)
{
	(void)l;
	registry_end_turn(registry);
}

static int set_up(void **state)
{
	static const struct module_def *const modules[] = {&bed_waiter, NULL};
	struct why why;

	(void)state;
	log_set_level(LOG_NONE);
	module_number(modules);
	server.config = bed_config(modules, toml);
	server.hosts = host_set_new(server.config, modules, &why);
	assert_non_null(server.hosts);
	server.realm = (struct realm){.registries = server.registries, .count = LOOPS, .accounts.revocations = revocation_list_new()};
	for (int i = 0; i < LOOPS; i++) {
		struct loop *l = server.loops[i] = loop_new(i);

		server.registries[i] = registry_new(i, &server.realm, &l->mailbox, l->timers, server.hosts);
		l->at_turn_end = end_turn;
		l->at_turn_end_context = server.registries[i];
	}
	server.home = (struct service_home){.realm = &server.realm, .loops = server.loops, .loop_count = LOOPS};
	server.service = service_new(&c2s_kind, server.config, server.config->listeners[0], &server.home, &why);
	assert_non_null(server.service);
	service_start(server.service);
	return 0;
}

static void turn(void)
{
	for (int i = 0; i < LOOPS; i++)
		loop_turn(server.loops[i], 0);
}

static int64_t sessions(void)
{
	return server.registries[0]->session_count + server.registries[1]->session_count;
}

static void wait_for_connections(int64_t count)
{
	for (int i = 0; i < TURNS_MAX && service_connections(server.service) != count; i++) {
		turn();
		usleep(1000);
	}
	assert_int_equal(service_connections(server.service), count);
}

static int tear_down(void **state)
{
	(void)state;
	service_stop(server.service);
	wait_for_connections(0);
	assert_int_equal(sessions(), 0);
	service_free(&server.service);
	for (int i = 0; i < LOOPS; i++) {
		loop_turn(server.loops[i], 0);
		registry_free(&server.registries[i]);
		loop_free(&server.loops[i]);
	}
	host_set_unref(&server.hosts);
	revocation_list_free(&server.realm.accounts.revocations);
	config_unref(&server.config);
	return 0;
}

/* ---- clients ---- */

static void connect_client(struct client *c)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)service_port(server.service)),
	    .sin_addr = {htonl(INADDR_LOOPBACK)},
	};

	*c = (struct client){.fd = socket(AF_INET, SOCK_STREAM, 0)};
	buf_init(&c->got);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

static void say(struct client *c, const char *text)
{
	assert_int_equal(send(c->fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void hear(struct client *c)
{
	char bytes[65536];
	ssize_t len = recv(c->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (len > 0)
		buf_append(&c->got, bytes, (size_t)len);
	else if (len == 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
		c->is_closed = true;
}

static bool has_heard(const struct client *c, const char *text)
{
	return c->got.len && memmem(c->got.data, c->got.len, text, strlen(text));
}

static void expect(struct client *c, const char *text)
{
	for (int i = 0; i < TURNS_MAX && !has_heard(c, text) && !c->is_closed; i++) {
		turn();
		hear(c);
	}
	if (!has_heard(c, text))
		fail_msg("expected %s, got %.*s", text, STR_ARGS(buf_str(&c->got)));
}

static void expect_end(struct client *c)
{
	for (int i = 0; i < TURNS_MAX && !c->is_closed; i++) {
		turn();
		hear(c);
	}
	assert_true(c->is_closed);
}

static void turns(struct client *c, int count)
{
	for (int i = 0; i < count; i++) {
		turn();
		hear(c);
	}
}

static void leave(struct client *c)
{
	close(c->fd);
	buf_fini(&c->got);
}

static void log_in(struct client *c, const char *login)
{
	connect_client(c);
	say(c, login);
	expect(c, "</jid>");
}

/* ---- tests ---- */

static void test_moves_home_with_all_it_sent(void **state)
{
	struct registry *home = realm_home_of(&server.realm, STR("alice@localhost"));
	struct client clients[4];

	(void)state;
	/* Accepted on both loops, they all arrive at one. */
	for (int i = 0; i < 4; i++) {
		char text[1024];

		connect_client(&clients[i]);
		snprintf(text, sizeof(text), HEADER AUTH(GOOD) HEADER BIND("r%d") TO_SELF("first", "r%d") TO_SELF("second", "r%d"), i, i, i);
		say(&clients[i], text);
		expect(&clients[i], "id='second'");
		assert_true(has_heard(&clients[i], "id='first'"));
	}
	assert_int_equal(home->session_count, 4);
	assert_int_equal(sessions(), 4);
	say(&clients[0], "</stream:stream>");
	expect(&clients[0], "</stream:stream>");
	expect_end(&clients[0]);
	assert_int_equal(sessions(), 3);
	for (int i = 0; i < 4; i++)
		leave(&clients[i]);
	wait_for_connections(0);
	assert_int_equal(sessions(), 0);
}

/* However it ends, the session is closed, and once (which route would check). */
static void test_ends_in_many_ways(void **state)
{
	const struct linger reset = {.l_onoff = 1};
	struct client a, b, c, d;

	(void)state;
	log_in(&a, LOGIN("a"));
	log_in(&b, LOGIN("b"));
	log_in(&c, LOGIN("c"));
	log_in(&d, LOGIN("d"));
	assert_int_equal(sessions(), 4);
	assert_int_equal(setsockopt(a.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	say(&b, "<a></b>");
	expect(&b, "not-well-formed");
	shutdown(c.fd, SHUT_WR);
	expect_end(&c);
	say(&d, "<message from='bob@localhost'/>");
	expect(&d, "invalid-from");
	leave(&a);
	leave(&b);
	leave(&c);
	leave(&d);
	wait_for_connections(0);
	assert_int_equal(sessions(), 0);
}

static void test_conflict(void **state)
{
	struct client old, new;

	(void)state;
	log_in(&old, LOGIN("x"));
	log_in(&new, LOGIN("x"));
	expect(&old, "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
	expect_end(&old);
	assert_int_equal(sessions(), 1);
	leave(&old);
	leave(&new);
	wait_for_connections(0);
}

/* Who sends more than can be stored is not read any more, until it can. */
static void test_backed_up_client_is_not_read(void **state)
{
	struct client c;
	char text[256];

	(void)state;
	bed_wait_at(SIDE_SENDER, STAGE_ACCEPT);
	log_in(&c, LOGIN("x"));
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "<message type='headline' id='%s%d' to='alice@localhost/x'/>", i == 0 ? "wait" : "m", i);
		say(&c, text);
	}
	say(&c, "<unfinished");
	turns(&c, 50);
	assert_int_equal(bed_waiting(), 1);
	assert_false(has_heard(&c, "headline"));
	bed_resume(ANSWER_PASS);
	expect(&c, "id='m199'");
	assert_true(memmem(c.got.data, c.got.len, "id='m1'", 7) < memmem(c.got.data, c.got.len, "id='m198'", 9));
	leave(&c);
	wait_for_connections(0);
}

static void test_closed_while_backed_up(void **state)
{
	struct client c;
	char text[256];

	(void)state;
	bed_wait_at(SIDE_SENDER, STAGE_ACCEPT);
	log_in(&c, LOGIN("x"));
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "<message type='headline' id='%s%d' to='alice@localhost/x'/>", i == 0 ? "wait" : "m", i);
		say(&c, text);
	}
	turns(&c, 50);
	assert_int_equal(bed_waiting(), 1);
	service_stop(server.service);
	expect(&c, "system-shutdown");
	bed_resume(ANSWER_PASS);
	turns(&c, 50);
	leave(&c);
	wait_for_connections(0);
}

static void test_the_store_answers_late(void **state)
{
	struct client c, gone;

	(void)state;
	connect_client(&c);
	say(&c, HEADER AUTH(LATER) HEADER BIND("x"));
	expect(&c, "</stream:features>");
	turns(&c, 20);
	assert_non_null(fake_waiting);
	sasl_step(fake_waiting, STR("good"));
	expect(&c, "alice@localhost/x</jid>");
	/* Who is not there any more when it comes has not logged in. */
	connect_client(&gone);
	say(&gone, HEADER AUTH(LATER));
	expect(&gone, "</stream:features>");
	turns(&gone, 20);
	assert_non_null(fake_waiting);
	leave(&gone);
	sasl_step(fake_waiting, STR("good"));
	wait_for_connections(1);
	leave(&c);
	wait_for_connections(0);
}

static void test_the_store_answers_too_late(void **state)
{
	struct client c;

	(void)state;
	connect_client(&c);
	say(&c, HEADER AUTH(LATER));
	expect(&c, "</stream:features>");
	turns(&c, 20);
	assert_non_null(fake_waiting);
	service_stop(server.service);
	expect(&c, "<system-shutdown");
	leave(&c);
	wait_for_connections(0);
	assert_null(fake_waiting);
}

/* Not more than preauth_max_stanza_size is kept for who is not logged in. */
static void test_much_before_login(void **state)
{
	static char much[70000];
	struct client c;

	(void)state;
	memset(much, ' ', sizeof(much) - 1);
	connect_client(&c);
	say(&c, HEADER AUTH(LATER));
	expect(&c, "</stream:features>");
	turns(&c, 20);
	assert_non_null(fake_waiting);
	say(&c, much);
	turns(&c, 20);
	sasl_step(fake_waiting, STR("bad"));
	expect(&c, "not-authorized");
	leave(&c);

	connect_client(&c);
	memcpy(much, HEADER AUTH(LATER), strlen(HEADER AUTH(LATER)));
	say(&c, much);
	expect(&c, "policy-violation");
	expect_end(&c);
	leave(&c);
	wait_for_connections(0);
}

static void test_limits(void **state)
{
	int64_t before = metric_read(METRIC_max_stanza_size_exceeded);
	struct client c;
	char text[1200];

	(void)state;
	log_in(&c, LOGIN("x"));
	memset(text, 'x', sizeof(text));
	memcpy(text, "<message>", 9);
	text[sizeof(text) - 1] = '\0';
	say(&c, text);
	expect(&c, "policy-violation");
	assert_int_equal(metric_read(METRIC_max_stanza_size_exceeded), before + 1);
	leave(&c);
	wait_for_connections(0);
}

static void test_crowd(void **state)
{
	int64_t before = metric_read(METRIC_max_unauthenticated_refused);
	struct client clients[4];

	(void)state;
	for (int i = 0; i < 3; i++) {
		connect_client(&clients[i]);
		say(&clients[i], HEADER);
		expect(&clients[i], "</stream:features>");
	}
	connect_client(&clients[3]);
	expect_end(&clients[3]);
	assert_int_equal(clients[3].got.len, 0);
	assert_int_equal(metric_read(METRIC_max_unauthenticated_refused), before + 1);
	leave(&clients[3]);
	/* One that has logged in makes room. */
	say(&clients[0], AUTH(GOOD));
	expect(&clients[0], "<success");
	connect_client(&clients[3]);
	say(&clients[3], HEADER);
	expect(&clients[3], "</stream:features>");
	for (int i = 0; i < 4; i++)
		leave(&clients[i]);
	wait_for_connections(0);
}

static void test_shutdown_tells_all(void **state)
{
	struct client mute, started, bound;

	(void)state;
	connect_client(&mute);
	connect_client(&started);
	say(&started, HEADER);
	expect(&started, "</stream:features>");
	log_in(&bound, LOGIN("x"));
	wait_for_connections(3);
	service_stop(server.service);
	expect(&mute, "<system-shutdown");
	expect(&started, "<system-shutdown");
	expect(&bound, "<system-shutdown");
	expect_end(&bound);
	assert_int_equal(sessions(), 0);
	leave(&mute);
	leave(&started);
	leave(&bound);
}

/* On its way home when the listener stops: it hears of it on arrival. */
static void test_shutdown_in_mid_move(void **state)
{
	struct client clients[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		connect_client(&clients[i]);
		/* On a slow machine they are there already: they must not be in each other's way. */
		say(&clients[i], i ? LOGIN("x") : LOGIN("y"));
	}
	wait_for_connections(2);
	service_stop(server.service);
	for (int i = 0; i < 2; i++) {
		expect(&clients[i], "<system-shutdown");
		leave(&clients[i]);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_moves_home_with_all_it_sent),
		TEST(test_ends_in_many_ways),
		TEST(test_conflict),
		TEST(test_backed_up_client_is_not_read),
		TEST(test_closed_while_backed_up),
		TEST(test_the_store_answers_late),
		TEST(test_the_store_answers_too_late),
		TEST(test_much_before_login),
		TEST(test_limits),
		TEST(test_crowd),
		TEST(test_shutdown_tells_all),
		TEST(test_shutdown_in_mid_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
