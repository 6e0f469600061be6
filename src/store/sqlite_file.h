/* sqlite_file: the database's file: made, locked against a second server, opened with our settings, brought to the newest schema step.
 *
 * Threads: a connection one at a time. Test: test/unit/store/sqlite_test.c */
#ifndef MEERKAT_STORE_SQLITE_FILE_H
#define MEERKAT_STORE_SQLITE_FILE_H

#include <sqlite3.h>

#include "base/err.h"
#include "store/driver.h"

#define SQLITE_FILE_NAME "meerkat.db"
#define SQLITE_FILE_LOCK_NAME "meerkat.lock"

/* The state directory is made (0700) if it is absent, its parent is not. *lock_out, for STORE_WRITES only, is to be closed after the
 * connection; NULL otherwise. NULL when it cannot be opened. */
sqlite3 *sqlite_file_open(const char *state_dir, enum store_role role, int *lock_out, struct why *why);

/* What went wrong in the last call on this connection. Never one of the conditions of driver.h. */
enum err sqlite_file_error(sqlite3 *db, const char *what, struct why *why);

#endif
