#include "admin/builtin.h"

#include <stddef.h>

const struct operation *const builtin_tables[] = {builtin_account, builtin_session, builtin_server, builtin_stanza, NULL};
