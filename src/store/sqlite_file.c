#include "store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "store/schema/sqlite_steps.h"

/* "mkat", so that file(1) and we can tell whose database it is. */
#define APPLICATION_ID 0x6d6b6174

/* How long to wait for a lock somebody else holds on the file, such as a person with the sqlite3 shell. */
#define BUSY_MS 5000

static enum err error_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_AUTH:
		return ERR_ACCESS;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_TOOBIG:
		return ERR_INVALID;
	default:
		return ERR_SYSTEM;
	}
}

enum err sqlite_file_error(sqlite3 *db, const char *what, struct why *why)
{
	int code = sqlite3_extended_errcode(db), system_error = sqlite3_system_errno(db);
	bool is_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN || (code & 0xff) == SQLITE_FULL;

	/* A bug in our SQL, or links used by two threads at once. */
	check((code & 0xff) != SQLITE_MISUSE && (code & 0xff) != SQLITE_RANGE);
	if (is_system && system_error != 0)
		return err_because(error_of(code), why, "%s: %s (%s)", what, sqlite3_errmsg(db), strerror(system_error));
	return err_because(error_of(code), why, "%s: %s", what, sqlite3_errmsg(db));
}

static enum err make_folder(const char *state_dir, struct why *why)
{
	struct stat status;

	if (mkdir(state_dir, 0700) == 0)
		return ERR_NONE;
	if (errno != EEXIST)
		return err_because(err_from_errno(errno), why, "cannot make the state directory %s: %s", state_dir, strerror(errno));
	if (stat(state_dir, &status) != 0)
		return err_because(err_from_errno(errno), why, "cannot look at the state directory %s: %s", state_dir, strerror(errno));
	if (!S_ISDIR(status.st_mode))
		return err_because(ERR_INVALID, why, "the state directory %s is not a directory", state_dir);
	return ERR_NONE;
}

static enum err refuse_second_process(const char *path, int fd, struct why *why)
{
	char owner[24] = "";
	ssize_t len = pread(fd, owner, sizeof owner - 1, 0);

	if (len > 0)
		owner[strcspn(owner, "\n")] = 0;
	return err_because(ERR_BUSY, why, "%s: in use by another meerkat (process %s)", path, owner[0] ? owner : "unknown");
}

/* The lock is the kernel's: it ends with the process, however that ends. */
static enum err take_lock(const char *state_dir, int *lock_out, struct why *why)
{
	char path[4096], owner[24];
	int fd, len;

	snprintf(path, sizeof path, "%s/" SQLITE_FILE_LOCK_NAME, state_dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_because(err_from_errno(errno), why, "cannot open %s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		enum err e = errno == EWOULDBLOCK ? refuse_second_process(path, fd, why)
						  : err_because(err_from_errno(errno), why, "cannot lock %s: %s", path, strerror(errno));

		close(fd);
		return e;
	}
	/* Only for people who ask who has it; a full disk is no reason to fail here. */
	len = snprintf(owner, sizeof owner, "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) != 0 || pwrite(fd, owner, (size_t)len, 0) != len)
		errno = 0;
	*lock_out = fd;
	return ERR_NONE;
}

/* The file is made by us, so that it and the log beside it (which copies its permissions) are private whatever the umask. */
static enum err make_file(const char *state_dir, const char *path, struct why *why)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int folder = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_made = fd >= 0 && folder >= 0 && fsync(folder) == 0;
	enum err e = is_made ? ERR_NONE : err_because(err_from_errno(errno), why, "cannot open %s for writing: %s", path, strerror(errno));

	if (fd >= 0)
		close(fd);
	if (folder >= 0)
		close(folder);
	return e;
}

static enum err run_sql(sqlite3 *db, const char *sql, const char *what, struct why *why)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? ERR_NONE : sqlite_file_error(db, what, why);
}

static enum err ask_number(sqlite3 *db, const char *sql, int64_t *out, struct why *why)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
	enum err e = ERR_NONE;

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	else
		e = sqlite_file_error(db, "cannot read the database", why);
	sqlite3_finalize(statement);
	return e;
}

/* Schema */

static enum err run_step(sqlite3 *db, const struct sqlite_step *step, struct why *why)
{
	char record[256], what[128];
	enum err e;

	snprintf(what, sizeof what, "schema step %d (%s)", step->number, step->name);
	sqlite3_snprintf((int)sizeof record, record, "INSERT INTO schema_step(number, name, time_ms) VALUES (%d, %Q, %lld)", step->number,
			 step->name, (long long)store_now_ms());
	e = run_sql(db, "BEGIN IMMEDIATE", what, why);
	if (e == ERR_NONE)
		e = run_sql(db, step->sql, what, why);
	if (e == ERR_NONE)
		e = run_sql(db, record, what, why);
	if (e == ERR_NONE)
		e = run_sql(db, "COMMIT", what, why);
	if (e != ERR_NONE && !sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return e;
}

static enum err check_owner(sqlite3 *db, struct why *why)
{
	int64_t id = 0, tables = 0;
	enum err e = ask_number(db, "PRAGMA application_id", &id, why);

