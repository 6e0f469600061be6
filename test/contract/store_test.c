/* What every driver of the store has to show; each test runs once for each driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "store/driver.h"
#include "store/sqlite.h"
#include "support/await.h"

static const struct store_driver *const drivers[] = {&sqlite_driver};

struct fixture {
	const struct store_driver *driver;
	char folder[AWAIT_FOLDER_MAX];
	struct mailbox mailbox;
	struct store *store;
};

static const struct str alice = {"alice@example.org", 17}, bob = {"bob@example.org", 15};

static void open_store(struct fixture *f)
{
	struct why why = {0};

	f->store = store_open_with(f->driver, f->folder, 2, &why);
	if (!f->store)
		fail_msg("%s", why.text);
}

static int set_up(void **state)
{
	struct fixture *f = mem_new(sizeof(*f));

	f->driver = *state;
	await_folder_make(f->folder);
	mailbox_init(&f->mailbox);
	open_store(f);
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

static void set_flag(struct store_job *job, void *context)
{
	(void)job;
	*(bool *)context = true;
}

/* A job whose answer sets `answered`. */
static bool answered;

static struct store_job *new_job(struct fixture *f)
{
	return store_job_new(f->store, &f->mailbox, set_flag, &answered);
}

static enum err run(struct fixture *f, struct store_job *job)
{
	answered = false;
	store_submit_post(job);
	await(&f->mailbox, &answered);
	return store_job_result(job, NULL);
}

static void run_and_free(struct fixture *f, struct store_job *job, enum err expected)
{
	assert_int_equal(run(f, job), expected);
	store_job_free(&job);
}

static void assert_str(struct str s, const char *text)
{
	assert_non_null(s.data);
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.data, text, s.len);
}

static void put_value(struct fixture *f, struct str owner, const char *kind, const char *text)
{
	struct store_job *job = new_job(f);

	store_value_put(job, owner, kind, str_from(text));
	run_and_free(f, job, ERR_NONE);
}

/* NULL: there must be none. */
static void assert_value(struct fixture *f, struct str owner, const char *kind, const char *text)
{
	struct store_job *job = new_job(f);
	size_t step = store_value_get(job, owner, kind);

	assert_int_equal(run(f, job), ERR_NONE);
	assert_int_equal(store_job_rows(job, step).count, text != NULL);
	if (text)
		assert_str(store_job_rows(job, step).rows[0].blob, text);
	store_job_free(&job);
}

static void test_values(void **state)
{
	struct fixture *f = *state;
	struct store_job *job;

	assert_value(f, alice, "vcard", NULL);
	put_value(f, alice, "vcard", "one");
	put_value(f, bob, "vcard", "");
	put_value(f, alice, "account", "key");
	assert_value(f, alice, "vcard", "one");
	put_value(f, alice, "vcard", "two");
	assert_value(f, alice, "vcard", "two");
	assert_value(f, bob, "vcard", "");
	assert_value(f, bob, "account", NULL);

	job = new_job(f);
	store_value_delete(job, alice, "vcard");
	store_value_delete(job, alice, "nothing");
	run_and_free(f, job, ERR_NONE);
	assert_value(f, alice, "vcard", NULL);
	assert_value(f, alice, "account", "key");
}

static void test_bytes_of_all_kinds(void **state)
{
	struct fixture *f = *state;
	char *blob = mem_new(300000);
	struct store_job *job = new_job(f);
	size_t step;
	struct store_rows rows;

	for (int i = 0; i < 300000; i++)
		blob[i] = (char)(i * 7 + i / 256);
	store_value_put(job, alice, "big", str_make(blob, 300000));
	store_map_put(job, alice, "odd", str_make("a\0b", 3), str_make("\0\xff", 2));
	store_map_put(job, alice, "odd", STR("a"), STR("short"));
	store_map_put(job, alice, "odd", STR(""), STR("none"));
	run_and_free(f, job, ERR_NONE);

	job = new_job(f);
	step = store_value_get(job, alice, "big");
	assert_int_equal(run(f, job), ERR_NONE);
	rows = store_job_rows(job, step);
	assert_int_equal(rows.rows[0].blob.len, 300000);
	assert_memory_equal(rows.rows[0].blob.data, blob, 300000);
	store_job_free(&job);
	free(blob);

	job = new_job(f);
	step = store_map_list(job, alice, "odd");
	assert_int_equal(run(f, job), ERR_NONE);
	rows = store_job_rows(job, step);
	assert_int_equal(rows.count, 3);
	assert_str(rows.rows[0].key, "");
	assert_str(rows.rows[1].key, "a");
	assert_int_equal(rows.rows[2].key.len, 3);
	assert_memory_equal(rows.rows[2].key.data, "a\0b", 3);
	assert_memory_equal(rows.rows[2].blob.data, "\0\xff", 2);
	store_job_free(&job);
}

