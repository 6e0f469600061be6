/* disco: what mod_disco was told in the configuration, for the other files of this folder. */
#ifndef MEERKAT_EXT_DISCO_H
#define MEERKAT_EXT_DISCO_H

#include "conf/option.h"
#include "route/host.h"

struct disco_options {
	struct option_list extra_domains; /* struct str */
	struct option_list server_info;   /* struct entity_info_contact */
	bool users_can_see_hidden_services;
};

extern const struct module_def disco_module;

/* The contact form of the host's mod_disco; empty when that is off. */
struct option_list disco_contacts(const struct host *h);

#endif
