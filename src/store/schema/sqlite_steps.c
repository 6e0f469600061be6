#include "store/schema/sqlite_steps.h"

const struct sqlite_step sqlite_steps[] = {
	/* Rows of one owner lie side by side: what a login, a roster or an offline queue needs is on neighbouring pages. `host` is empty for
	 * owners without a local part. `sequence` has the last number given to an item of a queue, as numbers are never given twice. */
	{1, "values, maps, queues",
	 "CREATE TABLE value("
	 "	owner TEXT NOT NULL, kind TEXT NOT NULL, host TEXT NOT NULL, time_ms INTEGER NOT NULL, blob BLOB NOT NULL,"
	 "	PRIMARY KEY(owner, kind)) WITHOUT ROWID;"
	 "CREATE INDEX value_of_host ON value(host, kind, owner);"
	 "CREATE TABLE map("
	 "	owner TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, time_ms INTEGER NOT NULL, blob BLOB NOT NULL,"
	 "	PRIMARY KEY(owner, kind, key)) WITHOUT ROWID;"
	 "CREATE TABLE queue("
	 "	owner TEXT NOT NULL, kind TEXT NOT NULL, number INTEGER NOT NULL, time_ms INTEGER NOT NULL, blob BLOB NOT NULL,"
	 "	PRIMARY KEY(owner, kind, number)) WITHOUT ROWID;"
	 "CREATE TABLE sequence(name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;"
	 "INSERT INTO sequence(name, last) VALUES ('queue', 0);"},
};

const size_t sqlite_step_count = sizeof sqlite_steps / sizeof sqlite_steps[0];
