#include "base/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void lets_truth_pass(void **state)
{
	int evaluated = 0;

	(void)state;
	check(++evaluated == 1);
	assert_int_equal(evaluated, 1);
}

/* Fails a check in a child; what it said is put into text. */
static int status_of_failing_child(char *text, size_t size)
{
	int ends[2], status;
	ssize_t len;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
		signal(SIGABRT, SIG_DFL);
		dup2(ends[1], STDERR_FILENO);
		check(1 + 1 == 3);
		_exit(0);
	}
	close(ends[1]);
	len = read(ends[0], text, size - 1);
	assert_true(len >= 0);
	text[len] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void aborts_and_says_where(void **state)
{
	char text[512];
	int status = status_of_failing_child(text, sizeof(text));

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(text, "check_test.c:"));
	assert_non_null(strstr(text, ": status_of_failing_child: check failed: 1 + 1 == 3\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lets_truth_pass),
		cmocka_unit_test(aborts_and_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
