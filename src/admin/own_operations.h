/* own_operations: the operation tables of the server itself, one file per category. */
#ifndef MEERKAT_ADMIN_OWN_OPERATIONS_H
#define MEERKAT_ADMIN_OWN_OPERATIONS_H

#include "route/operation.h"

extern const struct operation account_operations[], session_operations[], server_operations[], stanza_operations[],
	metric_operations[], import_operations[], s2s_operations[];

extern const struct operation probe_operations[], look_operations[], watch_operations[], search_operations[];
extern const struct operation subscription_operations[], domain_operations[];

/* All of them, ended by NULL. */
extern const struct operation *const own_operations_tables[];

#endif