static void test_maps(void **state)
{
	static const char *const keys[] = {"b", "a", "\xc3\xa9", "B", "ab"};
	static const char *const sorted[] = {"B", "a", "ab", "b", "\xc3\xa9"};
	struct fixture *f = *state;
	struct store_job *job = new_job(f);
	size_t list, got, absent;
	int64_t before = store_now_ms();
	struct store_rows rows;

	for (size_t i = 0; i < 5; i++)
		store_map_put(job, alice, "roster", str_from(keys[i]), str_from(keys[i]));
	store_map_put(job, alice, "roster", STR("ab"), STR("again"));
	store_map_put(job, alice, "private", STR("a"), STR("other"));
	run_and_free(f, job, ERR_NONE);

	job = new_job(f);
	list = store_map_list(job, alice, "roster");
	got = store_map_get(job, alice, "roster", STR("ab"));
	absent = store_map_get(job, bob, "roster", STR("ab"));
	assert_int_equal(run(f, job), ERR_NONE);
	rows = store_job_rows(job, list);
	assert_int_equal(rows.count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_str(rows.rows[i].key, sorted[i]);
		assert_true(rows.rows[i].time_ms >= before && rows.rows[i].time_ms <= store_now_ms());
	}
	assert_int_equal(store_job_rows(job, got).count, 1);
	assert_str(store_job_rows(job, got).rows[0].blob, "again");
	assert_str(store_job_rows(job, got).rows[0].key, "ab");
	assert_int_equal(store_job_rows(job, absent).count, 0);
	store_job_free(&job);
}

static void test_map_deletes(void **state)
{
	struct fixture *f = *state;
	struct store_job *job = new_job(f);
	size_t roster, private;

	store_map_put(job, alice, "roster", STR("a"), STR("1"));
	store_map_put(job, alice, "roster", STR("b"), STR("2"));
	store_map_put(job, alice, "private", STR("a"), STR("3"));
	store_map_delete(job, alice, "roster", STR("a"));
	roster = store_map_list(job, alice, "roster"); /* reading steps see the writing ones before them */
	store_map_delete_all(job, alice, "roster");
	private = store_map_list(job, alice, "roster");
	assert_int_equal(run(f, job), ERR_NONE);
	assert_int_equal(store_job_rows(job, roster).count, 1);
	assert_str(store_job_rows(job, roster).rows[0].key, "b");
	assert_int_equal(store_job_rows(job, private).count, 0);
	store_job_free(&job);

	job = new_job(f);
	roster = store_map_list(job, alice, "roster");
	private = store_map_list(job, alice, "private");
	assert_int_equal(run(f, job), ERR_NONE);
	assert_int_equal(store_job_rows(job, roster).count, 0);
	assert_int_equal(store_job_rows(job, private).count, 1);
	store_job_free(&job);
}

static void append(struct fixture *f, const char *text, int64_t limit, enum err expected)
{
	struct store_job *job = new_job(f);

	store_queue_append(job, alice, "offline", str_from(text), limit);
	run_and_free(f, job, expected);
}

