/* last_old: all accounts of a domain, or of all, by when they were last here.
 *
 * The store is read in pages: names of accounts and times side by side, both sorted. Threads: the loop of the operation's call.
 * Test: test/wire/81-operations/last-old.wire */
#ifndef MEERKAT_EXT_LAST_OLD_H
#define MEERKAT_EXT_LAST_OLD_H

#include "route/operation.h"

/* countActiveUsers: those who left since `timestamp`, of `domain`. */
void last_old_count_active(struct operation_call *c);

/* listOldUsers, removeOldUsers: of `domain` or all, at most `limit`: accounts without a session that left before `timestamp` or were never
 * here. */
void last_old_start(struct operation_call *c, bool removes);

#endif
