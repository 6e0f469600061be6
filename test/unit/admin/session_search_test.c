#include "admin/operations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "support/bed.h"

enum { LOOPS = 3, PEOPLE = 60 };

static struct bed bed;
static struct bed_peer *peers[PEOPLE];
static json_t *answer;

/* user00@localhost/a ... on all loops; every third one is there with a priority, addresses are 10.0.0.N. */
static int set_up(void **state)
{
	static const struct module_def *const none[] = {NULL};
	char address[64];

	(void)state;
	log_set_level(LOG_NONE);
	bed_open(&bed, LOOPS, none, NULL);
	operations_init(none, NULL);
	for (int i = 0; i < PEOPLE; i++) {
		snprintf(address, sizeof address, "user%02d@localhost/a", i);
		peers[i] = i % 3 ? bed_login(&bed, address) : bed_come(&bed, address, i);
		peers[i]->session->peer = (struct ip){.version = 4, .bytes = {10, 0, 0, (uint8_t)(PEOPLE - i)}};
		peers[i]->session->opened_s = 1000 + (uint32_t)i;
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < PEOPLE; i++)
		bed_logout(peers[i]);
	bed_close(&bed);
	return 0;
}

static void on_reply(void *context, json_t *reply)
{
	(void)context;
	answer = reply;
}

/* The operation's answer, or the first error. Borrowed from `answer`. */
static const json_t *search(const char *args)
{
	const struct operation *o = operations_find(STR("session"), STR("searchSessions"));
	json_t *given = json_loads(args, 0, NULL);
	const json_t *data;

	assert_non_null(given);
	json_decref(answer);
	answer = NULL;
	operations_start(&bed.realm, &(struct operations_request){.operation = o, .args = given, .on_reply = on_reply});
	bed_settle(&bed);
	json_decref(given);
	assert_non_null(answer);
	data = json_object_get(json_object_get(json_object_get(answer, "data"), "session"), "searchSessions");
	return data ? data : json_array_get(json_object_get(answer, "errors"), 0);
}

static int64_t number(const json_t *page, const char *name)
{
	return json_integer_value(json_object_get(page, name));
}

/* The number in the address of the i-th session of the page; -1: there is none. */
static int nth(const json_t *page, size_t i)
{
	const json_t *session = json_array_get(json_object_get(page, "sessions"), i);
	const char *user = json_string_value(json_object_get(session, "user"));
	int n = -1;

	if (user)
		sscanf(user, "user%d@", &n);
	return n;
}

static void the_first_page_and_what_there_is(void **state)
{
	const json_t *page = search("{}");

	(void)state;
	assert_int_equal(number(page, "total"), PEOPLE);
	assert_int_equal(number(page, "matching"), PEOPLE);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(nth(page, i), i);
	assert_int_equal(nth(page, 50), -1);
	assert_true(json_is_string(json_object_get(page, "next")));
}

/* What is asked, which are first and last on the page, and how many match. */
static const struct {
	const char *args;
	int first, last, matching;
} cases[] = {
	{"{\"search\":\"USER1\"}", 10, 19, 10},
	{"{\"search\":\"user33@localhost/a\"}", 33, 33, 1},
	{"{\"search\":\"  user3 \"}", 30, 39, 10},
	{"{\"search\":\"nobody\"}", -1, -1, 0},
	{"{\"search\":\"10.0.0.60\"}", 0, 0, 1},
	{"{\"search\":\"10.0.0.\",\"limit\":60}", 0, 59, 60},
	{"{\"descending\":true,\"limit\":60}", 59, 0, 60},
	{"{\"sort\":\"ip\",\"limit\":60}", 59, 0, 60},
	{"{\"sort\":\"IP\",\"limit\":60,\"descending\":true}", 0, 59, 60},
	{"{\"sort\":\"uptime\",\"limit\":60}", 59, 0, 60},
	{"{\"sort\":\"uptime\",\"limit\":60,\"descending\":\"true\"}", 0, 59, 60},
	{"{\"sort\":\"priority\",\"limit\":60}", 1, 57, 60},
	{"{\"sort\":\"priority\",\"limit\":1,\"descending\":true}", 57, 57, 60},
};

static void what_is_asked_is_what_comes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const json_t *page = search(cases[i].args);
		size_t count = json_array_size(json_object_get(page, "sessions"));

		assert_int_equal(nth(page, 0), cases[i].first);
		assert_int_equal(nth(page, count - 1), cases[i].last);
		assert_int_equal(number(page, "matching"), cases[i].matching);
		assert_int_equal(number(page, "total"), PEOPLE);
	}
}

static void every_session_is_on_one_page(void **state)
{
	static const char *const sorts[] = {"user", "ip", "uptime", "priority"};
	char args[256], after[128];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		uint64_t seen = 0;
		int count = 0;

		after[0] = '\0';
		for (bool is_last = false; !is_last;) {
			snprintf(args, sizeof args, "{\"limit\":7,\"sort\":\"%s\",\"descending\":%s%s}", sorts[i / 2],
				 i % 2 ? "true" : "false", after);
			const json_t *page = search(args);
			const char *next = json_string_value(json_object_get(page, "next"));

			for (size_t k = 0; nth(page, k) >= 0; k++, count++)
				seen |= UINT64_C(1) << nth(page, k);
			is_last = !next;
			snprintf(after, sizeof after, ",\"after\":\"%s\"", next ? next : "");
		}
		assert_int_equal(count, PEOPLE);
		assert_int_equal(seen, (UINT64_C(1) << PEOPLE) - 1);
	}
}

static void what_makes_no_sense_is_refused(void **state)
{
	static const char *const wrong[] = {
		"{\"limit\":0}", "{\"limit\":501}", "{\"sort\":\"size\"}", "{\"after\":\"\"}", "{\"after\":\"x\"}",
		"{\"after\":\"00000000000000000000000000000000\"}", "{\"after\":\"0000000000000000000000000000000Xa@b\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		const json_t *error = search(wrong[i]), *extensions = json_object_get(error, "extensions");

		assert_string_equal(json_string_value(json_object_get(extensions, "code")), "bad_arguments");
	}
	json_decref(answer);
	answer = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_page_and_what_there_is),
		cmocka_unit_test(what_is_asked_is_what_comes),
		cmocka_unit_test(every_session_is_on_one_page),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
