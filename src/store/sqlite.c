/* https://www.sqlite.org/wal.html. All parameters of all statements have the same numbers: ?1 owner, ?2 kind, ?3 key, ?4 blob, ?5 time,
 * ?6 number, ?7 most; all rows have the same columns: key, blob, number, time. */
#include "store/sqlite.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "store/sqlite_file.h"

enum {
	/* Pages in the log from which on it is written back beside the commits, and from which on commits wait for that: the log cannot grow
	 * without end when the disk is slower than those who write. */
	CARE_PAGES = 1000,
	PATIENCE_PAGES = 4096,
};

/* The statements that are no steps; they come after the steps' in the cache. */
enum {
	BEGIN_WRITING = STORE_OP_COUNT, BEGIN_READING, COMMIT, MARK, UNMARK, UNDO_TO_MARK, OWNER_DELETE_MAP, OWNER_DELETE_QUEUE,
	APPEND_WITHOUT_LIMIT, SEQUENCE_GET, SEQUENCE_PUT, STATEMENT_COUNT
};

struct store_link {
	sqlite3 *db;
	int lock; /* -1 unless it writes */
	bool writes;
	int log_pages; /* in the write-ahead log after the last commit */
	int64_t last_number; /* of all queue items; -1: to be read */
	bool has_new_numbers;
	sqlite3_stmt *statements[STATEMENT_COUNT]; /* prepared at first use */
};

#define HOST_OF_OWNER "CASE instr(?1, '@') WHEN 0 THEN '' ELSE substr(?1, instr(?1, '@') + 1) END"
#define VALUE_INSERT "INSERT INTO value(owner, kind, host, time_ms, blob) VALUES (?1, ?2, " HOST_OF_OWNER ", ?5, ?4) "

static const char *const sql[STATEMENT_COUNT] = {
	[STORE_VALUE_GET] = "SELECT '', blob, 0, time_ms FROM value WHERE owner = ?1 AND kind = ?2",
	[STORE_VALUE_PUT] = VALUE_INSERT "ON CONFLICT(owner, kind) DO UPDATE SET blob = excluded.blob, time_ms = excluded.time_ms",
	[STORE_VALUE_ADD] = VALUE_INSERT "ON CONFLICT(owner, kind) DO NOTHING",
	[STORE_VALUE_NEED] = "SELECT 1 FROM value WHERE owner = ?1 AND kind = ?2",
	[STORE_VALUE_DELETE] = "DELETE FROM value WHERE owner = ?1 AND kind = ?2",
	[STORE_MAP_GET] = "SELECT key, blob, 0, time_ms FROM map WHERE owner = ?1 AND kind = ?2 AND key = ?3",
	[STORE_MAP_LIST] = "SELECT key, blob, 0, time_ms FROM map WHERE owner = ?1 AND kind = ?2 ORDER BY key LIMIT ?7",
	[STORE_MAP_NEED] = "SELECT 1 WHERE (SELECT blob FROM map WHERE owner = ?1 AND kind = ?2 AND key = ?3) IS "
			   "CASE ?6 WHEN 0 THEN NULL ELSE ?4 END",
	[STORE_MAP_PUT] = "INSERT INTO map(owner, kind, key, time_ms, blob) VALUES (?1, ?2, ?3, ?5, ?4) "
			  "ON CONFLICT(owner, kind, key) DO UPDATE SET blob = excluded.blob, time_ms = excluded.time_ms",
	[STORE_MAP_DELETE] = "DELETE FROM map WHERE owner = ?1 AND kind = ?2 AND key = ?3",
	[STORE_MAP_DELETE_ALL] = "DELETE FROM map WHERE owner = ?1 AND kind = ?2",
	[STORE_QUEUE_APPEND] = "INSERT INTO queue(owner, kind, number, time_ms, blob) SELECT ?1, ?2, ?6, ?5, ?4 WHERE "
			       "(SELECT count(*) FROM (SELECT 1 FROM queue WHERE owner = ?1 AND kind = ?2 LIMIT ?7)) < ?7",
	[STORE_QUEUE_LIST] = "SELECT '', blob, number, time_ms FROM queue WHERE owner = ?1 AND kind = ?2 AND number > ?6 "
			     "ORDER BY number LIMIT ?7",
	[STORE_QUEUE_COUNT] = "SELECT count(*) FROM queue WHERE owner = ?1 AND kind = ?2",
	[STORE_QUEUE_DELETE_TO] = "DELETE FROM queue WHERE owner = ?1 AND kind = ?2 AND number <= ?6",
	[STORE_QUEUE_DELETE] = "DELETE FROM queue WHERE owner = ?1 AND kind = ?2 AND number = ?6",
	[STORE_QUEUE_OWNERS] = "SELECT DISTINCT owner, '', 0, 0 FROM queue WHERE kind = ?2 AND owner > ?3 AND "
			       "substr(owner, instr(owner, '@') + 1) = ?1 ORDER BY owner LIMIT ?7",
	[STORE_OWNER_DELETE] = "DELETE FROM value WHERE owner = ?1",
	[STORE_OWNER_LIST] = "SELECT owner, '', 0, time_ms FROM value WHERE host = ?1 AND kind = ?2 AND owner > ?3 ORDER BY owner LIMIT ?7",
	[STORE_OWNER_COUNT] = "SELECT count(*) FROM value WHERE host = ?1 AND kind = ?2",
	[STORE_OWNER_ROOM] = "SELECT 1 WHERE (SELECT count(*) FROM (SELECT 1 FROM value WHERE host = ?1 AND kind = ?2 LIMIT ?7)) < ?7",
	[BEGIN_WRITING] = "BEGIN IMMEDIATE",
	[BEGIN_READING] = "BEGIN",
	[COMMIT] = "COMMIT",
	[MARK] = "SAVEPOINT job",
	[UNMARK] = "RELEASE job",
	[UNDO_TO_MARK] = "ROLLBACK TO job",
	[OWNER_DELETE_MAP] = "DELETE FROM map WHERE owner = ?1",
	[OWNER_DELETE_QUEUE] = "DELETE FROM queue WHERE owner = ?1",
	[APPEND_WITHOUT_LIMIT] = "INSERT INTO queue(owner, kind, number, time_ms, blob) VALUES (?1, ?2, ?6, ?5, ?4)",
	[SEQUENCE_GET] = "SELECT last FROM sequence WHERE name = 'queue'",
	[SEQUENCE_PUT] = "UPDATE sequence SET last = ?6 WHERE name = 'queue'",
};

