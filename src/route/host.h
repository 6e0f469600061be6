/* host: a domain we serve, with its modules; a host_set is all of them as one configuration made them, counted and constant.
 *
 * Threads: any. Test: test/unit/route/host_test.c */
#ifndef MEERKAT_ROUTE_HOST_H
#define MEERKAT_ROUTE_HOST_H

#include <stdatomic.h>

#include "base/buf.h"
#include "base/err.h"
#include "conf/config.h"
#include "route/module.h"

struct host {
	struct str name;
	const struct config_host *config;
	const struct host_set *set;
	struct module *modules;
	size_t module_count;
	const struct host_tables *tables; /* hooks by side and stage, queries by name: host.c */
	const struct module *contacts;    /* the module with contacts_ops, or NULL */
	const struct module *keeping;     /* the one with keeping_ops, or NULL */
	const struct module *resumption;  /* the one whose options are struct resumption_rules, or NULL */
};

struct host_set {
	_Atomic uint32_t refs;
	const struct config *config; /* counted */
	struct host *hosts;
	size_t count;
	struct host_set *self;
};

/* NULL with why when two modules of a host claim the same query or the same role. `defs` is ended by NULL, its order is the order of asking. */
const struct host_set *host_set_new(const struct config *c, const struct module_def *const *defs, struct why *why);
void host_set_ref(const struct host_set *s);
void host_set_unref(const struct host_set **s);

/* By prepared name; NULL if it is none of ours. */
const struct host *host_find(const struct host_set *s, struct str name);

/* The module of this definition at this host, or NULL when it is off. */
const struct module *host_find_module(const struct host *h, const struct module_def *def);

/* The hooks for a kind of stanza at a side and stage, in order. */
struct host_hook {
	const struct module *module;
	enum answer (*run)(struct call *c, const struct module *m);
};
size_t host_hooks(const struct host *h, enum side side, enum stage stage, enum stanza_kind kind, const struct host_hook **out);

/* Who answers this payload; NULL: nobody. */
struct host_query {
	const struct module *module;
	const struct module_query *query;
};
const struct host_query *host_find_query(const struct host *h, struct str ns, struct str name);
const struct module_login_query *host_find_login_query(const struct host *h, struct str ns, struct str name, const struct module **module_out);

/* All features for disco#info, sorted, each once. */
size_t host_features(const struct host *h, bool of_account, const char *const **out);

/* For `meerkat --routes`. */
void host_set_describe(const struct host_set *s, struct buf *out);

#endif
