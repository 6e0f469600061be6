/* mod_bosh: what sessions over BOSH may on this host; the sessions themselves are a matter of the listener (link/bosh_session). */
#include "conf/bosh_limits.h"
#include "route/module.h"

const struct module_def bosh_module;

const struct module_def bosh_module = {
	.name = "mod_bosh",
	.summary = "limits of sessions over long-polled HTTP (XEP-0124), where service_bosh does not set them",
	.options = &bosh_limits_module_table,
};