static void test_queues(void **state)
{
	struct fixture *f = *state;
	struct store_job *job;
	size_t all, part, count, other;
	struct store_rows rows;

	append(f, "one", INT64_MAX, ERR_NONE);
	append(f, "two", 2, ERR_NONE);
	append(f, "no room", 2, ERR_LIMIT);
	append(f, "never", 0, ERR_LIMIT);
	append(f, "less than never", -1, ERR_LIMIT);
	append(f, "three", INT64_MAX, ERR_NONE);

	job = new_job(f);
	all = store_queue_list(job, alice, "offline", 0, INT64_MAX);
	count = store_queue_count(job, alice, "offline");
	other = store_queue_list(job, bob, "offline", 0, INT64_MAX);
	assert_int_equal(run(f, job), ERR_NONE);
	rows = store_job_rows(job, all);
	assert_int_equal(rows.count, 3);
	assert_str(rows.rows[0].blob, "one");
	assert_str(rows.rows[1].blob, "two");
	assert_str(rows.rows[2].blob, "three");
	assert_true(rows.rows[0].number < rows.rows[1].number && rows.rows[1].number < rows.rows[2].number);
	assert_int_equal(store_job_rows(job, count).total, 3);
	assert_int_equal(store_job_rows(job, other).count, 0);

	struct store_job *pages = new_job(f);

	part = store_queue_list(pages, alice, "offline", rows.rows[0].number, 1);
	assert_int_equal(run(f, pages), ERR_NONE);
	assert_int_equal(store_job_rows(pages, part).count, 1);
	assert_int_equal(store_job_rows(pages, part).rows[0].number, rows.rows[1].number);
	store_job_free(&pages);
	store_job_free(&job);
}

static int64_t last_number(struct fixture *f)
{
	struct store_job *job = new_job(f);
	size_t step = store_queue_list(job, alice, "offline", 0, INT64_MAX);
	struct store_rows rows;
	int64_t number;

	assert_int_equal(run(f, job), ERR_NONE);
	rows = store_job_rows(job, step);
	number = rows.count ? rows.rows[rows.count - 1].number : 0;
	store_job_free(&job);
	return number;
}

/* Somebody who has read up to a number deletes up to it, whatever came meanwhile: so a number must not come again. */
static void test_numbers_never_come_twice(void **state)
{
	struct fixture *f = *state;
	struct store_job *job;
	int64_t before;

	append(f, "one", INT64_MAX, ERR_NONE);
	append(f, "two", INT64_MAX, ERR_NONE);
	before = last_number(f);
	job = new_job(f);
	store_queue_delete_to(job, alice, "offline", before);
	run_and_free(f, job, ERR_NONE);
	assert_int_equal(last_number(f), 0);
	store_close(&f->store);
	open_store(f);
	append(f, "three", INT64_MAX, ERR_NONE);
	assert_true(last_number(f) > before);
}

static void test_queue_deletes_to(void **state)
{
	struct fixture *f = *state;
	struct store_job *job;
	size_t step;
	int64_t second;

	append(f, "one", INT64_MAX, ERR_NONE);
	append(f, "two", INT64_MAX, ERR_NONE);
	second = last_number(f);
	append(f, "three", INT64_MAX, ERR_NONE);
	job = new_job(f);
	store_queue_delete_to(job, alice, "offline", second);
	step = store_queue_list(job, alice, "offline", 0, 10);
	assert_int_equal(run(f, job), ERR_NONE);
	assert_int_equal(store_job_rows(job, step).count, 1);
	assert_str(store_job_rows(job, step).rows[0].blob, "three");
	store_job_free(&job);
}

static void add_to_queue(struct fixture *f, struct str owner, const char *text)
{
	struct store_job *job = new_job(f);

	store_queue_append(job, owner, "offline", str_from(text), INT64_MAX);
	run_and_free(f, job, ERR_NONE);
}

static void test_queue_deletes_one(void **state)
{
	struct fixture *f = *state;
	struct store_job *job;
	size_t step;
	int64_t first;

	append(f, "one", INT64_MAX, ERR_NONE);
	first = last_number(f);
	append(f, "two", INT64_MAX, ERR_NONE);
	job = new_job(f);
	store_queue_delete(job, alice, "offline", first);
	step = store_queue_list(job, alice, "offline", 0, 10);
	assert_int_equal(run(f, job), ERR_NONE);
	assert_int_equal(store_job_rows(job, step).count, 1);
	assert_str(store_job_rows(job, step).rows[0].blob, "two");
	store_job_free(&job);
}

static void test_queue_owners(void **state)
{
	struct fixture *f = *state;
	struct store_job *job;
	size_t all, rest, some, none;

	add_to_queue(f, bob, "one");
	add_to_queue(f, alice, "two");
	add_to_queue(f, alice, "three");
	add_to_queue(f, STR("alice@example.com"), "four");
	job = new_job(f);
	all = store_queue_owners(job, STR("example.org"), "offline", STR(""), 10);
	rest = store_queue_owners(job, STR("example.org"), "offline", alice, 10);
	some = store_queue_owners(job, STR("example.org"), "offline", STR(""), 1);
	none = store_queue_owners(job, STR("example.org"), "other", STR(""), 1);
	assert_int_equal(run(f, job), ERR_NONE);
	assert_int_equal(store_job_rows(job, all).count, 2);
	assert_str(store_job_rows(job, all).rows[0].key, "alice@example.org");
	assert_str(store_job_rows(job, rest).rows[0].key, "bob@example.org");
	assert_int_equal(store_job_rows(job, some).count, 1);
	assert_int_equal(store_job_rows(job, none).count, 0);
	store_job_free(&job);
}

