#include "admin/own_operations.h"

#include <stddef.h>

const struct operation *const own_operations_tables[] = {
	probe_operations,
	subscription_operations,
	account_operations,
	own_account_operations,
	import_operations,
	session_operations,
	user_session_operations,
	server_operations,
	host_type_operations,
	stanza_operations,
	stat_operations,
	metric_operations,
	s2s_operations,
	look_operations,
	watch_operations,
	search_operations,
	domain_operations,
	NULL,
};
