#include "http/http_conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/http_bed.h"

static struct http_bed bed;

static int set_up(void **state)
{
	(void)state;
	http_bed_init(&bed);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	http_bed_fini(&bed);
	return 0;
}

#define HOST "Host: h\r\n"

static bool starts(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static size_t count_text(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		count++;
	return count;
}

static void sleep_ms(int ms)
{
	usleep((useconds_t)ms * 1000);
	http_bed_turns(&bed, 3);
}

/* One request, the beginning of its answer, its end, and whether the connection stays. */
static const struct {
	const char *request, *start, *end;
	bool is_open;
} answers[] = {
	{"GET /echo/a%20b?q=1 HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200 OK\r\ndate: ", "\r\ncontent-length: 21\r\n\r\n1 /echo/a b|/a b|q=1|", true},
	{"GET /echo HTTP/1.0\r\n\r\n", "HTTP/1.1 200", "connection: close\r\n\r\n1 /echo|||", false},
	{"GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "HTTP/1.1 200", "connection: keep-alive\r\n\r\n1 /echo|||", true},
	{"GET /echo HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", "HTTP/1.1 200", "connection: close\r\n\r\n1 /echo|||", false},
	{"HEAD /echo HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200", "content-length: 10\r\n\r\n", true},
	{"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", "HTTP/1.1 200", "\r\n\r\n2 /echo|||abc", true},
	{"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "HTTP/1.1 200", "|||abc", true},
	{"POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n", "\r\n\r\n", true},
	{"POST /echo HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 9999\r\n\r\n", "HTTP/1.1 413", "Large\n", false},
	{"OPTIONS /echo HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 204", "allow: GET, POST, HEAD, OPTIONS\r\n\r\n", true},
	{"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 204", "OPTIONS\r\n\r\n", true},
	{"PUT /echo HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 405", "405 Method Not Allowed\n", true},
	{"GET /nowhere HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 404", "404 Not Found\n", true},
	{"HEAD /nowhere HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 404", "content-length: 14\r\n\r\n", true},
	{"POST /nowhere HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", "HTTP/1.1 404", "404 Not Found\n", false},
	{"BREW /echo HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 501", "501 Not Implemented\n", true},
	{"TRACE /echo HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 501", "501 Not Implemented\n", true},
	{"CONNECT h:1 HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 501", "501 Not Implemented\n", true},
	{"GET /../etc/passwd HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400", "400 Bad Request\n", false},
	{"GET /echo HTTP/1.1\r\nHost: a b\r\n\r\n", "HTTP/1.1 400", "400 Bad Request\n", false},
	{"GET http://other/echo HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200",
	 "x-host: other\r\ncontent-type: text/plain\r\ncontent-length: 10\r\n\r\n1 /echo|||", true},
	{"GET * HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400", "\n", false},
	{"nonsense\r\n\r\n", "HTTP/1.1 400", "400 Bad Request\n", false},
	{"GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505", "\n", false},
	{"GET /echo HTTP/1.1\n" HOST "\n", "HTTP/1.1 400", "\n", false},
	{"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n", "HTTP/1.1 413", "\n", false},
	{"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", "", "", true},
	{"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 400", "\n", false},
	{"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /echo HTTP/1.1\r\n" HOST "\r\n",
	 "HTTP/1.1 400", "400 Bad Request\n", false},
	{"\r\n\r\nGET /echo HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200", "|||", true},
	{"\r\n\r\n\r\nGET /echo HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 400", "\n", false},
};

static void answers_requests(void **state)
{
	(void)state;
	http_bed_begin(&bed);
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		bool is_open;
		char *got = http_bed_ask(&bed, str_from(answers[i].request), &is_open);

		if (!starts(got, answers[i].start) || !str_ends_with(str_from(got), str_from(answers[i].end)) || is_open != answers[i].is_open)
			print_error("%s\n--\n%s\n-- %d\n", answers[i].request, got, is_open);
		assert_true(starts(got, answers[i].start));
		assert_true(str_ends_with(str_from(got), str_from(answers[i].end)));
		assert_int_equal(is_open, answers[i].is_open);
		free(got);
	}
	assert_int_equal(bed.gone, sizeof answers / sizeof answers[0]);
}

/* The same, byte by byte. */
static void takes_its_time(void **state)
{
	(void)state;
	http_bed_begin(&bed);
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		int fd = http_bed_connect(&bed, false);
		struct buf got;

		buf_init(&got);
		for (const char *c = answers[i].request; *c; c++)
			http_bed_send(&bed, fd, str_make(c, 1));
		http_bed_receive(&bed, fd, &got);
		buf_append_char(&got, '\0');
		if (!starts(got.data, answers[i].start))
			print_error("%s\n--\n%s\n", answers[i].request, got.data);
		assert_true(starts(got.data, answers[i].start));
		buf_fini(&got);
		close(fd);
	}
}

/* T-HTTP-04, T-HTTP-05 */
static void says_who_it_is(void **state)
{
	char *got;

	(void)state;
	http_bed_begin(&bed);
	got = http_bed_ask(&bed, STR("GET /echo HTTP/1.1\r\n" HOST "\r\n"), NULL);
	assert_non_null(strstr(got, "\r\nserver: bed\r\n"));
	free(got);
}

static void answers_one_after_the_other(void **state)
{
	enum { REQUESTS = 10000 };
	static const char one[] = "GET /echo HTTP/1.1\r\n" HOST "\r\n";
	int fd;
	struct buf got;
	size_t most = 0;

	(void)state;
	http_bed_begin(&bed);
	fd = http_bed_connect(&bed, false);
	buf_init(&got);
	for (size_t sent = 0, all = REQUESTS * (sizeof(one) - 1); sent < all;) {
		char piece[4000];
		size_t len = sizeof(piece) < all - sent ? sizeof(piece) : all - sent;

		for (size_t i = 0; i < len; i++)
			piece[i] = one[(sent + i) % (sizeof(one) - 1)];
		ssize_t taken = send(fd, piece, len, MSG_NOSIGNAL);

		sent += taken > 0 ? (size_t)taken : 0;
		http_bed_turns(&bed, 1);
		struct http_conn *c = container_of(bed.conns.next, struct http_conn, link);

		most = c->conn.out_bytes > most ? c->conn.out_bytes : most;
		/* It does not read until nothing more can be sent. */
		if (taken <= 0)
			http_bed_receive(&bed, fd, &got);
	}
	assert_true(http_bed_receive(&bed, fd, &got));
	buf_append_char(&got, '\0');
	assert_int_equal(count_text(got.data, "HTTP/1.1 200"), REQUESTS);
	assert_in_range(most, 1, 512 * 1024);
	buf_fini(&got);
	close(fd);
}

static void keeps_the_order_of_late_answers(void **state)
{
	int fd;
	struct buf got;

	(void)state;
	http_bed_begin(&bed);
	buf_init(&got);
	fd = http_bed_connect(&bed, false);
	http_bed_send(&bed, fd, STR("GET /later HTTP/1.1\r\n" HOST "\r\nGET /echo HTTP/1.1\r\n" HOST "\r\n"));
	assert_true(http_bed_receive(&bed, fd, &got));
	assert_int_equal(got.len, 0);
	exchange_answer(bed.kept, 201, STR("text/plain"), STR("late"));
	assert_true(http_bed_receive(&bed, fd, &got));
	buf_append_char(&got, '\0');
	assert_true(starts(got.data, "HTTP/1.1 201"));
	assert_non_null(strstr(got.data, "\r\n\r\nlateHTTP/1.1 200"));
	buf_fini(&got);
	close(fd);
}

static void tells_of_clients_that_went_away(void **state)
{
	int fd;

	(void)state;
	http_bed_begin(&bed);
	fd = http_bed_connect(&bed, false);
	http_bed_send(&bed, fd, STR("GET /later HTTP/1.1\r\n" HOST "\r\n"));
	assert_non_null(bed.kept);
	close(fd);
	http_bed_turns(&bed, 3);
	assert_int_equal(bed.cancelled, 1);
	assert_int_equal(bed.gone, 1);
}

static void streams(void **state)
{
	int fd;
	struct buf got;

	(void)state;
	http_bed_begin(&bed);
	buf_init(&got);
	fd = http_bed_connect(&bed, false);
	http_bed_send(&bed, fd, STR("GET /stream HTTP/1.1\r\n" HOST "\r\n"));
	assert_true(http_bed_receive(&bed, fd, &got));
	exchange_write(bed.kept, STR("second\n"));
	http_bed_turns(&bed, 3);
	assert_true(bed.drained > 0);
	assert_int_equal(exchange_unsent(bed.kept), 0);
	exchange_end(bed.kept);
	assert_true(http_bed_receive(&bed, fd, &got));
	buf_append_char(&got, '\0');
	assert_non_null(strstr(got.data, "transfer-encoding: chunked\r\n\r\n6\r\nfirst\n\r\n7\r\nsecond\n\r\n0\r\n\r\n"));
	buf_clear(&got);
	http_bed_send(&bed, fd, STR("GET /stream HTTP/1.0\r\n\r\n"));
	exchange_end(bed.kept);
	assert_false(http_bed_receive(&bed, fd, &got));
	buf_append_char(&got, '\0');
	assert_non_null(strstr(got.data, "connection: close\r\n\r\nfirst\n"));
	buf_fini(&got);
	close(fd);
}

static void can_break_off(void **state)
{
	int fd;
	struct buf got;

	(void)state;
	http_bed_begin(&bed);
	buf_init(&got);
	fd = http_bed_connect(&bed, false);
	http_bed_send(&bed, fd, STR("GET /stream HTTP/1.1\r\n" HOST "\r\n"));
	exchange_abort(bed.kept);
	assert_false(http_bed_receive(&bed, fd, &got));
	assert_int_equal(bed.cancelled, 0);
	buf_fini(&got);
	close(fd);
}

/* T-HTTP-07: what does not come is not waited for. */
static void has_deadlines(void **state)
{
	static const struct {
		const char *sent, *answer;
	} cases[] = {
		{"", ""},
		{"GET /ec", "HTTP/1.1 408"},
		{"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nab", "HTTP/1.1 408"},
		{"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 408"},
		{"GET /echo HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 200"},
		{"GET /echo HTTP/1.1\r\n" HOST "\r\nGET", "HTTP/1.1 200"},
	};
	int fds[sizeof cases / sizeof cases[0]];
	struct buf got;

	(void)state;
	bed.rules.first_ms = bed.rules.head_ms = bed.rules.idle_ms = bed.rules.body_ms = 30;
	http_bed_begin(&bed);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		fds[i] = http_bed_connect(&bed, false);
		http_bed_send(&bed, fds[i], str_from(cases[i].sent));
	}
	sleep_ms(60);
	sleep_ms(1);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_init(&got);
		assert_false(http_bed_receive(&bed, fds[i], &got));
		buf_append_char(&got, '\0');
		assert_true(starts(got.data, cases[i].answer));
		assert_true(got.len > 1 || !*cases[i].answer);
		buf_fini(&got);
		close(fds[i]);
	}
}