static void test_values_of_another_time(void **state)
{
	struct fixture *f = *state;
	struct store_job *job = new_job(f);
	size_t step;

	store_value_put_at(job, alice, "last", STR("gone"), 0);
	step = store_value_get(job, alice, "last");
	assert_int_equal(run(f, job), ERR_NONE);
	assert_int_equal(store_job_rows(job, step).rows[0].time_ms, 0);
	store_job_free(&job);
}

static void test_conditions(void **state)
{
	struct fixture *f = *state;
	struct store_job *job;

	job = new_job(f);
	store_value_add(job, alice, "account", STR("first"));
	run_and_free(f, job, ERR_NONE);
	job = new_job(f);
	store_value_add(job, alice, "account", STR("second"));
	run_and_free(f, job, ERR_EXISTS);
	assert_value(f, alice, "account", "first");

	job = new_job(f);
	store_value_need(job, bob, "account");
	store_value_put(job, bob, "vcard", STR("lost"));
	run_and_free(f, job, ERR_NOT_FOUND);
	assert_value(f, bob, "vcard", NULL);
	job = new_job(f);
	store_value_need(job, alice, "account");
	store_value_put(job, alice, "vcard", STR("kept"));
	run_and_free(f, job, ERR_NONE);
	assert_value(f, alice, "vcard", "kept");

	job = new_job(f);
	store_map_need(job, alice, "roster", STR("bob"), STR_NONE);
	store_map_put(job, alice, "roster", STR("bob"), STR("first"));
	run_and_free(f, job, ERR_NONE);
	job = new_job(f);
	store_map_need(job, alice, "roster", STR("bob"), STR_NONE);
	store_map_put(job, alice, "roster", STR("bob"), STR("lost"));
	run_and_free(f, job, ERR_NOT_FOUND);
	job = new_job(f);
	store_map_need(job, alice, "roster", STR("bob"), STR("second"));
	store_map_put(job, alice, "roster", STR("bob"), STR("lost"));
	run_and_free(f, job, ERR_NOT_FOUND);
	job = new_job(f);
	store_map_need(job, alice, "roster", STR("carol"), STR(""));
	run_and_free(f, job, ERR_NOT_FOUND);
	job = new_job(f);
	store_map_need(job, alice, "roster", STR("bob"), STR("first"));
	store_map_put(job, alice, "roster", STR("bob"), STR(""));
	store_map_need(job, alice, "roster", STR("bob"), STR(""));
	run_and_free(f, job, ERR_NONE);

	/* A condition alone is a job that reads. */
	job = new_job(f);
	store_value_need(job, bob, "account");
	run_and_free(f, job, ERR_NOT_FOUND);
}

static void test_all_or_nothing(void **state)
{
	struct fixture *f = *state;
	struct store_job *job = new_job(f);
	size_t step;

	put_value(f, alice, "account", "here");
	store_value_put(job, alice, "vcard", STR("undone"));
	store_map_put(job, alice, "roster", STR("bob"), STR("undone"));
	store_queue_append(job, alice, "offline", STR("undone"), INT64_MAX);
	store_owner_delete(job, bob);
	store_value_add(job, alice, "account", STR("there already"));
	run_and_free(f, job, ERR_EXISTS);

	assert_value(f, alice, "vcard", NULL);
	job = new_job(f);
	step = store_map_list(job, alice, "roster");
	assert_int_equal(run(f, job), ERR_NONE);
	assert_int_equal(store_job_rows(job, step).count, 0);
	store_job_free(&job);
	assert_int_equal(last_number(f), 0);
}

