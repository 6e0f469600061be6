/* kill -9 at any moment: what a process says is done is there afterwards, and each job is there whole or not at all. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/driver.h"
#include "store/sqlite.h"
#include "support/await.h"

enum { ROUNDS = 20, UNDER_WAY = 8 };

static const struct store_driver *const drivers[] = {&sqlite_driver};
static const struct str alice = {"alice@example.org", 17};

struct writer {
	struct store *store;
	struct mailbox mailbox;
	int pipe, next;
};

static void write_next(struct writer *w);

static void on_done(struct store_job *job, void *context)
{
	struct writer *w = context;
	int number = w->next - UNDER_WAY; /* answers come in order */

	if (store_job_result(job, NULL) != ERR_NONE || write(w->pipe, &number, sizeof number) != sizeof number)
		_exit(2);
	store_job_free(&job);
	write_next(w);
}

static void write_next(struct writer *w)
{
	struct store_job *job = store_job_new(w->store, &w->mailbox, on_done, w);
	char key[24], owner[32];

	snprintf(key, sizeof key, "%08d", w->next++);
	snprintf(owner, sizeof owner, "%s@killed", key);
	store_map_put(job, alice, "killed", str_from(key), STR("half"));
	store_value_put(job, str_from(owner), "killed", STR("other half"));
	store_queue_append(job, alice, "killed", str_from(key), INT64_MAX);
	store_submit_post(job);
}

/* Never returns. */
static void write_until_killed(const struct store_driver *driver, const char *folder, int pipe, int first)
{
	struct writer w = {.pipe = pipe, .next = first};

	w.store = store_open_with(driver, folder, 1, NULL);
	if (!w.store)
		_exit(3);
	mailbox_init(&w.mailbox);
	for (int i = 0; i < UNDER_WAY; i++)
		write_next(&w);
	for (;;) {
		struct pollfd p = {.fd = w.mailbox.fd, .events = POLLIN};

		if (!mailbox_drain(&w.mailbox, 100))
			poll(&p, 1, 1000);
	}
}

/* One more than the last that was reported. */
static int kill_one(const struct store_driver *driver, const char *folder, int first, int round)
{
	int ends[2], number, next = first, status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[0]);
		write_until_killed(driver, folder, ends[1], first);
	}
	close(ends[1]);
	/* Different moments: after so many reports, and a little. */
	for (int reports = 0; reports < 1 + round * 3 && read(ends[0], &number, sizeof number) == sizeof number; reports++)
		next = number + 1;
	usleep((useconds_t)(round * 137 % 1000));
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (read(ends[0], &number, sizeof number) == sizeof number)
		next = number + 1;
	close(ends[0]);
	return next;
}

static void set_flag(struct store_job *job, void *context)
{
	(void)job;
	*(bool *)context = true;
}

static void assert_str(struct str s, const char *text)
{
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.data, text, s.len);
}

/* How many jobs were done, all of them whole and in order. */
static int count_whole_jobs(struct store *s, struct mailbox *m)
{
	bool answered = false;
	struct store_job *job = store_job_new(s, m, set_flag, &answered);
	size_t map = store_map_list(job, alice, "killed"), queue = store_queue_list(job, alice, "killed", 0, INT64_MAX);
	size_t values = store_owner_count(job, STR("killed"), "killed");
	struct store_rows maps, queues;
	int count;

	store_submit_post(job);
	await(m, &answered);
	assert_int_equal(store_job_result(job, NULL), ERR_NONE);
	maps = store_job_rows(job, map);
	queues = store_job_rows(job, queue);
	assert_int_equal(maps.count, queues.count);
	assert_int_equal(maps.count, store_job_rows(job, values).total);
	for (size_t i = 0; i < maps.count; i++) {
		char key[24];

		snprintf(key, sizeof key, "%08zu", i);
		assert_str(maps.rows[i].key, key);
		assert_str(queues.rows[i].blob, key);
	}
	count = (int)maps.count;
	store_job_free(&job);
	return count;
}

/* Opens it as the next process would. */
static int count_after_restart(const struct store_driver *driver, const char *folder)
{
	struct why why = {0};
	struct store *s = store_open_with(driver, folder, 1, &why);
	struct mailbox m;
	int count;

	if (!s)
		fail_msg("%s", why.text);
	mailbox_init(&m);
	count = count_whole_jobs(s, &m);
	store_close(&s);
	mailbox_fini(&m);
	return count;
}

static void test_kill_minus_nine(void **state)
{
	const struct store_driver *driver = *state;
	char folder[AWAIT_FOLDER_MAX];
	int count = 0;

	await_folder_make(folder);
	for (int round = 0; round < ROUNDS; round++) {
		int reported = kill_one(driver, folder, count, round);

		count = count_after_restart(driver, folder);
		assert_true(count >= reported);
	}
	assert_true(count > ROUNDS);
	await_folder_remove(folder);
}

int main(void)
{
	int failed = 0;

	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
		const struct CMUnitTest tests[] = {
			cmocka_unit_test_prestate(test_kill_minus_nine, (void *)drivers[i]),
		};

		failed += cmocka_run_group_tests_name(drivers[i]->name, tests, NULL, NULL);
	}
	return failed;
}
