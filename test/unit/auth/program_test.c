/* The programs are those of test/support/partners/authenticator.py and a few of the system. */
#include "auth/program.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

#define AUTHENTICATOR STR("/usr/bin/python3 test/support/partners/authenticator.py /dev/null")
enum { LONG_MS = 20000, SHORT_MS = 100 };

static enum err ask(struct program *p, const char *question, int64_t timeout_ms, bool *yes)
{
	struct why why = {""};
	enum err e = program_ask(p, str_from(question), timeout_ms, yes, &why);

	assert_int_equal(e == ERR_NONE, why.text[0] == 0);
	return e;
}

static struct program *start(struct str command)
{
	struct program *p = program_start(command, NULL);

	assert_non_null(p);
	return p;
}

static void answers(void **state)
{
	struct program *p = start(AUTHENTICATOR);
	bool yes = false;

	(void)state;
	assert_int_equal(ask(p, "auth:alice:h:secret", LONG_MS, &yes), ERR_NONE);
	assert_true(yes);
	assert_int_equal(ask(p, "auth:alice:h:a:secret", LONG_MS, &yes), ERR_NONE);
	assert_true(yes);
	assert_int_equal(ask(p, "auth:alice:h:wrong", LONG_MS, &yes), ERR_NONE);
	assert_false(yes);
	assert_int_equal(ask(p, "isuser:alice:h", LONG_MS, &yes), ERR_NONE);
	assert_true(yes);
	assert_true(program_is_ready(p));
	program_stop(&p);
	assert_null(p);
}

static void takes_the_largest_question(void **state)
{
	struct program *p = start(AUTHENTICATOR);
	char *question = calloc(1, PROGRAM_QUESTION_MAX + 1);
	bool yes = true;

	(void)state;
	memset(question, 'x', PROGRAM_QUESTION_MAX);
	memcpy(question, "auth:alice:h:", 13);
	assert_int_equal(ask(p, question, LONG_MS, &yes), ERR_NONE);
	assert_false(yes);
	free(question);
	program_stop(&p);
}

static void tells_what_goes_wrong(void **state)
{
	static const struct {
		const char *question;
		int64_t timeout_ms;
		enum err result;
	} cases[] = {
		{"auth:garbage:h:secret", LONG_MS, ERR_INVALID},
		{"auth:die:h:secret", LONG_MS, ERR_SYSTEM},
		{"auth:hang:h:secret", SHORT_MS, ERR_TIMEOUT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct program *p = start(AUTHENTICATOR);
		bool yes;

		assert_int_equal(ask(p, cases[i].question, cases[i].timeout_ms, &yes), cases[i].result);
		program_stop(&p);
	}
}

/* What it says unasked must not become the answer to the next question. */
static void notices_more_than_an_answer(void **state)
{
	struct program *p = start(AUTHENTICATOR);
	bool yes;

	(void)state;
	assert_int_equal(ask(p, "auth:chatty:h:secret", LONG_MS, &yes), ERR_NONE);
	for (int i = 0; i < 500 && program_is_ready(p); i++)
		usleep(10000);
	assert_false(program_is_ready(p));
	program_stop(&p);
}

static void notices_an_end(void **state)
{
	struct program *p = start(STR("/bin/true"));
	bool yes;

	(void)state;
	for (int i = 0; i < 500 && program_is_ready(p); i++)
		usleep(10000);
	assert_false(program_is_ready(p));
	assert_int_equal(ask(p, "auth:a:h:b", LONG_MS, &yes), ERR_SYSTEM);
	program_stop(&p);
}

static void gives_up_when_told(void **state)
{
	struct program *p = start(STR("/bin/sleep 60"));
	_Atomic bool is_closing = true;
	int64_t began = clock_monotonic_ms();
	bool yes;

	(void)state;
	program_watch(p, &is_closing);
	assert_int_equal(ask(p, "auth:a:h:b", LONG_MS, &yes), ERR_SYSTEM);
	assert_true(clock_monotonic_ms() - began < LONG_MS / 2);
	program_stop(&p);
}

/* It neither reads its input nor minds being asked to end. */
static void ends_what_will_not_end(void **state)
{
	struct program *p = start(STR("/bin/sleep 60"));
	int64_t began = clock_monotonic_ms();

	(void)state;
	program_stop(&p);
	p = start(STR("/bin/sh test/support/partners/stubborn.sh"));
	usleep(100000);
	program_stop(&p);
	assert_true(clock_monotonic_ms() - began < LONG_MS / 2);
}

static void refuses_what_cannot_be_started(void **state)
{
	static const char *const bad[] = {"", " ", "/nowhere/at/all", "/etc/passwd"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_null(program_start(str_from(bad[i]), NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(takes_the_largest_question),
		cmocka_unit_test(tells_what_goes_wrong),
		cmocka_unit_test(notices_more_than_an_answer),
		cmocka_unit_test(notices_an_end),
		cmocka_unit_test(gives_up_when_told),
		cmocka_unit_test(ends_what_will_not_end),
		cmocka_unit_test(refuses_what_cannot_be_started),
	};

	signal(SIGPIPE, SIG_IGN); /* as the server does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