/* Deadlines hold again when somebody has read late. */
static void goes_back_to_its_deadlines(void **state)
{
	int fd;
	struct buf got;

	(void)state;
	bed.rules.idle_ms = 20;
	http_bed_begin(&bed);
	buf_init(&got);
	fd = http_bed_connect(&bed, false);
	http_bed_send(&bed, fd, STR("GET /big HTTP/1.1\r\n" HOST "\r\n"));
	sleep_ms(40);
	assert_true(http_bed_receive(&bed, fd, &got));
	struct http_conn *c = container_of(bed.conns.next, struct http_conn, link);

	assert_true(c->watches_reader);
	c->timer.on_due(&c->timer);
	assert_false(http_bed_receive(&bed, fd, &got));
	buf_fini(&got);
	close(fd);
}

/* Whoever lets an answer wait until the body's time is over has no longer time for the rest of it. */
static void ends_a_body_whose_time_was_over_when_output_waited(void **state)
{
	int fd;
	struct buf got;

	(void)state;
	http_bed_begin(&bed);
	buf_init(&got);
	fd = http_bed_connect(&bed, false);
	http_bed_send(&bed, fd, STR("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\nabc"));
	struct http_conn *c = container_of(bed.conns.next, struct http_conn, link);

	http_conn_watch_reader(c);
	c->timer.on_due(&c->timer);
	assert_false(http_bed_receive(&bed, fd, &got));
	buf_append_char(&got, '\0');
	assert_true(starts(got.data, "HTTP/1.1 408 "));
	buf_fini(&got);
	close(fd);
}

