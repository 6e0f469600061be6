/* What is SQLite's alone: its file, its schema, and what happens when the file or the disk is not as it should be. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/sqlite.h"
#include "store/sqlite_file.h"
#include "support/await.h"

struct fixture {
	char folder[AWAIT_FOLDER_MAX];
	char file[AWAIT_FOLDER_MAX + 16];
	struct mailbox mailbox;
	struct store *store;
	bool answered;
};

static int set_up(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));

	log_set_level(LOG_NONE);
	await_folder_make(f->folder);
	snprintf(f->file, sizeof f->file, "%s/" SQLITE_FILE_NAME, f->folder);
	mailbox_init(&f->mailbox);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	store_close(&f->store);
	mailbox_fini(&f->mailbox);
	await_folder_remove(f->folder);
	free(f);
	return 0;
}

static void open_store(struct fixture *f)
{
	struct why why = {0};

	f->store = store_open(f->folder, 1, &why);
	if (!f->store)
		fail_msg("%s", why.text);
}

static void assert_refused(struct fixture *f, const char *because)
{
	struct why why = {0};

	f->store = store_open(f->folder, 1, &why);
	assert_null(f->store);
	if (!strstr(why.text, because))
		fail_msg("expected \"%s\" in \"%s\"", because, why.text);
}

static void run_sql(const char *file, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void set_flag(struct store_job *job, void *context)
{
	(void)job;
	*(bool *)context = true;
}

static enum err put(struct fixture *f, const char *owner, size_t size, struct why *why)
{
	struct store_job *job = store_job_new(f->store, &f->mailbox, set_flag, &f->answered);
	char *blob = mem_new(size);
	enum err e;

	f->answered = false;
	store_value_put(job, str_from(owner), "test", str_make(blob, size));
	free(blob);
	store_submit_post(job);
	await(&f->mailbox, &f->answered);
	e = store_job_result(job, why);
	store_job_free(&job);
	return e;
}

static enum err get(struct fixture *f, const char *owner, size_t *size_out)
{
	struct store_job *job = store_job_new(f->store, &f->mailbox, set_flag, &f->answered);
	struct store_rows rows;
	enum err e;

	f->answered = false;
	store_value_get(job, str_from(owner), "test");
	store_submit_post(job);
	await(&f->mailbox, &f->answered);
	e = store_job_result(job, NULL);
	rows = store_job_rows(job, 0);
	*size_out = rows.count ? rows.rows[0].blob.len : 0;
	store_job_free(&job);
	return e;
}

static void test_files_are_private(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm"};
	struct fixture *f = *state;
	struct stat status;
	char path[sizeof f->file + 8];
	mode_t before = umask(0);

	rmdir(f->folder); /* it is made when it is absent */
	open_store(f);
	umask(before);
	assert_int_equal(stat(f->folder, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(put(f, "a", 10, NULL), ERR_NONE);
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s%s", f->file, suffixes[i]);
		assert_int_equal(stat(path, &status), 0);
		assert_int_equal(status.st_mode & 0777, 0600);
	}
}

static void test_settings(void **state)
{
	struct fixture *f = *state;
	int lock = -1;
	sqlite3 *db = sqlite_file_open(f->folder, STORE_WRITES, &lock, NULL);
	sqlite3_stmt *statement;

	assert_non_null(db);
	assert_true(lock >= 0);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA synchronous", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(statement, 0), 2); /* FULL */
	sqlite3_finalize(statement);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(statement, 0), "wal");
	sqlite3_finalize(statement);
	sqlite3_close(db);
	close(lock);
}

static void test_second_process(void **state)
{
	struct fixture *f = *state;
	struct store *first;
	char who[64];

	open_store(f);
	first = f->store;
	snprintf(who, sizeof who, "in use by another meerkat (process %ld)", (long)getpid());
	assert_refused(f, who);
	f->store = first;
	store_close(&f->store);
	open_store(f);
}