static enum err failed(struct store_link *l, struct why *why)
{
	return sqlite_file_error(l->db, "database", why);
}

static sqlite3_stmt *find_statement(struct store_link *l, int which)
{
	sqlite3_stmt **statement = &l->statements[which];

	if (!*statement)
		sqlite3_prepare_v3(l->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
	return *statement;
}

/* A statement without parameters and rows. */
static enum err run_plain(struct store_link *l, int which, struct why *why)
{
	sqlite3_stmt *statement = find_statement(l, which);
	int code = statement ? sqlite3_step(statement) : SQLITE_ERROR;
	enum err e = code == SQLITE_DONE ? ERR_NONE : failed(l, why);

	sqlite3_reset(statement);
	return e;
}

/* Steps */

static void bind_text(sqlite3_stmt *statement, int index, struct str s)
{
	sqlite3_bind_text64(statement, index, s.data ? s.data : "", s.len, SQLITE_STATIC, SQLITE_UTF8);
}

/* What is bound lives in the job's arena, longer than the statement runs. */
static void bind_step(sqlite3_stmt *statement, const struct store_step *step, int64_t number)
{
	int count = sqlite3_bind_parameter_count(statement);

	if (count >= 1)
		bind_text(statement, 1, step->owner);
	if (count >= 2)
		bind_text(statement, 2, step->kind);
	if (count >= 3)
		bind_text(statement, 3, step->key);
	if (count >= 4)
		sqlite3_bind_blob64(statement, 4, step->blob.data ? step->blob.data : "", step->blob.len, SQLITE_STATIC);
	if (count >= 5)
		sqlite3_bind_int64(statement, 5, step->has_time ? step->time_ms : store_now_ms());
	if (count >= 6)
		sqlite3_bind_int64(statement, 6, number);
	if (count >= 7)
		sqlite3_bind_int64(statement, 7, step->most < 0 ? 0 : step->most);
}

/* In the arena; an empty one is empty and not absent. */
static struct str column(sqlite3_stmt *statement, int index, struct arena *arena)
{
	const char *data = sqlite3_column_blob(statement, index);

	return arena_str(arena, str_make(data ? data : "", (size_t)sqlite3_column_bytes(statement, index)));
}

static void add_row(struct store_rows *rows, size_t *room, sqlite3_stmt *statement, struct arena *arena)
{
	if (rows->count == *room) {
		size_t bigger = *room ? *room * 2 : 1;
		struct store_row *copy = arena_alloc_array(arena, bigger, sizeof(*copy));

		if (rows->count > 0)
			memcpy(copy, rows->rows, rows->count * sizeof(*copy));
		rows->rows = copy;
		*room = bigger;
	}
	((struct store_row *)rows->rows)[rows->count++] = (struct store_row){
		.key = column(statement, 0, arena),
		.blob = column(statement, 1, arena),
		.number = sqlite3_column_int64(statement, 2),
		.time_ms = sqlite3_column_int64(statement, 3),
	};
}

/* Runs a statement for a step; what it returns is counted, and kept if there is an arena. */
/* Several large items are not to be in memory at once. */
static bool is_enough(const struct store_step *step, size_t *bytes)
{
	if (step->op != STORE_QUEUE_LIST)
		return false;
	*bytes += step->rows.rows[step->rows.count - 1].blob.len;
	return *bytes >= STORE_LIST_BYTES;
}

static enum err run_statement(struct store_link *l, int which, struct store_step *step, struct arena *arena, struct why *why)
{
	sqlite3_stmt *statement = find_statement(l, which);
	size_t room = 0, bytes = 0;
	bool is_over = false;
	int code = SQLITE_DONE;
	enum err e = ERR_NONE;

	if (!statement)
		return failed(l, why);
	bind_step(statement, step, which == SEQUENCE_PUT ? l->last_number : step->number);
	while (!is_over && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		if (arena)
			add_row(&step->rows, &room, statement, arena);
		else
			step->rows.total = sqlite3_column_int64(statement, 0);
		is_over = is_enough(step, &bytes);
	}
	if (code != SQLITE_DONE && !is_over)
		e = failed(l, why);
	sqlite3_reset(statement);
	return e;
}

static enum err run_rows(struct store_link *l, struct store_step *step, struct arena *arena, struct why *why)
{
	return run_statement(l, (int)step->op, step, arena, why);
}

static enum err run_simple(struct store_link *l, struct store_step *step, struct arena *arena, struct why *why)
{
	(void)arena;
	return run_statement(l, (int)step->op, step, NULL, why);
}

static enum err run_add(struct store_link *l, struct store_step *step, struct arena *arena, struct why *why)
{
	enum err e = run_simple(l, step, arena, why);

	return e == ERR_NONE && sqlite3_changes(l->db) == 0 ? ERR_EXISTS : e;
}

static enum err run_need(struct store_link *l, struct store_step *step, struct arena *arena, struct why *why)
{
	enum err e = run_simple(l, step, arena, why);

	return e == ERR_NONE && step->rows.total == 0 ? ERR_NOT_FOUND : e;
}

static enum err run_room(struct store_link *l, struct store_step *step, struct arena *arena, struct why *why)
{
	enum err e = run_need(l, step, arena, why);

	return e == ERR_NOT_FOUND ? ERR_LIMIT : e;
}

static enum err draw_number(struct store_link *l, int64_t *number_out, struct why *why)
{
	struct store_step sequence = {0};
	enum err e = ERR_NONE;

	if (l->last_number < 0) {
		e = run_statement(l, SEQUENCE_GET, &sequence, NULL, why);
		l->last_number = sequence.rows.total;
	}
	if (e == ERR_NONE) {
		*number_out = ++l->last_number;
		l->has_new_numbers = true;
	}
	return e;
}

static enum err run_append(struct store_link *l, struct store_step *step, struct arena *arena, struct why *why)
{
	bool has_limit = step->most != INT64_MAX;
	enum err e = draw_number(l, &step->number, why);

	(void)arena;
	if (e == ERR_NONE)
		e = run_statement(l, has_limit ? (int)STORE_QUEUE_APPEND : APPEND_WITHOUT_LIMIT, step, NULL, why);
	return e == ERR_NONE && sqlite3_changes(l->db) == 0 ? ERR_LIMIT : e;
}

static enum err run_owner_delete(struct store_link *l, struct store_step *step, struct arena *arena, struct why *why)
{
	enum err e = run_simple(l, step, arena, why);

	if (e == ERR_NONE)
		e = run_statement(l, OWNER_DELETE_MAP, step, NULL, why);
	if (e == ERR_NONE)
		e = run_statement(l, OWNER_DELETE_QUEUE, step, NULL, why);
	return e;
}

static enum err (*const runs[STORE_OP_COUNT])(struct store_link *, struct store_step *, struct arena *, struct why *) = {
	[STORE_VALUE_GET] = run_rows,
	[STORE_VALUE_PUT] = run_simple,
	[STORE_VALUE_ADD] = run_add,
	[STORE_VALUE_NEED] = run_need,
	[STORE_VALUE_DELETE] = run_simple,
	[STORE_MAP_GET] = run_rows,
	[STORE_MAP_LIST] = run_rows,
	[STORE_MAP_NEED] = run_need,
	[STORE_MAP_PUT] = run_simple,
	[STORE_MAP_DELETE] = run_simple,
	[STORE_MAP_DELETE_ALL] = run_simple,
	[STORE_QUEUE_APPEND] = run_append,
	[STORE_QUEUE_LIST] = run_rows,
	[STORE_QUEUE_COUNT] = run_simple,
	[STORE_QUEUE_DELETE_TO] = run_simple,
	[STORE_QUEUE_DELETE] = run_simple,
	[STORE_QUEUE_OWNERS] = run_rows,
	[STORE_OWNER_DELETE] = run_owner_delete,
	[STORE_OWNER_LIST] = run_rows,
	[STORE_OWNER_COUNT] = run_simple,
	[STORE_OWNER_ROOM] = run_room,
};

static enum err sqlite_run(struct store_link *l, struct store_step *step, struct arena *arena, struct why *why)
{
	return runs[step->op](l, step, arena, why);
}

/* Transactions */

static enum err sqlite_begin(struct store_link *l, struct why *why)
{
	return run_plain(l, l->writes ? BEGIN_WRITING : BEGIN_READING, why);
}

static enum err sqlite_commit(struct store_link *l, struct why *why)
{
	struct store_step sequence = {0};
	enum err e = l->has_new_numbers ? run_statement(l, SEQUENCE_PUT, &sequence, NULL, why) : ERR_NONE;

	if (e == ERR_NONE)
		e = run_plain(l, COMMIT, why);
	if (e == ERR_NONE)
		l->has_new_numbers = false;
	return e;
}

static void sqlite_rollback(struct store_link *l)
{
	/* SQLite has rolled back by itself after some errors. */
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	l->last_number = -1;
	l->has_new_numbers = false;
}

static enum err sqlite_mark(struct store_link *l, struct why *why)
{
	return run_plain(l, MARK, why);
}

static enum err sqlite_unmark(struct store_link *l, struct why *why)
{
	return run_plain(l, UNMARK, why);
}

static enum err sqlite_undo_to_mark(struct store_link *l, struct why *why)
{
	enum err e = run_plain(l, UNDO_TO_MARK, why);

	return e == ERR_NONE ? run_plain(l, UNMARK, why) : e;
}

/* Links */

static int on_commit(void *context, sqlite3 *db, const char *name, int pages)
{
	struct store_link *l = context;

	(void)db;
	(void)name;
	l->log_pages = pages;
	return SQLITE_OK;
}

static struct store_link *sqlite_open(const char *place, enum store_role role, struct why *why)
{
	int lock = -1;
	sqlite3 *db = sqlite_file_open(place, role, &lock, why);
	struct store_link *l;

	if (!db)
		return NULL;
	l = mem_new(sizeof(*l));
	*l = (struct store_link){.db = db, .lock = lock, .writes = role == STORE_WRITES, .last_number = -1};
	if (l->writes)
		sqlite3_wal_hook(db, on_commit, l);
	return l;
}

static void sqlite_close(struct store_link *l)
{
	for (int i = 0; i < STATEMENT_COUNT; i++)
		sqlite3_finalize(l->statements[i]);
	check(sqlite3_close(l->db) == SQLITE_OK);
	if (l->lock >= 0)
		close(l->lock);
	free(l);
}

/* Writing the log back */

static bool sqlite_needs_care(struct store_link *l)
{
	if (l->log_pages >= PATIENCE_PAGES && sqlite3_wal_checkpoint_v2(l->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL) == SQLITE_OK)
		l->log_pages = 0;
	return l->log_pages >= CARE_PAGES;
}

static void sqlite_care(struct store_link *l)
{
	/* Does what it can without making anybody wait; what is left is for the next time. */
	sqlite3_wal_checkpoint_v2(l->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

const struct store_driver sqlite_driver = {
	.name = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.mark = sqlite_mark,
	.unmark = sqlite_unmark,
	.undo_to_mark = sqlite_undo_to_mark,
	.run = sqlite_run,
	.needs_care = sqlite_needs_care,
	.care = sqlite_care,
};
