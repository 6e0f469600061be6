/* Against a name server of our own, which does what servers do. */
#include "net/resolve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/metric.h"
#include "net/loop.h"
#include "support/await.h"
#include "support/name_server.h"

static struct loop *loop;
static struct name_server *server;
static struct resolve *resolve;
static const struct config_s2s_dns patient = {10, 2}, impatient = {1, 2};

static int make(void **state)
{
	struct config_resolver config = {.server = STR("127.0.0.1")};
	struct why why = {""};

	(void)state;
	loop = loop_new(0);
	server = name_server_start();
	config.port = name_server_port(server);
	resolve = resolve_new(&config, &why);
	return resolve == NULL;
}

static int clear(void **state)
{
	(void)state;
	resolve_free(&resolve);
	name_server_stop(&server);
	loop_free(&loop);
	return 0;
}

/* Asks in a turn of the loop, as everybody does. */
struct asking {
	struct timer timer;
	struct resolve_wish wish;
	struct resolve_question *question;
	bool is_answered, is_secure;
	enum err error;
	size_t count;
	union resolve_record first;
	char target[256], why[512];
	uint64_t began_ms, took_ms;
};

static void on_answer(void *context, const struct resolve_answer *answer)
{
	struct asking *a = context;

	assert_ptr_equal(loop_current(), loop);
	assert_false(a->is_answered);
	a->is_answered = true;
	a->question = NULL;
	a->error = answer->error;
	a->is_secure = answer->is_secure;
	a->count = answer->count;
	a->took_ms = timer_now_ms(loop->timers) - a->began_ms;
	snprintf(a->why, sizeof(a->why), "%s", answer->why.text);
	if (answer->count > 0)
		a->first = answer->records[0];
	if (answer->count > 0 && a->wish.type == RESOLVE_SRV)
		snprintf(a->target, sizeof(a->target), "%s", answer->records[0].srv.target.data);
}

static void on_start(struct timer *t)
{
	struct asking *a = container_of(t, struct asking, timer);

	a->began_ms = timer_now_ms(loop->timers);
	a->question = resolve_ask(resolve, &a->wish, on_answer, a);
	assert_false(a->is_answered);
}

static void start(struct asking *a, const char *name, enum resolve_type type, const struct config_s2s_dns *patience)
{
	*a = (struct asking){.wish = {str_from(name), type, patience}};
	timer_init(&a->timer, on_start);
	timer_start(loop->timers, &a->timer, 0);
}

static void finish(struct asking *a)
{
	for (int i = 0; i < 3000 && !a->is_answered; i++)
		loop_turn(loop, 10);
	assert_true(a->is_answered);
}

static struct asking ask(const char *name, enum resolve_type type)
{
	struct asking a;

	start(&a, name, type, &patient);
	finish(&a);
	return a;
}

static void finds_records(void **state)
{
	struct asking a = ask("a.test", RESOLVE_A);

	(void)state;
	assert_int_equal(a.error, ERR_NONE);
	assert_int_equal(a.count, 2);
	assert_false(a.is_secure);
	a = ask("A.TEST.", RESOLVE_AAAA);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.first.ip.version, 6);
	a = ask("_xmpp-server._tcp.srv.test", RESOLVE_SRV);
	assert_int_equal(a.count, 2);
	assert_string_equal(a.target, "a.test");
	a = ask("alias.test", RESOLVE_A);
	assert_int_equal(a.error, ERR_NONE);
	assert_memory_equal(a.first.ip.bytes, "\xc0\x00\x02", 3);
}

static void tells_what_is_not_there(void **state)
{
	struct asking a = ask("nowhere.test", RESOLVE_A);

	(void)state;
	assert_int_equal(a.error, ERR_NOT_FOUND);
	assert_string_equal(a.why, "nowhere.test does not exist");
	a = ask("empty.test", RESOLVE_A);
	assert_int_equal(a.error, ERR_NOT_FOUND);
	assert_string_equal(a.why, "empty.test has no such record");
	a = ask("not a name", RESOLVE_A);
	assert_int_equal(a.error, ERR_NOT_FOUND);
	assert_string_equal(a.why, "not a name cannot be a name in DNS");
	assert_int_equal(name_server_count(server, "not a name"), 0);
}

static void takes_no_more_than_its_limit(void **state)
{
	struct asking a = ask("many.test", RESOLVE_SRV);

	(void)state;
	assert_int_equal(a.error, ERR_NONE);
	assert_in_range(a.count, 40, RESOLVE_RECORDS_MAX);
}

static void survives_bad_servers(void **state)
{
	struct asking a = ask("broken.test", RESOLVE_A);

	(void)state;
	assert_int_equal(a.error, ERR_SYSTEM);
	assert_string_equal(a.why, "the name servers have no answer for broken.test (code 2)");
	a = ask("loop.test", RESOLVE_A);
	assert_int_not_equal(a.error, ERR_NONE);
	start(&a, "garbage.test", RESOLVE_A, &impatient);
	finish(&a);
	assert_int_not_equal(a.error, ERR_NONE);
}

static void keeps_answers_for_their_time(void **state)
{
	(void)state;
	ask("kept.a.test", RESOLVE_A);
	ask("kept.a.test", RESOLVE_A);
	assert_int_equal(name_server_count(server, "kept.a.test"), 1);
	ask("no.such.test", RESOLVE_A);
	ask("no.such.test", RESOLVE_A);
	assert_int_equal(name_server_count(server, "no.such.test"), 1);
	ask("brief.test", RESOLVE_A);
	sleep(2);
	ask("brief.test", RESOLVE_A);
	assert_int_equal(name_server_count(server, "brief.test"), 2);
}