static void test_state_dir_that_cannot_be(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	struct why why = {0};
	char name[AWAIT_FOLDER_MAX + 32], *longest = mem_new(5000);

	close(fd);
	assert_null(store_open(f->file, 1, &why));
	assert_non_null(strstr(why.text, "is not a directory"));
	snprintf(name, sizeof name, "%s/absent/state", f->folder);
	assert_null(store_open(name, 1, &why));
	assert_non_null(strstr(why.text, "cannot make the state directory"));
	memset(longest, 'a', 4999);
	assert_null(store_open(longest, 1, &why));
	assert_non_null(strstr(why.text, "too long"));
	free(longest);
}

static void test_not_a_database(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	char text[4096];

	memset(text, 'x', sizeof text);
	assert_int_equal(write(fd, text, sizeof text), sizeof text);
	close(fd);
	assert_refused(f, "not a database");
}

static void test_database_of_another_program(void **state)
{
	struct fixture *f = *state;

	run_sql(f->file, "CREATE TABLE theirs(a)");
	assert_refused(f, "database of another program");
}

static void test_newer_schema(void **state)
{
	struct fixture *f = *state;

	open_store(f);
	assert_int_equal(put(f, "a", 10, NULL), ERR_NONE);
	store_close(&f->store);
	run_sql(f->file, "INSERT INTO schema_step VALUES (999, 'what we will think of', 0)");
	assert_refused(f, "written by a newer meerkat: it has schema step 999");
	run_sql(f->file, "DELETE FROM schema_step WHERE number = 999");
	open_store(f);
}

