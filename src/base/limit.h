/* limit: a limit has acted: counted always, remembered for a while (limited.h), told in the log at most once a second for each limit.
 *
 * `limit` is the metric that has the limit's name.
 * Threads: any. Test: test/unit/base/limit_test.c */
#ifndef MEERKAT_BASE_LIMIT_H
#define MEERKAT_BASE_LIMIT_H

#include "base/ip.h"
#include "base/metric.h"
#include "base/str.h"

/* On a connection. */
void limit_acted(enum metric limit, struct ip peer);

/* On an account; its bare address. */
void limit_acted_on(enum metric limit, struct str account);

#endif