static void gives_up_in_time(void **state)
{
	struct asking a;

	(void)state;
	start(&a, "silent.test", RESOLVE_A, &impatient);
	finish(&a);
	assert_int_equal(a.error, ERR_TIMEOUT);
	assert_string_equal(a.why, "no name server answered for silent.test within 2 s");
	assert_in_range(a.took_ms, 1900, 3500);
}

/* Hundreds of domains that are never answered, and one that is. */
static void delays_nobody(void **state)
{
	enum { MANY = 600 };
	struct asking *many = mem_new_array(MANY, sizeof(*many)), a;
	char names[MANY][32];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "n%d.silent.test", i);
		start(&many[i], names[i], RESOLVE_A, &impatient);
	}
	for (int i = 0; i < 3; i++)
		loop_turn(loop, 10);
	start(&a, "slow.test", RESOLVE_A, &patient);
	finish(&a);
	assert_int_equal(a.error, ERR_NONE);
	/* 500 are under way, and it may have to wait until their first second is over. */
	assert_in_range(a.took_ms, 390, 2500);
	for (int i = 0; i < MANY; i++)
		finish(&many[i]);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(many[i].error, ERR_TIMEOUT);
		assert_in_range(many[i].took_ms, 1900, 4000);
	}
	free(many);
}

/* More than may wait: the rest is refused at once. */
static void refuses_too_many(void **state)
{
	enum { MANY = 6000 };
	static const struct config_s2s_dns brief = {1, 1};
	struct asking *many = mem_new_array(MANY, sizeof(*many));
	char(*names)[32] = mem_new_array(MANY, sizeof(*names));
	int refused = 0;

	(void)state;
	log_set_level(LOG_NONE);
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "m%d.silent.test", i);
		start(&many[i], names[i], RESOLVE_A, &brief);
	}
	for (int i = 0; i < MANY; i++) {
		finish(&many[i]);
		assert_true(many[i].error == ERR_TIMEOUT || many[i].error == ERR_LIMIT);
		refused += many[i].error == ERR_LIMIT;
	}
	assert_in_range(refused, 400, 600);
	assert_int_equal(metric_read(METRIC_lookups_refused), refused);
	log_set_level(LOG_INFO);
	free(names);
	free(many);
}

static void can_be_cancelled(void **state)
{
	static const char *const names[] = {"slow.test", "c.a.test", "silent.test", "nothing like a name"};
	struct asking a;

	(void)state;
	for (int turns = 0; turns < 8; turns++)
		for (size_t i = 0; i < 4; i++) {
			start(&a, names[i], RESOLVE_A, &impatient);
			loop_turn(loop, 10);
			for (int j = 0; j < turns && !a.is_answered; j++)
				loop_turn(loop, 1);
			if (!a.is_answered)
				resolve_cancel(&a.question);
			assert_null(a.question);
		}
	/* Answers that were under way then. */
	for (int i = 0; i < 50; i++)
		loop_turn(loop, 10);
}

static void prefers_the_file(void **state)
{
	struct config_resolver config = {.server = STR("127.0.0.1"), .port = name_server_port(server)};
	struct resolve *outer = resolve;
	char folder[AWAIT_FOLDER_MAX], path[AWAIT_FOLDER_MAX + 8];
	struct asking a;
	FILE *file;

	(void)state;
	await_folder_make(folder);
	snprintf(path, sizeof(path), "%s/zone", folder);
	file = fopen(path, "w");
	fputs("127.0.0.9 local.test a.test\nout.test CNAME a.a.test\n", file);
	fclose(file);
	config.file = str_from(path);
	resolve = resolve_new(&config, NULL);
	assert_non_null(resolve);
	a = ask("a.test", RESOLVE_A);
	assert_memory_equal(a.first.ip.bytes, "\x7f\x00\x00\x09", 4);
	assert_true(a.is_secure);
	a = ask("a.test", RESOLVE_AAAA);
	assert_int_equal(a.error, ERR_NOT_FOUND);
	assert_true(a.is_secure);
	a = ask("srv.test", RESOLVE_SRV);
	assert_int_equal(a.error, ERR_NONE);
	assert_false(a.is_secure);
	resolve_free(&resolve);
	await_folder_remove(folder);
	resolve = outer;
}

static void refuses_bad_files(void **state)
{
	struct config_resolver config = {.server = STR("127.0.0.1"), .port = 53, .trust_anchor_file = STR("/etc/hostname")};
	struct why why = {""};

	(void)state;
	assert_null(resolve_new(&config, &why));
	assert_non_null(strstr(why.text, "/etc/hostname"));
	config = (struct config_resolver){.file = STR("/etc/passwd"), .port = 53};
	assert_null(resolve_new(&config, &why));
	assert_non_null(strstr(why.text, "/etc/passwd:1: expected"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_records),
		cmocka_unit_test(tells_what_is_not_there),
		cmocka_unit_test(takes_no_more_than_its_limit),
		cmocka_unit_test(survives_bad_servers),
		cmocka_unit_test(keeps_answers_for_their_time),
		cmocka_unit_test(gives_up_in_time),
		cmocka_unit_test(delays_nobody),
		cmocka_unit_test(can_be_cancelled),
		cmocka_unit_test(refuses_too_many),
		cmocka_unit_test(prefers_the_file),
		cmocka_unit_test(refuses_bad_files),
	};

	return cmocka_run_group_tests(tests, make, clear);
}
