/* own_operations: the operation tables of the server itself, one file per category. */
#ifndef MEERKAT_ADMIN_OWN_OPERATIONS_H
#define MEERKAT_ADMIN_OWN_OPERATIONS_H

#include "route/operation.h"

extern const struct operation probe_operations[];
extern const struct operation subscription_operations[];
extern const struct operation account_operations[];
extern const struct operation own_account_operations[];
extern const struct operation import_operations[];
extern const struct operation session_operations[];
extern const struct operation user_session_operations[];
extern const struct operation server_operations[];
extern const struct operation host_type_operations[];
extern const struct operation stanza_operations[];
extern const struct operation stat_operations[];
extern const struct operation metric_operations[];
extern const struct operation s2s_operations[];
extern const struct operation look_operations[];
extern const struct operation watch_operations[];
extern const struct operation search_operations[];
extern const struct operation domain_operations[];

/* All of them, ended by NULL. */
extern const struct operation *const own_operations_tables[];

#endif