static void test_owner_delete(void **state)
{
	struct fixture *f = *state;
	struct store_job *job = new_job(f);
	size_t roster, offline;

	store_value_put(job, alice, "account", STR("a"));
	store_value_put(job, alice, "vcard", STR("a"));
	store_map_put(job, alice, "roster", STR("bob"), STR("a"));
	store_queue_append(job, alice, "offline", STR("a"), INT64_MAX);
	store_value_put(job, bob, "account", STR("b"));
	run_and_free(f, job, ERR_NONE);
	job = new_job(f);
	store_owner_delete(job, alice);
	run_and_free(f, job, ERR_NONE);

	assert_value(f, alice, "account", NULL);
	assert_value(f, alice, "vcard", NULL);
	assert_value(f, bob, "account", "b");
	job = new_job(f);
	roster = store_map_list(job, alice, "roster");
	offline = store_queue_list(job, alice, "offline", 0, 10);
	assert_int_equal(run(f, job), ERR_NONE);
	assert_int_equal(store_job_rows(job, roster).count, 0);
	assert_int_equal(store_job_rows(job, offline).count, 0);
	store_job_free(&job);
}

static void test_owner_list(void **state)
{
	static const char *const owners[] = {"carol@example.org", "bob@example.org", "alice@example.org", "alice@example.net", "example.org"};
	struct fixture *f = *state;
	struct store_job *job;
	size_t all, rest, count, none;
	struct store_rows rows;

	for (size_t i = 0; i < 5; i++)
		put_value(f, str_from(owners[i]), "account", owners[i]);
	put_value(f, STR("zoe@example.org"), "vcard", "no account");

	job = new_job(f);
	all = store_owner_list(job, STR("example.org"), "account", STR_NONE, 100);
	rest = store_owner_list(job, STR("example.org"), "account", STR("alice@example.org"), 1);
	count = store_owner_count(job, STR("example.org"), "account");
	none = store_owner_list(job, STR("example.com"), "account", STR_NONE, 100);
	assert_int_equal(run(f, job), ERR_NONE);
	rows = store_job_rows(job, all);
	assert_int_equal(rows.count, 3);
	assert_str(rows.rows[0].key, "alice@example.org");
	assert_str(rows.rows[1].key, "bob@example.org");
	assert_str(rows.rows[2].key, "carol@example.org");
	assert_int_equal(store_job_rows(job, rest).count, 1);
	assert_str(store_job_rows(job, rest).rows[0].key, "bob@example.org");
	assert_int_equal(store_job_rows(job, count).total, 3);
	assert_int_equal(store_job_rows(job, none).count, 0);
	store_job_free(&job);

	for (int64_t most = 3; most <= 4; most++) {
		job = new_job(f);
		store_owner_room(job, STR("example.org"), "account", most);
		store_value_add(job, STR("dora@example.org"), "account", STR("x"));
		run_and_free(f, job, most == 3 ? ERR_LIMIT : ERR_NONE);
	}
	job = new_job(f);
	store_owner_room(job, STR("example.com"), "account", 1);
	run_and_free(f, job, ERR_NONE);
}

static void test_survives_reopening(void **state)
{
	struct fixture *f = *state;

	put_value(f, alice, "account", "key");
	append(f, "message", INT64_MAX, ERR_NONE);
	store_close(&f->store);
	open_store(f);
	assert_value(f, alice, "account", "key");
	assert_true(last_number(f) > 0);
}

/* Many jobs under way at once: answers of writing jobs come in the order of submission, and a reading job sees what was answered. */
enum { MANY = 600 };

struct crowd {
	struct fixture *f;
	size_t answers, reads;
	bool is_over;
};

static void on_read(struct store_job *job, void *context)
{
	struct crowd *c = context;

	assert_int_equal(store_job_result(job, NULL), ERR_NONE);
	assert_int_equal(store_job_rows(job, 0).count, 1);
	store_job_free(&job);
	c->reads++;
	c->is_over = c->answers == MANY && c->reads == MANY - MANY / 3;
}

static void on_written(struct store_job *job, void *context)
{
	struct crowd *c = context;
	bool is_doomed = c->answers % 3 == 0;
	struct store_job *read;
	char key[16];

	assert_int_equal(store_job_result(job, NULL), is_doomed ? ERR_NOT_FOUND : ERR_NONE);
	store_job_free(&job);
	snprintf(key, sizeof key, "%zu", c->answers++);
	if (is_doomed)
		return;
	read = store_job_new(c->f->store, &c->f->mailbox, on_read, c);
	store_map_get(read, alice, "crowd", str_from(key));
	store_submit_post(read);
}

