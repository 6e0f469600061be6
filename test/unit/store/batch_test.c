/* Batches on a database that fails when it is told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "store/batch.h"

/* What was called, one character each: B begin, C commit, R rollback, M mark, U unmark, X undo, and the keys of steps. */
struct store_link {
	char calls[256];
	int begins_left, commits_left; /* until they fail */
};

static void note(struct store_link *l, char c)
{
	size_t len = strlen(l->calls);

	assert_true(len + 1 < sizeof l->calls);
	l->calls[len] = c;
}

static enum err fake_begin(struct store_link *l, struct why *why)
{
	note(l, 'B');
	return l->begins_left-- > 0 ? ERR_NONE : err_because(ERR_BUSY, why, "locked");
}

static enum err fake_commit(struct store_link *l, struct why *why)
{
	note(l, 'C');
	return l->commits_left-- > 0 ? ERR_NONE : err_because(ERR_SYSTEM, why, "disk is full");
}

static void fake_rollback(struct store_link *l)
{
	note(l, 'R');
}

static enum err fake_mark(struct store_link *l, struct why *why)
{
	(void)why;
	note(l, 'M');
	return ERR_NONE;
}

static enum err fake_unmark(struct store_link *l, struct why *why)
{
	(void)why;
	note(l, 'U');
	return ERR_NONE;
}

static enum err fake_undo(struct store_link *l, struct why *why)
{
	(void)why;
	note(l, 'X');
	return ERR_NONE;
}

/* The owner says what happens. */
static enum err fake_run(struct store_link *l, struct store_step *step, struct arena *arena, struct why *why)
{
	(void)arena;
	note(l, step->owner.data[0]);
	if (str_is(step->owner, "broken"))
		return err_because(ERR_INVALID, why, "damaged");
	return step->op == STORE_VALUE_NEED ? ERR_NOT_FOUND : ERR_NONE;
}

static const struct store_driver fake = {
	.name = "fake", .begin = fake_begin, .commit = fake_commit, .rollback = fake_rollback, .mark = fake_mark,
	.unmark = fake_unmark, .undo_to_mark = fake_undo, .run = fake_run,
};

enum { JOBS_MAX = 4 };

static struct store_job *jobs[JOBS_MAX];

/* Jobs with a writing step each (and for "no" a condition after it), linked. */
static struct letter *make_jobs(const char *const *owners, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		jobs[i] = store_job_new(NULL, NULL, NULL, NULL);
		store_value_put(jobs[i], str_from(owners[i]), "kind", STR("x"));
		if (strcmp(owners[i], "no") == 0)
			store_value_need(jobs[i], STR("no"), "kind");
		jobs[i]->letter.next = NULL;
		if (i > 0)
			jobs[i - 1]->letter.next = &jobs[i]->letter;
	}
	return &jobs[0]->letter;
}

static void test_batches(void **state)
{
	static const struct {
		const char *about;
		const char *owners[JOBS_MAX];
		int begins_left, commits_left;
		const char *calls;
		size_t failed;
		enum err results[JOBS_MAX];
	} cases[] = {
		{"all is well", {"a", "b", "c"}, 1, 1, "BabcC", 0, {ERR_NONE, ERR_NONE, ERR_NONE}},
		{"one fails by a condition", {"a", "no", "c"}, 1, 1, "BaMnnXcC", 0, {ERR_NONE, ERR_NOT_FOUND, ERR_NONE}},
		{"one breaks the database", {"a", "broken", "c"}, 9, 9, "BabRBaCBbRBcC", 1, {ERR_NONE, ERR_INVALID, ERR_NONE}},
		{"the commit fails once", {"a", "b"}, 9, 0, "BabCRBaCRBbCR", 2, {ERR_SYSTEM, ERR_SYSTEM}},
		{"one job, and the commit fails", {"a"}, 9, 0, "BaCR", 1, {ERR_SYSTEM}},
		{"no lock", {"a", "b", "c"}, 0, 0, "B", 3, {ERR_BUSY, ERR_BUSY, ERR_BUSY}},
		{"the lock is lost", {"a", "broken", "c"}, 2, 9, "BabRBaCB", 2, {ERR_NONE, ERR_BUSY, ERR_BUSY}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct store_link link = {.begins_left = cases[i].begins_left, .commits_left = cases[i].commits_left};
		size_t count = 0;

		while (count < JOBS_MAX && cases[i].owners[count])
			count++;
		print_message("%s\n", cases[i].about);
		assert_int_equal(batch_write(&fake, &link, make_jobs(cases[i].owners, count)), cases[i].failed);
		assert_string_equal(link.calls, cases[i].calls);
		for (size_t j = 0; j < count; j++) {
			struct why why = {0};

			assert_int_equal(store_job_result(jobs[j], &why), cases[i].results[j]);
			if (cases[i].results[j] == ERR_SYSTEM)
				assert_string_equal(why.text, "disk is full");
			store_job_free(&jobs[j]);
		}
	}
}

static void test_reads(void **state)
{
	struct store_link link = {.begins_left = 1};
	struct store_job *job = store_job_new(NULL, NULL, NULL, NULL);

	(void)state;
	store_value_get(job, STR("a"), "kind");
	assert_int_equal(batch_read(&fake, &link, job), 0);
	assert_string_equal(link.calls, "a"); /* one step needs no transaction */
	store_value_need(job, STR("no"), "kind");
	assert_int_equal(batch_read(&fake, &link, job), 0);
	assert_int_equal(store_job_result(job, NULL), ERR_NOT_FOUND);
	assert_string_equal(link.calls, "aBanR");
	assert_int_equal(batch_read(&fake, &link, job), 1);
	assert_int_equal(store_job_result(job, NULL), ERR_BUSY);
	store_job_free(&job);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