	if (e == ERR_NONE)
		e = ask_number(db, "SELECT count(*) FROM sqlite_master", &tables, why);
	if (e != ERR_NONE || id == APPLICATION_ID)
		return e;
	if (id != 0 || tables != 0)
		return err_because(ERR_INVALID, why, "it is the database of another program");
	return ERR_NONE;
}

static enum err bring_up_to_date(sqlite3 *db, struct why *why)
{
	char sql[512];
	int64_t reached = 0, newest = sqlite_steps[sqlite_step_count - 1].number;
	enum err e;

	snprintf(sql, sizeof sql,
		 "PRAGMA application_id = %d;"
		 "CREATE TABLE IF NOT EXISTS schema_step("
		 "number INTEGER PRIMARY KEY, name TEXT NOT NULL, time_ms INTEGER NOT NULL)", APPLICATION_ID);
	e = run_sql(db, sql, "cannot make the list of schema steps", why);
	if (e == ERR_NONE)
		e = ask_number(db, "SELECT coalesce(max(number), 0) FROM schema_step", &reached, why);
	if (e == ERR_NONE && reached > newest)
		return err_because(ERR_INVALID, why, "it was written by a newer meerkat: it has schema step %lld, this program knows %lld",
				   (long long)reached, (long long)newest);
	for (size_t i = 0; i < sqlite_step_count && e == ERR_NONE; i++) {
		if (sqlite_steps[i].number > reached)
			e = run_step(db, &sqlite_steps[i], why);
	}
	return e;
}

/* Connections */

static void settle_library(void)
{
	/* Counting every allocation takes a lock that all connections share. It fails if somebody else has started the library: no harm. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* What each kind of connection is told. Read caches are small because they are dropped whole whenever somebody has written. */
static const char *const settings[] = {
	[STORE_WRITES] = "PRAGMA journal_mode = WAL;"
			 "PRAGMA synchronous = FULL;"
			 "PRAGMA wal_autocheckpoint = 0;"
			 "PRAGMA journal_size_limit = 16777216;"
			 "PRAGMA secure_delete = FAST;"
			 "PRAGMA temp_store = MEMORY;"
			 "PRAGMA trusted_schema = OFF;"
			 "PRAGMA cache_size = -8192;",
	[STORE_READS] = "PRAGMA query_only = ON;"
			"PRAGMA temp_store = MEMORY;"
			"PRAGMA trusted_schema = OFF;"
			"PRAGMA cache_size = -512;",
	[STORE_CARES] = "PRAGMA synchronous = FULL;"
			"PRAGMA wal_autocheckpoint = 0;"
			"PRAGMA journal_size_limit = 16777216;"
			"PRAGMA cache_size = -64;",
};

static enum err set_up(sqlite3 *db, enum store_role role, struct why *why)
{
	enum err e;

	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, BUSY_MS);
	e = role == STORE_WRITES ? check_owner(db, why) : ERR_NONE;
	if (e == ERR_NONE)
		e = run_sql(db, settings[role], "cannot set it up", why);
	if (e == ERR_NONE && role == STORE_WRITES)
		e = bring_up_to_date(db, why);
	return e;
}

static sqlite3 *open_file(const char *path, enum store_role role, struct why *why)
{
	struct why inner = {0};
	sqlite3 *db = NULL;
	enum err e = ERR_NONE;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL) != SQLITE_OK)
		e = sqlite_file_error(db, "it cannot be opened", &inner);
	if (e == ERR_NONE)
		e = set_up(db, role, &inner);
	if (e == ERR_NONE)
		return db;
	sqlite3_close(db);
	(void)err_because(e, why, "database %s: %.300s", path, inner.text);
	return NULL;
}

sqlite3 *sqlite_file_open(const char *state_dir, enum store_role role, int *lock_out, struct why *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char path[4096];
	int lock = -1;
	sqlite3 *db = NULL;
	enum err e = ERR_NONE;

	pthread_once(&once, settle_library);
	if ((size_t)snprintf(path, sizeof path, "%s/" SQLITE_FILE_NAME, state_dir) >= sizeof path - 16) {
		(void)err_because(ERR_INVALID, why, "the name of the state directory is too long");
		return NULL;
	}
	if (role == STORE_WRITES)
		e = make_folder(state_dir, why);
	if (e == ERR_NONE && role == STORE_WRITES)
		e = take_lock(state_dir, &lock, why);
	if (e == ERR_NONE && role == STORE_WRITES)
		e = make_file(state_dir, path, why);
	if (e == ERR_NONE)
		db = open_file(path, role, why);
	if (!db && lock >= 0)
		close(lock);
	else if (db && lock_out)
		*lock_out = lock;
	return db;
}
