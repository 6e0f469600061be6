#include "admin/own_operations.h"

#include <stddef.h>

const struct operation *const own_operations_tables[] = {
	probe_operations, subscription_operations, domain_operations,
	account_operations, import_operations, session_operations, server_operations, stanza_operations, metric_operations, s2s_operations,
	look_operations, watch_operations, search_operations, NULL,
};