/* Without more of it being held than what the loop takes for a turn. */
static void sends_what_is_big(void **state)
{
	int fd;
	struct buf got;

	(void)state;
	http_bed_begin(&bed);
	buf_init(&got);
	fd = http_bed_connect(&bed, false);
	for (int i = 0; i < 8; i++)
		http_bed_send(&bed, fd, STR("GET /big HTTP/1.1\r\n" HOST "\r\n"));
	assert_in_range(container_of(bed.conns.next, struct http_conn, link)->conn.out_bytes, 1, 2 * HTTP_BED_BIG_BYTES);
	assert_true(http_bed_receive(&bed, fd, &got));
	assert_in_range(got.len, 8 * HTTP_BED_BIG_BYTES, 8 * HTTP_BED_BIG_BYTES + 8 * 500);
	http_bed_send(&bed, fd, STR("GET /big HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"));
	assert_false(http_bed_receive(&bed, fd, &got));
	assert_in_range(got.len, 9 * HTTP_BED_BIG_BYTES, 9 * HTTP_BED_BIG_BYTES + 9 * 500);
	buf_fini(&got);
	close(fd);
}

#define UPGRADE "GET /upgrade HTTP/1.1\r\n" HOST "Connection: keep-alive, Upgrade\r\nUpgrade: upper\r\n\r\n"

