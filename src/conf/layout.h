/* layout: the whole file as one option table: all sections, with the modules that are known at run time.
 *
 * Threads: any. Test: test/unit/conf/config_test.c */
#ifndef MEERKAT_CONF_LAYOUT_H
#define MEERKAT_CONF_LAYOUT_H

#include "conf/pool.h"
#include "conf/sections.h"

/* [[host_config]] */
struct layout_host {
	struct str host, host_type;
	const struct sections_host_general *general;
	const struct config_auth *auth;
	void *const *modules;           /* options by the number of the known module, NULL: not there; NULL: no [modules] */
	struct option_list acl, access; /* struct option_named_list */
	const struct pool_set *pools;   /* NULL: none of its own */
	const struct config_s2s *s2s;   /* NULL: none of its own */
};

/* What a file is read into. */
struct layout_file {
	struct config_general general;
	struct sections_listen listen;
	struct config_auth auth;
	void *const *modules;
	struct option_list shapers;     /* struct sections_shaper */
	struct option_list acl, access; /* struct option_named_list */
	struct option_list hosts;       /* struct layout_host */
	struct config_meerkat meerkat;
	struct pool_set pools;
	struct config_s2s s2s;
	struct sections_services services;
};

/* The table for struct layout_file, made in the arena. */
const struct option_table *layout_make(struct arena *a, const struct config_known *known);

#endif