static void test_read_only_folder(void **state)
{
	struct fixture *f = *state;
	pid_t child;
	int status;

	assert_int_equal(chmod(f->folder, 0555), 0);
	child = fork();
	if (child == 0) {
		struct why why = {0};
		bool is_refused;

		/* Permissions are nothing to root. */
		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(3);
		is_refused = !store_open(f->folder, 1, &why) && strstr(why.text, "Permission denied");
		_exit(is_refused ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	chmod(f->folder, 0700);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* The disk is full for a while: what needs it fails and says why, what was there can be read, and afterwards all goes on. */
static int fill_disk(struct fixture *f)
{
	struct rlimit limit, before;
	struct why why = {0};
	size_t size;
	enum err e;

	open_store(f);
	if (put(f, "before", 1000, NULL) != ERR_NONE || getrlimit(RLIMIT_FSIZE, &before) != 0)
		return 1;
	signal(SIGXFSZ, SIG_IGN);
	limit = (struct rlimit){200000, before.rlim_max};
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 2;
	e = put(f, "too large", 1000000, &why);
	if (e != ERR_SYSTEM || !strstr(why.text, "database: ")) {
		fprintf(stderr, "%d %s\n", (int)e, why.text);
		return 3;
	}
	if (get(f, "before", &size) != ERR_NONE || size != 1000 || get(f, "too large", &size) != ERR_NONE || size != 0)
		return 4;
	if (put(f, "small", 10, NULL) != ERR_NONE)
		return 5;
	if (setrlimit(RLIMIT_FSIZE, &before) != 0 || put(f, "too large", 1000000, NULL) != ERR_NONE)
		return 6;
	store_close(&f->store);
	open_store(f);
	if (get(f, "too large", &size) != ERR_NONE || size != 1000000 || get(f, "small", &size) != ERR_NONE || size != 10)
		return 7;
	store_close(&f->store);
	return 0;
}

static void test_full_disk(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(fill_disk(*state));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Pages overwritten while nobody looked. */
static void test_damaged_file(void **state)
{
	struct fixture *f = *state;
	char garbage[4096], owner[16];
	struct stat status;
	size_t size;
	int fd, damaged = 0;

	open_store(f);
	for (int i = 0; i < 100; i++) {
		snprintf(owner, sizeof owner, "%d", i);
		assert_int_equal(put(f, owner, 1000, NULL), ERR_NONE);
	}
	store_close(&f->store);
	memset(garbage, 0xee, sizeof garbage);
	fd = open(f->file, O_WRONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &status), 0);
	/* The first page has the head of the file, the next the lists of tables and steps. */
	for (off_t at = 15 * 4096; at < status.st_size; at += 2 * 4096)
		assert_int_equal(pwrite(fd, garbage, sizeof garbage, at), sizeof garbage);
	close(fd);

	open_store(f);
	for (int i = 0; i < 100; i++) {
		enum err e;

		snprintf(owner, sizeof owner, "%d", i);
		e = get(f, owner, &size);
		assert_true(e == ERR_NONE || e == ERR_INVALID);
		damaged += e == ERR_INVALID;
	}
	assert_true(damaged > 0);
}

/* Somebody at the sqlite3 shell holds the lock for a moment: jobs wait for it. */
static void test_lock_of_a_visitor(void **state)
{
	struct fixture *f = *state;
	struct store_job *job;
	sqlite3 *db;

	open_store(f);
	assert_int_equal(sqlite3_open(f->file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	job = store_job_new(f->store, &f->mailbox, set_flag, &f->answered);
	store_value_put(job, STR("a"), "test", STR("x"));
	f->answered = false;
	store_submit_post(job);
	usleep(20000);
	mailbox_drain(&f->mailbox, 1);
	assert_false(f->answered);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	await(&f->mailbox, &f->answered);
	assert_int_equal(store_job_result(job, NULL), ERR_NONE);
	store_job_free(&job);
}

/* The log is written back while we go on, and does not grow without end. */
static void test_log_is_written_back(void **state)
{
	struct fixture *f = *state;
	char log[sizeof f->file + 8];
	struct stat status;

	snprintf(log, sizeof log, "%s-wal", f->file);
	open_store(f);
	for (int i = 0; i < 24; i++)
		assert_int_equal(put(f, "a", 1000000, NULL), ERR_NONE);
	assert_int_equal(stat(log, &status), 0);
	assert_true(status.st_size < 19000000); /* 24 million bytes were written */
}

/* Ten items of 50 kB are more than one list holds; an item is one, however large. */
static void test_lists_of_large_items_end_early(void **state)
{
	struct fixture *f = *state;
	struct store_job *job;
	char *blob = mem_new(500000);
	size_t page, second, last;

	open_store(f);
	job = store_job_new(f->store, &f->mailbox, set_flag, &f->answered);
	for (int i = 0; i < 10; i++)
		store_queue_append(job, STR("a"), "test", str_make(blob, 50000), INT64_MAX);
	store_queue_append(job, STR("a"), "test", str_make(blob, 500000), INT64_MAX);
	page = store_queue_list(job, STR("a"), "test", 0, 100);
	second = store_queue_list(job, STR("a"), "test", 3, 2);
	last = store_queue_list(job, STR("a"), "test", 10, 100);
	store_submit_post(job);
	await(&f->mailbox, &f->answered);
	assert_int_equal(store_job_result(job, NULL), ERR_NONE);
	assert_int_equal(store_job_rows(job, page).count, 3);
	assert_int_equal(store_job_rows(job, second).count, 2);
	assert_int_equal(store_job_rows(job, last).count, 1);
	assert_int_equal(store_job_rows(job, last).rows[0].blob.len, 500000);
	store_job_free(&job);
	free(blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(test_files_are_private),
		TEST(test_settings),
		TEST(test_second_process),
		TEST(test_state_dir_that_cannot_be),
		TEST(test_not_a_database),
		TEST(test_database_of_another_program),
		TEST(test_newer_schema),
		TEST(test_read_only_folder),
		TEST(test_full_disk),
		TEST(test_damaged_file),
		TEST(test_lock_of_a_visitor),
		TEST(test_log_is_written_back),
		TEST(test_lists_of_large_items_end_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