static void hands_over(void **state)
{
	int fd;
	struct buf got;

	(void)state;
	http_bed_begin(&bed);
	buf_init(&got);
	fd = http_bed_connect(&bed, false);
	http_bed_send(&bed, fd, STR(UPGRADE "early "));
	assert_true(http_bed_receive(&bed, fd, &got));
	http_bed_send(&bed, fd, STR("late"));
	assert_true(http_bed_receive(&bed, fd, &got));
	buf_append_char(&got, '\0');
	assert_true(starts(got.data, "HTTP/1.1 101 Switching Protocols\r\n"));
	assert_non_null(strstr(got.data, "\r\nconnection: upgrade\r\nupgrade: upper\r\n\r\nhello EARLY LATE"));
	assert_null(strstr(got.data, "content-length"));
	assert_true(list_is_empty(&bed.conns));
	assert_int_equal(bed.gone, 0);
	close(fd);
	http_bed_turns(&bed, 3);
	assert_int_equal(bed.handed_closed, 1);
	assert_int_equal(bed.gone, 1);
	buf_fini(&got);
}

static void hands_over_what_has_ended(void **state)
{
	int fd;

	(void)state;
	http_bed_begin(&bed);
	fd = http_bed_connect(&bed, false);
	assert_true(send(fd, UPGRADE, sizeof(UPGRADE) - 1, 0) > 0);
	close(fd);
	http_bed_turns(&bed, 5);
	assert_int_equal(bed.handed_closed, 1);
	assert_int_equal(bed.gone, 1);
	assert_true(list_is_empty(&bed.conns));
}

static void hands_over_only_what_asks(void **state)
{
	static const char *const others[] = {
		"GET /upgrade HTTP/1.1\r\n" HOST "\r\n",
		"GET /upgrade HTTP/1.1\r\n" HOST "Upgrade: upper\r\n\r\n",
		"GET /upgrade HTTP/1.1\r\n" HOST "Connection: upgrade\r\nUpgrade: lower\r\n\r\n",
		"GET /upgrade HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: upper\r\n\r\n",
	};

	(void)state;
	http_bed_begin(&bed);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		char *got = http_bed_ask(&bed, str_from(others[i]), NULL);

		assert_true(starts(got, "HTTP/1.1 426 Upgrade Required"));
		free(got);
	}
}

static void refuses_the_one_too_many(void **state)
{
	int fd;
	struct buf got;

	(void)state;
	http_bed_begin(&bed);
	buf_init(&got);
	fd = http_bed_connect(&bed, true);
	http_bed_send(&bed, fd, STR("GET /echo HTTP/1.1\r\n" HOST "\r\n"));
	assert_false(http_bed_receive(&bed, fd, &got));
	assert_true(str_starts_with(buf_str(&got), STR("HTTP/1.1 503")));
	buf_fini(&got);
	close(fd);
}

static void ends_with_its_listener(void **state)
{
	int idle, busy;
	struct buf got;

	(void)state;
	http_bed_begin(&bed);
	buf_init(&got);
	idle = http_bed_connect(&bed, false);
	busy = http_bed_connect(&bed, false);
	http_bed_send(&bed, busy, STR("GET /later HTTP/1.1\r\n" HOST "\r\n"));
	http_conn_end_all(&bed.conns);
	hosting_end(bed.hosting, bed.loop);
	assert_int_equal(bed.ended, 1);
	assert_false(http_bed_receive(&bed, idle, &got));
	exchange_answer(bed.kept, 200, STR_NONE, STR("done"));
	assert_false(http_bed_receive(&bed, busy, &got));
	assert_true(str_ends_with(buf_str(&got), STR("connection: close\r\n\r\ndone")));
	buf_fini(&got);
	close(idle);
	close(busy);
}