static void test_many_at_once(void **state)
{
	struct crowd c = {.f = *state};
	struct store_job *job;
	size_t step;
	char key[16];

	for (int i = 0; i < MANY; i++) {
		job = store_job_new(c.f->store, &c.f->mailbox, on_written, &c);
		snprintf(key, sizeof key, "%d", i);
		store_map_put(job, alice, "crowd", str_from(key), STR("x"));
		/* One in three fails after it has written, in the same transaction as its neighbours. */
		if (i % 3 == 0)
			store_value_need(job, alice, "account");
		store_submit_post(job);
	}
	await(&c.f->mailbox, &c.is_over);
	job = new_job(c.f);
	step = store_map_list(job, alice, "crowd");
	assert_int_equal(run(c.f, job), ERR_NONE);
	assert_int_equal(store_job_rows(job, step).count, MANY - MANY / 3);
	store_job_free(&job);
}

static void on_written_unasked(struct store_job *job, void *context)
{
	(void)context;
	store_job_free(&job);
}

/* Reading right behind a write, before its answer. */
static void test_reading_in_order(void **state)
{
	struct fixture *f = *state;
	struct store_job *job;
	size_t step;
	char text[16];

	for (int i = 0; i < 50; i++) {
		snprintf(text, sizeof text, "%d", i);
		job = store_job_new(f->store, &f->mailbox, on_written_unasked, NULL);
		store_value_put(job, alice, "last", str_from(text));
		store_submit_post(job);
		job = new_job(f);
		store_job_keep_order(job);
		step = store_value_get(job, alice, "last");
		assert_int_equal(run(f, job), ERR_NONE);
		assert_int_equal(store_job_rows(job, step).count, 1);
		assert_str(store_job_rows(job, step).rows[0].blob, text);
		store_job_free(&job);
	}
}

static void count_answer(struct store_job *job, void *context)
{
	assert_int_equal(store_job_result(job, NULL), ERR_NONE);
	store_job_free(&job);
	++*(int *)context;
}

static void test_finish(void **state)
{
	struct fixture *f = *state;
	int answers = 0;

	for (int i = 0; i < 100; i++) {
		struct store_job *job = store_job_new(f->store, &f->mailbox, count_answer, &answers);

		if (i % 2)
			store_queue_append(job, alice, "offline", STR("x"), INT64_MAX);
		else
			store_queue_count(job, alice, "offline");
		store_submit_post(job);
	}
	store_finish(f->store);
	while (mailbox_drain(&f->mailbox, 10))
		;
	assert_int_equal(answers, 100);
	for (int i = 0; i < 2; i++) {
		struct store_job *late = new_job(f);

		if (i)
			store_value_put(late, alice, "late", STR("x"));
		run_and_free(f, late, ERR_CLOSED);
	}
	store_close(&f->store);
	open_store(f);
	assert_value(f, alice, "late", NULL);
}

static void test_empty_and_unsubmitted_jobs(void **state)
{
	struct store_job *job = new_job(*state);

	store_value_put(job, alice, "vcard", STR("x"));
	assert_non_null(arena_alloc(store_job_arena(job), 10));
	store_job_free(&job);
	assert_null(job);
	store_job_free(&job);
	run_and_free(*state, new_job(*state), ERR_NONE);
}

int main(void)
{
	int failed = 0;

	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
		void *driver = (void *)drivers[i];
		const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_prestate_setup_teardown(function, set_up, tear_down, driver)
			TEST(test_values),
			TEST(test_bytes_of_all_kinds),
			TEST(test_maps),
			TEST(test_map_deletes),
			TEST(test_queues),
			TEST(test_numbers_never_come_twice),
			TEST(test_queue_deletes_to),
			TEST(test_queue_deletes_one),
			TEST(test_queue_owners),
			TEST(test_values_of_another_time),
			TEST(test_conditions),
			TEST(test_all_or_nothing),
			TEST(test_owner_delete),
			TEST(test_owner_list),
			TEST(test_survives_reopening),
			TEST(test_many_at_once),
			TEST(test_reading_in_order),
			TEST(test_finish),
			TEST(test_empty_and_unsubmitted_jobs),
		};

		failed += cmocka_run_group_tests_name(drivers[i]->name, tests, NULL, NULL);
	}
	return failed;
}
