/* sqlite: the embedded database: one file in the state directory, write-ahead log, one writer, many readers.
 *
 * Commits are synchronous=FULL: what is committed survives the power cord. The log is written back to the file by the caring link, off the
 * commit path. Threads: as driver.h says. Test: test/contract/store_test.c, test/unit/store/sqlite_test.c */
#ifndef MEERKAT_STORE_SQLITE_H
#define MEERKAT_STORE_SQLITE_H

#include "store/driver.h"

extern const struct store_driver sqlite_driver;

#endif