/* T-HTTP-10 */
static void compresses(void **state)
{
	char request[2048];
	char *got;

	(void)state;
	bed.rules.compresses = true;
	http_bed_begin(&bed);
	snprintf(request, sizeof(request), "GET /echo/%0600d HTTP/1.1\r\n" HOST "Accept-Encoding: gzip, br\r\n\r\n", 0);
	got = http_bed_ask(&bed, str_from(request), NULL);
	assert_non_null(strstr(got, "\r\nvary: accept-encoding\r\ncontent-encoding: gzip\r\n"));
	assert_null(strstr(got, "/echo"));
	free(got);
	snprintf(request, sizeof(request), "GET /echo/%0600d HTTP/1.1\r\n" HOST "Accept-Encoding: gzip;q=0\r\n\r\n", 0);
	got = http_bed_ask(&bed, str_from(request), NULL);
	assert_non_null(strstr(got, "/echo"));
	free(got);
}

static void believes_only_proxies(void **state)
{
	struct ip_range proxies[2];
	char address[IP_TEXT_MAX];
	static const struct {
		size_t proxies;
		const char *header, *peer;
		bool is_secure;
	} cases[] = {
		{0, "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n", "127.0.0.1", false},
		{1, "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n", "192.0.2.1", true},
		{1, "X-Forwarded-For: 192.0.2.9, 192.0.2.1\r\n", "192.0.2.1", false},
		{2, "X-Forwarded-For: 192.0.2.9, 10.0.0.1\r\n", "192.0.2.9", false},
		{2, "X-Forwarded-For: bad, 10.0.0.1\r\n", "10.0.0.1", false},
		{1, "", "127.0.0.1", false},
	};

	(void)state;
	assert_true(ip_range_parse(STR("127.0.0.0/8"), &proxies[0]) && ip_range_parse(STR("10.0.0.0/8"), &proxies[1]));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char request[256];
		int fd;

		bed.rules.proxies = proxies;
		bed.rules.proxy_count = cases[i].proxies;
		hosting_unref(&bed.hosting);
		http_bed_begin(&bed);
		fd = http_bed_connect(&bed, false);
		snprintf(request, sizeof(request), "GET /later HTTP/1.1\r\n" HOST "%s\r\n", cases[i].header);
		http_bed_send(&bed, fd, str_from(request));
		assert_string_equal(ip_format(bed.kept->peer, false, address), cases[i].peer);
		assert_int_equal(bed.kept->is_secure, cases[i].is_secure);
		close(fd);
		http_bed_turns(&bed, 3);
	}
}

static void reads_queries_and_credentials(void **state)
{
	int fd;
	struct buf out;
	struct str user, password;

	(void)state;
	http_bed_begin(&bed);
	buf_init(&out);
	fd = http_bed_connect(&bed, false);
	http_bed_send(&bed, fd, STR("GET /later?a=1&b%62=x+y%21&c HTTP/1.1\r\n" HOST "Authorization: Basic YWRtaW46c2VjOnJldA==\r\n\r\n"));
	assert_true(exchange_query(bed.kept, "bb", &out));
	assert_true(str_is(buf_str(&out), "x y!"));
	buf_clear(&out);
	assert_true(exchange_query(bed.kept, "c", &out));
	assert_int_equal(out.len, 0);
	assert_false(exchange_query(bed.kept, "d", &out));
	assert_true(exchange_credentials(bed.kept, &out, &user, &password));
	assert_true(str_is(user, "admin") && str_is(password, "sec:ret"));
	buf_fini(&out);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_requests),
		TEST(takes_its_time),
		TEST(says_who_it_is),
		TEST(answers_one_after_the_other),
		TEST(keeps_the_order_of_late_answers),
		TEST(tells_of_clients_that_went_away),
		TEST(streams),
		TEST(can_break_off),
		TEST(has_deadlines),
		TEST(goes_back_to_its_deadlines),
		TEST(ends_a_body_whose_time_was_over_when_output_waited),
		TEST(sends_what_is_big),
		TEST(hands_over),
		TEST(hands_over_what_has_ended),
		TEST(hands_over_only_what_asks),
		TEST(refuses_the_one_too_many),
		TEST(ends_with_its_listener),
		TEST(compresses),
		TEST(believes_only_proxies),
		TEST(reads_queries_and_credentials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
