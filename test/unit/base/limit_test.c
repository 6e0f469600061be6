#include "base/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limited.h"
#include "base/log.h"

static char captured[16384];
static int real_stderr, ends[2];

static void start_capture(void)
{
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	real_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
}

static void end_capture(void)
{
	ssize_t len = read(ends[0], captured, sizeof(captured) - 1);

	captured[len > 0 ? len : 0] = '\0';
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(ends[0]);
	close(ends[1]);
}

static int64_t count_of(const char *text)
{
	int64_t count = 0;

	for (const char *at = captured; (at = strstr(at, text)); at += strlen(text))
		count++;
	return count;
}

static void counts_all_and_tells_once_a_second(void **state)
{
	struct ip peer = {.version = 4, .bytes = {203, 0, 113, 7}};
	int64_t since_ms = clock_monotonic_ms(), before = metric_read(METRIC_max_connections_refused);
	int64_t seconds;

	(void)state;
	log_set_level(LOG_INFO);
	start_capture();
	for (int i = 0; i < 100; i++)
		limit_acted(METRIC_max_connections_refused, peer);
	limit_acted_on(METRIC_user_queue_exceeded, STR("alice@localhost"));
	end_capture();
	seconds = (clock_monotonic_ms() - since_ms) / 1000;
	assert_int_equal(metric_read(METRIC_max_connections_refused) - before, 100);
	assert_true(count_of("limit=\"max_connections_refused\"") <= 1 + seconds);
	assert_int_equal(count_of("info  limit: a limit has acted limit=\"max_connections_refused\" peer=\"203.0.113.7") > 0, 1);
	/* Each limit has a line of its own. */
	assert_int_equal(count_of("a limit has acted limit=\"user_queue_exceeded\" account=\"alice@localhost\" suppressed=0"), 1);
}

static void tells_how_often_it_did_not(void **state)
{
	struct ip peer = {.version = 4};

	(void)state;
	log_set_level(LOG_INFO);
	start_capture();
	limit_acted(METRIC_state_timeout_expired, peer);
	limit_acted(METRIC_state_timeout_expired, peer);
	limit_acted(METRIC_state_timeout_expired, peer);
	usleep(1010 * 1000);
	limit_acted(METRIC_state_timeout_expired, peer);
	end_capture();
	assert_true(count_of("suppressed=2") == 1 || count_of("suppressed=") > 2);
}

static void is_counted_in_silence(void **state)
{
	int64_t before = metric_read(METRIC_login_timeout_expired);

	(void)state;
	log_set_level(LOG_WARN);
	start_capture();
	limit_acted(METRIC_login_timeout_expired, (struct ip){.version = 4});
	end_capture();
	assert_int_equal(metric_read(METRIC_login_timeout_expired) - before, 1);
	assert_string_equal(captured, "");
}

static void whom_they_acted_on_is_kept(void **state)
{
	struct ip peer = {.version = 4, .port = 1, .bytes = {198, 51, 100, 9}};
	struct limited kept[LIMITED_MAX];
	char account[64];
	size_t count;

	(void)state;
	for (int i = 0; i < 3 * LIMITED_MAX; i++) {
		snprintf(account, sizeof account, "user%d@localhost", i);
		limited_note(METRIC_user_queue_exceeded, (struct ip){.version = 0}, str_from(account));
	}
	usleep(20 * 1000);
	limited_note(METRIC_shaper_paused, peer, STR_NONE);
	peer.port = 2;
	limited_note(METRIC_shaper_paused, peer, STR_NONE);
	count = limited_read(kept);
	assert_int_equal(count, LIMITED_MAX);
	assert_int_equal(kept[0].limit, METRIC_shaper_paused);
	assert_string_equal(kept[0].who, "198.51.100.9");
	assert_int_equal(kept[0].count, 2);
	assert_true(kept[0].first_ms <= kept[0].last_ms);
	for (size_t i = 1; i < count; i++)
		assert_true(kept[i].last_ms <= kept[i - 1].last_ms);
}

static void long_names_are_cut_in_whole_characters(void **state)
{
	struct limited kept[LIMITED_MAX];
	char account[2 * LIMITED_WHO_BYTES];

	(void)state;
	usleep(20 * 1000);
	memset(account, 'x', sizeof account);
	memcpy(account + LIMITED_WHO_BYTES - 2, "\xe2\x82\xac", 3);
	for (int i = 0; i < 2; i++)
		limited_note(METRIC_user_queue_exceeded, (struct ip){.version = 0}, str_make(account, sizeof account));
	limited_read(kept);
	assert_int_equal(strlen(kept[0].who), LIMITED_WHO_BYTES - 2);
	assert_int_equal(kept[0].count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_all_and_tells_once_a_second),
		cmocka_unit_test(tells_how_often_it_did_not),
		cmocka_unit_test(is_counted_in_silence),
		cmocka_unit_test(whom_they_acted_on_is_kept),
		cmocka_unit_test(long_names_are_cut_in_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
