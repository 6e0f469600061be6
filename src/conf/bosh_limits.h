/* bosh_limits: what sessions over BOSH may (XEP-0124): services.service_bosh, or modules.mod_bosh of a host, as it was before 6.6.
 *
 * Threads: any. Test: test/wire/26-bosh/ */
#ifndef MEERKAT_CONF_BOSH_LIMITS_H
#define MEERKAT_CONF_BOSH_LIMITS_H

#include "conf/config.h"

struct bosh_limits {
	int64_t inactivity_s; /* OPTION_INFINITY */
	int64_t max_wait_s;   /* OPTION_INFINITY */
	int64_t max_pause_s;
	bool server_acks;
	struct option_list host_types; /* struct str; empty: all */
};

/* Of [modules.mod_bosh], for the extension of that name, which is nothing else. */
extern const struct option_table bosh_limits_module_table;

/* For a host: its module's, else the service's if it is one of its host types. If the file has neither anywhere: the defaults. NULL: there is
 * no BOSH for this host. */
const struct bosh_limits *bosh_limits_of(const struct config *c, const struct config_host *h);

#endif
