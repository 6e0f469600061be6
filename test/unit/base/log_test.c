#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char captured[16384];
static int real_stderr, ends[2];

static void start_capture(void)
{
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	real_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
}

/* What has been logged since the last look. */
static const char *look(void)
{
	ssize_t len = read(ends[0], captured, sizeof(captured) - 1);

	captured[len > 0 ? len : 0] = '\0';
	return captured;
}

static void end_capture(void)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(ends[0]);
	close(ends[1]);
}

static void writes_one_line_per_event(void **state)
{
	const char *line;

	(void)state;
	start_capture();
	log_set_level(LOG_INFO);
	log_event(LOG_INFO, "c2s", "session opened", LOG_STR("jid", STR("a@b")), LOG_NUM("loop", 1));
	line = look();
	end_capture();
	/* 2026-11-22T10:11:12.345Z */
	assert_int_equal(line[4], '-');
	assert_int_equal(line[10], 'T');
	assert_int_equal(line[19], '.');
	assert_int_equal(line[23], 'Z');
	assert_string_equal(line + 24, " info  c2s: session opened jid=\"a@b\" loop=1\n");
}

static void says_only_what_is_wanted(void **state)
{
	(void)state;
	start_capture();
	log_set_level(LOG_WARN);
	log_event(LOG_INFO, "m", "not wanted");
	assert_string_equal(look(), "");
	log_event(LOG_ERROR, "m", "wanted");
	assert_string_equal(look() + 24, " error m: wanted\n");
	log_set_level(LOG_NONE);
	log_event(LOG_ERROR, "m", "not wanted");
	assert_string_equal(look(), "");
	log_set_level(LOG_INFO);
	end_capture();
}

static void cannot_be_forged(void **state)
{
	static const struct {
		struct str value;
		const char *shown;
	} cases[] = {
		{STR("a\nb\r\tc"), "\"a\\nb\\r\\tc\""},
		{STR("\"\\"), "\"\\\"\\\\\""},
		{STR("\x1b[31m\x7f"), "\"\\x1b[31m\\x7f\""},
		{STR("a\0b"), "\"a\\x00b\""},
		{STR("\xc3\xa9\xf0\x9f\x98\x80"), "\"\xc3\xa9\xf0\x9f\x98\x80\""},
		{STR("\xc3(\xe2\x82"), "\"\\xc3(\\xe2\\x82\""},
		{STR("\xc2\x9b"), "\"\\xc2\\x9b\""},
		{STR("\xff"), "\"\\xff\""},
		{{NULL, 0}, "\"\""},
	};

	(void)state;
	start_capture();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *line;

		log_event(LOG_INFO, "m", "x", LOG_STR("v", cases[i].value));
		line = strstr(look(), " v=");
		assert_non_null(line);
		assert_int_equal(strlen(line + 3), strlen(cases[i].shown) + 1);
		assert_memory_equal(line + 3, cases[i].shown, strlen(cases[i].shown));
	}
	end_capture();
}

static void keeps_lines_short(void **state)
{
	char text[5000];
	struct str s = str_make(text, sizeof(text));
	const char *line;

	(void)state;
	start_capture();
	memset(text, 'a', sizeof(text));
	log_event(LOG_INFO, "m", "x", LOG_STR("a", s), LOG_NUM("n", 5));
	line = look();
	assert_in_range(strlen(line), 1000, 1200);
	assert_non_null(strstr(line, "aaa...\" n=5\n"));

	memset(text, 1, sizeof(text));
	log_event(LOG_INFO, "m", "x", LOG_STR("a", s), LOG_STR("b", s), LOG_STR("c", s), LOG_STR("d", s), LOG_STR("e", s));
	line = look();
	assert_in_range(strlen(line), 4000, 4096);
	assert_int_equal(line[strlen(line) - 1], '\n');
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	end_capture();
}

static void loses_lines_rather_than_time(void **state)
{
	const char *text;

	(void)state;
	start_capture();
	fcntl(ends[1], F_SETFL, 0); /* a write would wait */
	fcntl(ends[1], F_SETPIPE_SZ, 8192);
	for (int i = 0; i < 200; i++)
		log_event(LOG_INFO, "m", "a line that nobody reads", LOG_NUM("number", i));
	assert_in_range(strlen(look()), 1000, 8192);
	log_event(LOG_INFO, "m", "a line that is read");
	text = look();
	assert_non_null(strstr(text, " warn  log: lines were lost as nobody read them count="));
	assert_non_null(strstr(text, "a line that is read\n"));
	end_capture();
}

static void knows_level_names(void **state)
{
	static const struct {
		const char *name;
		enum log_level level;
	} cases[] = {
		{"none", LOG_NONE},     {"emergency", LOG_ERROR}, {"alert", LOG_ERROR}, {"critical", LOG_ERROR},
		{"error", LOG_ERROR},   {"warning", LOG_WARN},    {"notice", LOG_WARN}, {"info", LOG_INFO},
		{"debug", LOG_DEBUG},   {"all", LOG_TRACE},       {"warn", LOG_WARN},   {"trace", LOG_TRACE},
	};
	enum log_level level;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(log_level_from_name(str_from(cases[i].name), &level));
		assert_int_equal(level, cases[i].level);
	}
	assert_false(log_level_from_name(STR("loud"), &level));
	assert_string_equal(log_level_name(LOG_WARN), "warn");
}

static void throttles(void **state)
{
	struct log_throttle t = {0};
	uint64_t suppressed = 9;

	(void)state;
	assert_true(log_throttle_pass(&t, 0, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_false(log_throttle_pass(&t, 0, &suppressed));
	assert_false(log_throttle_pass(&t, 999, &suppressed));
	assert_true(log_throttle_pass(&t, 1000, &suppressed));
	assert_int_equal(suppressed, 2);
	assert_true(log_throttle_pass(&t, 5000, &suppressed));
	assert_int_equal(suppressed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_one_line_per_event), cmocka_unit_test(says_only_what_is_wanted),
		cmocka_unit_test(cannot_be_forged),          cmocka_unit_test(keeps_lines_short),
		cmocka_unit_test(knows_level_names),         cmocka_unit_test(loses_lines_rather_than_time),
		cmocka_unit_test(throttles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
