/* host_tables: what the modules of one host add, compiled for asking: hooks by place, queries by name, features sorted.
 *
 * Constant once made; lives in the arena of the host_set. Threads: making one; reading any. Test: test/unit/route/host_test.c */
#ifndef MEERKAT_ROUTE_HOST_TABLES_H
#define MEERKAT_ROUTE_HOST_TABLES_H

#include "base/arena.h"
#include "base/err.h"
#include "route/host.h"

enum { HOST_KINDS = STANZA_IQ + 1 };

struct host_hook_list {
	struct host_hook *items;
	size_t count;
};

struct host_login_query {
	const struct module *module;
	const struct module_login_query *query;
};

struct host_feature_list {
	const char **items;
	size_t count;
};

struct host_tables {
	struct host_hook_list hooks[SIDE_COUNT][STAGE_COUNT][HOST_KINDS];
	struct host_query *queries; /* sorted by name and namespace */
	size_t query_count;
	struct host_login_query *login_queries;
	size_t login_query_count;
	struct host_feature_list host_features, account_features;
};

/* From host->modules. ERR_INVALID when two of them claim the same query. */
must_use enum err host_tables_make(const struct host *h, struct arena *a, const struct host_tables **out, struct why *why);

#endif
